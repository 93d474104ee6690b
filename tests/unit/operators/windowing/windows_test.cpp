#include "operators/windowing/windows.hpp"

#include <fmt/format.h>

#include <random>

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A state that remembers the order in which it was put together.
struct Trace {
  void clear() { text.clear(); }
  void merge(const Trace& other) { text = fmt::format("({}{})", text, other.text); }
  std::string text;
};

struct Sum {
  void clear() { sum = 0; }
  void merge(const Sum& other) {
    sum += other.sum;
    ++merges;
  }
  std::uint64_t sum = 0;
  static inline std::size_t merges = 0;
};

TEST(WindowShape, ends_windows_at_multiples_of_the_slide) {
  WindowShape shape(10, 4);
  EXPECT_EQ(shape.panes(), 5);
  EXPECT_EQ(shape.pane_of(-1).start, -2);
  EXPECT_EQ(shape.end_after(8), 12);
  EXPECT_EQ(shape.end_after(-9), -8);
  EXPECT_EQ(shape.window_to(12).start, 2);
  EXPECT_EQ(shape.last_end(2), 12);
  EXPECT_EQ(shape.last_end(4), 12);
  EXPECT_EQ(shape.last_end(6), 16);
}

TEST(Windows, hold_at_the_ends_of_time) {
  for (DurationNs slide : {3, 10}) {
    Windows<Sum> windows({10, slide}, 5, [] { return std::make_unique<Sum>(); });
    std::uint64_t seen = 0;
    for (TimeNs time : {time_min, time_min + 1, time_min + 20, time_max - 20, time_max - 1})
      if (Sum* state = windows.at(time)) state->sum += 1;
    auto look = [&](const Sum& state, WindowBounds) { seen += state.sum; };
    windows.close(time_min + 100, look);
    windows.close(time_max - 100, look);
    windows.close(time_max, look);
    EXPECT_EQ(windows.open_count(), 0U);
    EXPECT_GE(seen, 3U);
  }
}

// The order of merging is a function of the window, whatever came before it and however often
// panes that had been merged were touched again.
TEST(Windows, merge_panes_in_one_order) {
  auto run = [](TimeNs first, bool touch) {
    Windows<Trace> windows({8, 2}, 4, [] { return std::make_unique<Trace>(); });
    std::vector<std::string> texts;
    for (TimeNs time = first; time < 60; time += 2) {
      windows.at(time)->text = std::to_string(time);
      if (touch && time >= first + 4) windows.at(time - 4);
      windows.close(time, [&](const Trace& state, WindowBounds bounds) {
        if (bounds.start >= 20) texts.push_back(state.text);
      });
    }
    return texts;
  };
  auto expected = run(0, false);
  EXPECT_GT(expected.size(), 10U);
  EXPECT_EQ(run(0, true), expected);
  EXPECT_EQ(run(14, false), expected);
  EXPECT_EQ(run(18, true), expected);
}

TEST(Windows, take_about_three_merges_a_window_however_many_panes) {
  for (DurationNs length : {10, 60, 600}) {
    Windows<Sum> windows({length, 1}, 0, [] { return std::make_unique<Sum>(); });
    Sum::merges = 0;
    std::size_t closed = 0;
    for (TimeNs time = 0; time < 6000; ++time) {
      windows.at(time)->sum += 1;
      windows.close(time, [&](const Sum& state, WindowBounds bounds) {
        EXPECT_EQ(state.sum, static_cast<std::uint64_t>(std::min(length, bounds.end)));
        ++closed;
      });
    }
    EXPECT_EQ(closed, 5999U);
    EXPECT_LE(Sum::merges, 5 * closed) << length;
  }
}

}  // namespace
}  // namespace dnstorm::operators
