#include "cli/history/frame_points.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace dnstorm::cli {
namespace {

using operators::Point;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const Point& point) {
  std::string text = point.series;
  for (const auto& [name, value] : point.fields)
    text += " " + std::string(name) + "=" + std::to_string(std::get<double>(value));
  return text;
}

std::vector<std::string> texts_of(const SeriesFrame& frame) {
  std::vector<std::string> texts;
  operators::RestoredPoints names;
  for (const Point& point : points_of(frame, names)) texts.push_back(text_of(point));
  return texts;
}

SeriesFrame frame(std::vector<std::string> names, std::vector<FeedRow> rows) {
  SeriesFrame series;
  FeedFrame& frame = series.frame;
  frame.panel = "rates";
  frame.view = "series";
  frame.start = 60 * ns_per_s;
  frame.end = 61 * ns_per_s;
  frame.columns = {"count"};
  frame.rows = std::move(rows);
  series.fields = {std::move(names), {"count"}};
  return series;
}

TEST(FramePoints, HaveTheTagsThatNameALine) {
  const SeriesFrame one = frame({"qr"}, {{"query", {7}}, {"a b", {2}}});
  EXPECT_THAT(texts_of(one),
              ElementsAre("rates,qr=query count=7.000000", "rates,qr=a\\ b count=2.000000"));
  operators::RestoredPoints names;
  const Point point = points_of(one, names).at(0);
  EXPECT_EQ(point.measurement, "rates");
  EXPECT_EQ(point.time, 60 * ns_per_s);
  EXPECT_EQ(point.end, 61 * ns_per_s);
  EXPECT_THAT(texts_of(frame({"server", "qtype"}, {{"s1 AAAA", {1}}})),
              ElementsAre("rates,qtype=AAAA,server=s1 count=1.000000"));
}

TEST(FramePoints, KeepAKeyWholeThatCannotBeTakenApart) {
  EXPECT_THAT(texts_of(frame({"server", "qtype"}, {{"s 1 AAAA", {1}}})),
              ElementsAre("rates,name=s\\ 1\\ AAAA count=1.000000"));
  EXPECT_THAT(texts_of(frame({}, {{"old worker", {1}}})),
              ElementsAre("rates,name=old\\ worker count=1.000000"));
}

TEST(FramePoints, PutTheNumbersOfALineTogether) {
  SeriesFrame several = frame(
      {"qtype"}, {{"A p50", {3}}, {"A p99", {9}}, {"p99 p50", {1}}, {"p99 p99", {std::nan("")}}});
  several.frame.columns = {"value"};
  several.fields.numbers = {"p50", "p99"};
  EXPECT_THAT(texts_of(several), ElementsAre("rates,qtype=A p50=3.000000 p99=9.000000",
                                             "rates,qtype=p99 p50=1.000000"));
  SeriesFrame nameless = frame({}, {{"count", {5}}});
  nameless.frame.columns = {"value"};
  EXPECT_THAT(texts_of(nameless), ElementsAre("rates count=5.000000"));
}

TEST(FramePoints, LeaveOutWhatHasNoNumber) {
  EXPECT_THAT(texts_of(frame({"qr"}, {{"query", {}}, {"answer", {INFINITY}}})), IsEmpty());
}

}  // namespace
}  // namespace dnstorm::cli
