#include "operators/detect/names_by_window.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::operators {
namespace {

constexpr DurationNs width = 10 * ns_per_s;
constexpr std::uint64_t key = 77;

WindowBounds seconds(TimeNs start, TimeNs end) { return {start * ns_per_s, end * ns_per_s}; }

TEST(NamesByWindow, finds_a_name_in_the_window_that_it_came_in) {
  NamesByWindow names(width, 60 * ns_per_s);
  names.add(key, hash_number(1), 25 * ns_per_s);
  EXPECT_TRUE(names.contains(key, hash_number(1), seconds(0, 30)));
  EXPECT_TRUE(names.contains(key, hash_number(1), seconds(20, 30)));
  EXPECT_FALSE(names.contains(key, hash_number(1), seconds(0, 20)));
  EXPECT_FALSE(names.contains(key, hash_number(1), seconds(30, 60)));
  EXPECT_FALSE(names.contains(key, hash_number(2), seconds(0, 30)));
  EXPECT_FALSE(names.contains(~key, hash_number(1), seconds(0, 30)));
}

TEST(NamesByWindow, takes_few_others_for_seen) {
  NamesByWindow names(width, 60 * ns_per_s);
  for (std::uint64_t i = 0; i < 1000; ++i) names.add(key, hash_number(i), 0);
  int wrong = 0;
  for (std::uint64_t i = 1000; i < 11'000; ++i)
    wrong += names.contains(key, hash_number(i), seconds(0, 10)) ? 1 : 0;
  EXPECT_LT(wrong, 250);
}

TEST(NamesByWindow, keeps_what_windows_need_that_are_still_to_be_judged) {
  NamesByWindow names(width, 60 * ns_per_s);
  names.add(key, hash_number(1), 25 * ns_per_s);
  names.reached(80 * ns_per_s);
  names.reached(200 * ns_per_s);
  EXPECT_TRUE(names.contains(key, hash_number(1), seconds(0, 200))) << "judged after reached()";
  names.reached(210 * ns_per_s);
  EXPECT_FALSE(names.contains(key, hash_number(1), seconds(0, 200)));
  names.add(key, hash_number(2), 25 * ns_per_s);
  EXPECT_FALSE(names.contains(key, hash_number(2), seconds(0, 200))) << "too late";
}

TEST(NamesByWindow, has_room_for_so_many_windows_only) {
  NamesByWindow names(width, 60 * ns_per_s);
  TimeNs last = 0;
  for (TimeNs i = 0; i < 1000; ++i) names.add(key, hash_number(1), last = i * 3600 * ns_per_s);
  EXPECT_TRUE(names.contains(key, hash_number(1), {0, width}));
  EXPECT_FALSE(names.contains(key, hash_number(1), {last, last + width}));
}

TEST(NamesByWindow, goes_on_from_what_was_saved) {
  NamesByWindow names(width, 60 * ns_per_s);
  EXPECT_TRUE(names.idle(key_group(key)));
  for (std::uint64_t i = 0; i < 30; ++i)
    names.add(key, hash_number(i), static_cast<TimeNs>(i) * ns_per_s);
  ASSERT_FALSE(names.idle(key_group(key)));
  StateWriter out;
  names.save_group(key_group(key), out);
  std::string saved = out.take();
  NamesByWindow other(width, 60 * ns_per_s);
  StateReader in(saved);
  ASSERT_TRUE(other.restore_group(key_group(key), in));
  for (std::uint64_t i = 0; i < 30; ++i)
    EXPECT_TRUE(other.contains(key, hash_number(i), seconds(0, 30)));
  StateReader cut(std::string_view(saved).substr(0, saved.size() / 2));
  NamesByWindow damaged(width, 60 * ns_per_s);
  EXPECT_FALSE(damaged.restore_group(key_group(key), cut));
}

}  // namespace
}  // namespace dnstorm::operators
