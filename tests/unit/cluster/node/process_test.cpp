#include "cluster/node/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ProcessTest : public ::testing::Test {
 protected:
  ProcessSpec spec(const std::string& what) const {
    return {.argv = {DNSTORM_TEST_CHILD, what}, .log = folder.path() / "worker.log"};
  }
  Result<std::unique_ptr<Process>> try_start(const ProcessSpec& spec) {
    return Process::start(spec, {[this](Word word) {
                                   std::lock_guard lock(mutex);
                                   words.push_back(std::move(word));
                                   changed.notify_all();
                                 },
                                 [this](std::string how) {
                                   std::lock_guard lock(mutex);
                                   gone = std::move(how);
                                   changed.notify_all();
                                 }});
  }
  std::unique_ptr<Process> start(const std::string& what) { return try_start(spec(what)).value(); }
  Word next_word() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return words.size() > taken || !gone.empty(); });
    return words.size() > taken ? words[taken++] : Word{};
  }
  std::string end() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !gone.empty(); });
    return gone;
  }

  TemporaryFolder folder;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Word> words;
  std::size_t taken = 0;
  std::string gone;
};

TEST_F(ProcessTest, passes_words_to_and_fro) {
  auto process = start("echo");
  Word small{WordKind::order, "an order"};
  Word large{WordKind::state, std::string(3'000'000, 'x')};
  Word empty{WordKind::report, ""};
  for (const Word& word : {small, large, empty}) process->send(word);
  EXPECT_EQ(next_word(), small);
  EXPECT_EQ(next_word(), large);
  EXPECT_EQ(next_word(), empty);
  process->send({WordKind::stop, ""});
  EXPECT_EQ(end(), "exited with code 3");
}

TEST_F(ProcessTest, keeps_what_it_says_on_its_standard_error) {
  auto process = start("talk");
  EXPECT_EQ(end(), "exited with code 7");
  EXPECT_THAT(words, ElementsAre(Word{WordKind::log, "last word"}));
  EXPECT_THAT(folder.read("worker.log"), HasSubstr("line 0\n"));
  EXPECT_THAT(folder.read("worker.log"), HasSubstr("line 99\n"));
}

TEST_F(ProcessTest, puts_a_large_log_aside_and_keeps_few) {
  ProcessSpec small = spec("talk");
  small.log_bytes_max = 100;
  small.log_files = 3;
  for (int run = 0; run < 8; ++run) {
    gone.clear();
    auto process = try_start(small).value();
    end();
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("worker.log", "worker.log.1", "worker.log.2"));
  EXPECT_THAT(folder.read("worker.log"), HasSubstr("line 99\n"));
}

TEST_F(ProcessTest, shares_the_lease) {
  auto process = start("lease");
  process->send({WordKind::order, ""});
  EXPECT_EQ(next_word().bytes, std::to_string(time_min));
  process->set_lease(4711);
  process->send({WordKind::order, ""});
  EXPECT_EQ(next_word().bytes, "4711");
}

TEST_F(ProcessTest, kills_what_does_not_hear) {
  auto process = start("deaf");
  EXPECT_EQ(next_word().bytes, "here");
  process->send({WordKind::state, std::string(10'000'000, 'x')});  // more than a socket holds
  process->kill();
  EXPECT_EQ(end(), "was killed by signal 9 (Killed)");
}

TEST_F(ProcessTest, kills_what_does_not_speak_its_language) {
  auto process = start("babble");
  EXPECT_EQ(end(), "was killed by signal 9 (Killed)");
}

TEST_F(ProcessTest, leaves_nothing_behind_when_it_is_destroyed) {
  auto process = start("deaf");
  next_word();
  auto pid = static_cast<pid_t>(process->pid());
  process.reset();
  EXPECT_EQ(gone, "was killed by signal 9 (Killed)");
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);  // no child of ours any more
}

TEST_F(ProcessTest, gives_it_no_other_files) {
  int other = ::dup(1);  // without close-on-exec, as libraries may have them
  ASSERT_GE(other, 0);
  auto process = start("files");
  EXPECT_EQ(next_word().bytes, "0");
  ::close(other);
}

TEST_F(ProcessTest, says_why_it_cannot_start) {
  ProcessSpec missing = spec("echo");
  missing.argv[0] = "/nowhere/dnstorm";
  auto refused = try_start(missing);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("/nowhere/dnstorm: cannot be started"));
  EXPECT_THAT(refused.error().what, HasSubstr("No such file"));
  ProcessSpec unwritable = spec("echo");
  unwritable.log = "/nowhere/worker.log";
  refused = try_start(unwritable);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("/nowhere/worker.log: cannot be opened"));
}

}  // namespace
}  // namespace dnstorm::cluster
