#include "engine/base/parse_time.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

TEST(ParseTime, ReadsRfc3339AndSeconds) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01Z"), ns_per_s);
  EXPECT_EQ(parse_time("1970-01-01 01:00:01.5+01:00"), ns_per_s + 500 * ns_per_ms);
  EXPECT_EQ(parse_time("1970-01-02"), 86'400 * ns_per_s);
  EXPECT_EQ(parse_time("1764000000.000000001"), 1'764'000'000 * ns_per_s + 1);
  EXPECT_EQ(parse_time(format_time(1'764'000'000'123'000'000)), 1'764'000'000'123'000'000);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* wrong : {"", "noon", "-1", "1.", "1e9", "2026-13-01", "2026-02-30",
                            "2026-11-21T25:00:00Z", "2026-11-21T19:19", "2026-11-21T19:19:17X",
                            "2026-11-21T19:19:17+1:00", "9223372037", "99999999999999999999"})
    EXPECT_EQ(parse_time(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace dnstorm
