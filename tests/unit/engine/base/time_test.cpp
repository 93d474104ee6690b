#include "engine/base/time.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

TEST(ParseDuration, Units) {
  struct Row {
    const char* text;
    DurationNs wanted;
  };
  for (const Row& row :
       {Row{"10s", 10 * ns_per_s}, Row{"10", 10 * ns_per_s}, Row{"1500ms", 1500 * ns_per_ms},
        Row{"0.5s", 500 * ns_per_ms}, Row{"250us", 250 * ns_per_us}, Row{"7ns", 7},
        Row{"2m", 120 * ns_per_s}, Row{"2min", 120 * ns_per_s}, Row{"2h", 7200 * ns_per_s},
        Row{"1d", 86'400 * ns_per_s}, Row{"0", 0}, Row{"1e3ms", ns_per_s},
        Row{"0.3s", 300 * ns_per_ms}}) {
    ASSERT_TRUE(parse_duration(row.text).has_value()) << row.text;
    EXPECT_EQ(*parse_duration(row.text), row.wanted) << row.text;
  }
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"", "s", "-1s", "10 s", "10sec", "10S", "soon", "1e30s", "nan", "inf",
                           "10ss", "+5s", "0x10"})
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
}

TEST(FormatDuration, LargestUnitWithoutAFraction) {
  EXPECT_EQ(format_duration(10 * ns_per_s), "10s");
  EXPECT_EQ(format_duration(1500 * ns_per_ms), "1500ms");
  EXPECT_EQ(format_duration(60 * ns_per_s), "1m");
  EXPECT_EQ(format_duration(90 * ns_per_s), "90s");
  EXPECT_EQ(format_duration(7200 * ns_per_s), "2h");
  EXPECT_EQ(format_duration(86'400 * ns_per_s), "1d");
  EXPECT_EQ(format_duration(1), "1ns");
  EXPECT_EQ(format_duration(0), "0s");
}

TEST(FormatDuration, IsReadBack) {
  for (DurationNs ns :
       {DurationNs{0}, DurationNs{1}, 999 * ns_per_us, 61 * ns_per_s, 25 * 3600 * ns_per_s})
    EXPECT_EQ(parse_duration(format_duration(ns)), ns);
}

TEST(FormatTime, Rfc3339) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(1'795'288'757 * ns_per_s + 123'456'789), "2026-11-21T19:19:17.123456789Z");
  EXPECT_EQ(format_time(ns_per_s + 500 * ns_per_ms), "1970-01-01T00:00:01.5Z");
  EXPECT_EQ(format_time(1), "1970-01-01T00:00:00.000000001Z");
}

TEST(FormatTime, BeforeTheEpoch) {
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_time(-ns_per_s), "1969-12-31T23:59:59Z");
}

TEST(SystemClock, SteadyNeverGoesBack) {
  SystemClock clock;
  TimeNs before = clock.steady_ns();
  EXPECT_LE(before, clock.steady_ns());
  // 2020-01-01: any machine that runs this is past it.
  EXPECT_GT(clock.wall_ns(), 1'577'836'800 * ns_per_s);
}

}  // namespace
}  // namespace dnstorm
