#include "operators/detect/name_model.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dnstorm::operators {
namespace {

TEST(NameModel, tells_names_of_people_from_names_at_will) {
  for (const char* label : {"wikipedia", "example", "downloads", "northwind", "opensource",
                            "weather-forecast", "citylibrary", "universidad"})
    EXPECT_LT(generated_odds(label), 0) << label;
  for (const char* label : {"xjwqpfkzvb", "qkzrtbvnwpx", "a8f3k2m9q1x7", "uhxzqvkwjyp"})
    EXPECT_GT(generated_odds(label), 4) << label;
}

TEST(NameModel, is_seldom_wrong_of_letters_at_will) {
  std::mt19937_64 dice(7);
  int missed = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string label;
    for (int c = 0; c < 12; ++c) label += static_cast<char>('a' + dice() % 26);
    missed += generated_odds(label) < 0 ? 1 : 0;
  }
  EXPECT_LT(missed, 100);
}

TEST(NameModel, says_little_of_short_labels_and_is_safe_for_any_bytes) {
  EXPECT_EQ(generated_odds(""), -3);
  EXPECT_EQ(generated_odds("zqxj"), -3);
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  EXPECT_NE(generated_odds(bytes), 0);
  EXPECT_EQ(generated_odds("\xc3\xbc\xc3\xb6\xc3\xa4\xff\x01\x02"), -3);
  EXPECT_EQ(generated_odds(std::string("wiki\xc3pedia")), generated_odds("wikipedia"));
}

}  // namespace
}  // namespace dnstorm::operators
