#include "cli/history/history_range.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

constexpr TimeNs newest = 1'000'000 * ns_per_s;

Result<AskedRange> asked(std::vector<std::pair<std::string, std::string>> query) {
  ApiRequest request;
  request.query = std::move(query);
  return asked_range(request, newest);
}

std::string refusal(std::vector<std::pair<std::string, std::string>> query) {
  auto range = asked(std::move(query));
  return range.ok() ? "" : range.error().what;
}

TEST(HistoryRange, TheLastTenMinutesUnlessAskedFor) {
  EXPECT_EQ(asked({})->from, newest - 600 * ns_per_s);
  EXPECT_EQ(asked({})->to, newest);
  EXPECT_EQ(asked({{"last", "3600000"}})->from, newest - 3600 * ns_per_s);
  EXPECT_EQ(asked({{"from", "1000"}, {"to", "2000"}})->from, ns_per_s);
  EXPECT_EQ(asked({{"from", "1000"}, {"to", "2000"}, {"buckets", "7"}})->buckets, 7);
}

TEST(HistoryRange, SaysWhatIsWrong) {
  EXPECT_EQ(refusal({{"from", "x"}, {"to", "2"}}),
            "from: 'x' is no time in ms since 1970 from 0 to 9000000000000");
  EXPECT_EQ(refusal({{"from", "2"}, {"to", "99000000000000000000"}}),
            "to: '99000000000000000000' is no time in ms since 1970 from 0 to 9000000000000");
  EXPECT_EQ(refusal({{"from", "2000"}, {"to", "2000"}}), "from: 2000 is not before `to`, 2000");
  EXPECT_EQ(refusal({{"from", "2"}}), "`from` and `to` go together");
  EXPECT_EQ(refusal({{"from", "2"}, {"to", "3"}, {"last", "3"}}),
            "`last` stands alone: leave out `from` and `to`");
  EXPECT_EQ(refusal({{"last", "-1"}}), "last: '-1' is no length in ms from 1 to 9000000000000");
  EXPECT_EQ(refusal({{"buckets", "0"}}), "buckets: '0' is no number from 1 to 2000");
}

TEST(HistoryRange, StepsArePlainAndHoldTheRange) {
  auto range = [](std::int64_t seconds, std::int64_t step_min_s) {
    return in_buckets({newest + 1, newest + seconds * ns_per_s, 800}, step_min_s * ns_per_s);
  };
  EXPECT_EQ(range(600, 0).step, ns_per_s);
  EXPECT_EQ(range(3600, 0).step, 5 * ns_per_s);
  EXPECT_EQ(range(86'400, 60).step, 120 * ns_per_s);
  EXPECT_EQ(range(7 * 86'400, 600).step, 1200 * ns_per_s);
  EXPECT_EQ(range(90 * 86'400, 3600).step, 3 * 3600 * ns_per_s);
  EXPECT_EQ(range(50'000'000'000 / 10, 3600).step % (7 * 86'400 * ns_per_s), 0);
  for (std::int64_t seconds : {1, 600, 86'400, 7'776'000}) {
    HistoryRange one = range(seconds, 0);
    EXPECT_LE(one.from, newest + 1);
    EXPECT_GE(one.to, newest + seconds * ns_per_s);
    EXPECT_EQ(one.from % one.step, 0);
    EXPECT_EQ(one.to % one.step, 0);
    EXPECT_LE(one.buckets(), 802u);
  }
}

TEST(HistoryRange, WindowsFitIntoTheirBuckets) {
  EXPECT_EQ(step_for_windows(5, 0), 5);
  EXPECT_EQ(step_for_windows(5, 1), 5);
  EXPECT_EQ(step_for_windows(5, 10), 10);
  EXPECT_EQ(step_for_windows(15, 10), 30);
  EXPECT_EQ(step_for_windows(1000, 999), 1000) << "none that is not far longer";
}

}  // namespace
}  // namespace dnstorm::cli
