#include "operators/detect/window_volume.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::operators {
namespace {

constexpr DurationNs width = 10 * ns_per_s;

WindowBounds window(std::int64_t number) { return {number * width, (number + 1) * width}; }

TEST(WindowVolume, counts_rows_of_windows_by_key_group) {
  WindowVolume volume(width);
  for (TimeNs second = 0; second < 25; ++second) volume.add(7, second * ns_per_s);
  volume.add(8, 24 * ns_per_s);
  EXPECT_EQ(volume.rows(7, window(0)), 10.0 * rows_of_dice);
  EXPECT_EQ(volume.rows(7, window(2)), 5.0 * rows_of_dice);
  EXPECT_EQ(volume.rows(8, window(2)), rows_of_dice);
  EXPECT_EQ(volume.rows(8, window(1)), 0);
}

TEST(WindowVolume, windows_are_kept_until_they_have_been_judged) {
  WindowVolume volume(width);
  for (std::int64_t number = 0; number < 6; ++number) {
    volume.add(1, window(number).start);
    volume.reached(window(number).end);
    EXPECT_EQ(volume.rows(1, window(number)), rows_of_dice);
    EXPECT_EQ(volume.rows(1, window(number - 3)), 0);
  }
}

TEST(WindowVolume, is_the_same_after_a_checkpoint) {
  WindowVolume volume(width);
  EXPECT_TRUE(volume.idle(3));
  for (TimeNs second = 0; second < 25; ++second) volume.add(3, second * ns_per_s);
  StateWriter out;
  volume.save_group(3, out);
  std::string state = out.take();
  StateReader in(state);
  WindowVolume restored(width);
  ASSERT_TRUE(restored.restore_group(3, in) && in.at_end());
  EXPECT_EQ(restored.rows(3, window(1)), volume.rows(3, window(1)));
}

TEST(RowDice, chooses_one_row_of_sixteen_whatever_the_unit_of_time) {
  for (TimeNs unit : {TimeNs{1}, ns_per_us, ns_per_ms, 3 * ns_per_ms}) {
    int chosen = 0;
    for (TimeNs i = 0; i < 160'000; ++i) chosen += row_dice(i * unit) ? 1 : 0;
    EXPECT_NEAR(chosen, 10'000, 300);
  }
}

}  // namespace
}  // namespace dnstorm::operators
