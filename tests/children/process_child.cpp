// A worker's process as process_test.cpp wants it: the first argument says what it does.
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "cluster/model/lease_page.hpp"
#include "cluster/model/worker_words.hpp"
#include "engine/base/write_all.hpp"

namespace dnstorm::cluster {
namespace {

void say(WordKind kind, std::string bytes) {
  if (!write_all(worker_channel_file, to_bytes({kind, std::move(bytes)}))) ::_exit(9);
}

// Until the channel ends.
template <class F>
void hear(F use) {
  WordReader reader;
  char bytes[4096];
  for (;;) {
    ssize_t got = ::read(worker_channel_file, bytes, sizeof bytes);
    if (got <= 0) return;
    reader.add({bytes, static_cast<std::size_t>(got)});
    while (auto word = reader.next()) use(*word);
  }
}

int run(const std::string& what) {
  if (what == "echo") {
    hear([](const Word& word) {
      if (word.kind == WordKind::stop) ::_exit(3);
      say(word.kind, word.bytes);
    });
  } else if (what == "lease") {
    auto page = LeasePage::open(worker_lease_file);
    if (!page.ok()) return 9;
    hear([&](const Word&) { say(WordKind::stats, std::to_string(page->until())); });
  } else if (what == "talk") {
    for (int line = 0; line < 100; ++line)
      if (!write_all(2, "line " + std::to_string(line) + "\n")) return 9;
    say(WordKind::log, "last word");
    return 7;
  } else if (what == "babble") {
    if (!write_all(worker_channel_file, "this is no word")) return 9;
    ::pause();
  } else if (what == "deaf") {
    say(WordKind::log, "here");
    ::pause();
  } else if (what == "files") {
    // What it has beside the five that it should have.
    int others = 0;
    for (int file = 5; file < 256; ++file)
      others += ::lseek(file, 0, SEEK_CUR) >= 0 || errno != EBADF;
    say(WordKind::stats, std::to_string(others));
  }
  return 0;
}

}  // namespace
}  // namespace dnstorm::cluster

int main(int, char** argv) { return dnstorm::cluster::run(argv[1]); }
