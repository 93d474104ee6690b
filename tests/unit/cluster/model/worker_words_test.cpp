#include "cluster/model/worker_words.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace dnstorm::cluster {
namespace {

TEST(WorkerWords, come_together_however_they_are_cut) {
  std::vector<Word> words{{WordKind::order, "{}"},
                          {WordKind::stop, ""},
                          {WordKind::state, std::string("\0\xff\x01", 3)},
                          {WordKind::log, std::string(70'000, 'y')},
                          {WordKind::news, "n"},
                          {WordKind::tap, "t"},
                          {WordKind::mutes, "m"}};
  std::string bytes;
  for (const Word& word : words) bytes += to_bytes(word);
  for (std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, bytes.size()}) {
    WordReader reader;
    std::vector<Word> heard;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(std::string_view(bytes).substr(at, piece));
      while (auto word = reader.next()) heard.push_back(std::move(*word));
    }
    EXPECT_EQ(heard, words) << piece;
    EXPECT_FALSE(reader.broken());
  }
}

TEST(WorkerWords, that_are_none_break_the_reader_for_good) {
  WordReader unknown;
  unknown.add(std::string("\0\0\0\0\x63", 5));
  EXPECT_FALSE(unknown.next());
  EXPECT_TRUE(unknown.broken());
  unknown.add(to_bytes({WordKind::stop, ""}));
  EXPECT_FALSE(unknown.next());
  WordReader endless;
  endless.add("\xff\xff\xff\xff\x01");
  EXPECT_FALSE(endless.next());
  EXPECT_TRUE(endless.broken());
}

}  // namespace
}  // namespace dnstorm::cluster
