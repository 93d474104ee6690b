#include "operators/sinks/point_frame.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace dnstorm::operators {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class FrameList final : public PointFeed {
 public:
  void publish(FeedFrame frame) override { frames.push_back(std::move(frame)); }
  std::vector<FeedFrame> frames;
};

Point place(const std::string& rank, TimeNs second) {
  Point point;
  point.measurement = "names";
  point.series = "names,rank=" + rank;
  point.tags = {{"rank", rank}};
  point.fields = {{"qname", std::string("caf\xe9.example")},
                  {"count", std::int64_t{9'007'199'254'740'993}},  // more than a double tells apart
                  {"share", 0.5},
                  {"full", true}};
  point.time = second * ns_per_s;
  point.end = point.time + 10 * ns_per_s;
  return point;
}

TEST(PointFrame, carries_points_as_they_are) {
  FrameList feed;
  EXPECT_EQ(PointCopies(feed, "history").publish({place("1", 20), place("2", 10)}), 0u);
  ASSERT_THAT(feed.frames, SizeIs(1));
  const FeedFrame& frame = feed.frames[0];
  EXPECT_EQ(frame.panel, "history");
  EXPECT_EQ(frame.source, "history");
  EXPECT_EQ(frame.view, "points");
  EXPECT_EQ(frame.start, 10 * ns_per_s);
  EXPECT_EQ(frame.end, 30 * ns_per_s);
  RestoredPoints names;
  const std::vector<Point> points = points_of_frame(frame, names);
  ASSERT_THAT(points, SizeIs(2));
  const Point sent = place("1", 20);
  EXPECT_EQ(points[0].measurement, sent.measurement);
  EXPECT_EQ(points[0].series, sent.series);
  EXPECT_EQ(points[0].time, sent.time);
  EXPECT_EQ(points[0].end, sent.end);
  ASSERT_THAT(points[0].tags, SizeIs(1));
  EXPECT_EQ(points[0].tags[0].value, "1");
  ASSERT_THAT(points[0].fields, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(points[0].fields[i].name, sent.fields[i].name);
    EXPECT_EQ(points[0].fields[i].value, sent.fields[i].value);
  }
}

TEST(PointFrame, passes_over_rows_that_are_no_points) {
  FrameList feed;
  PointCopies(feed, "history").publish({place("1", 0)});
  FeedFrame frame = feed.frames.at(0);
  const std::string good = frame.rows.at(0).key;
  RestoredPoints names;
  for (std::size_t size = 0; size < good.size(); ++size) {
    frame.rows = {{good.substr(0, size), {}}};
    EXPECT_THAT(points_of_frame(frame, names), IsEmpty()) << size;
  }
  frame.rows = {{good + "x", {}}, {good, {}}};
  EXPECT_THAT(points_of_frame(frame, names), SizeIs(1));
}

TEST(PointFrame, has_room_for_so_many_series_and_so_many_rows_in_a_frame) {
  FrameList feed;
  PointCopies copies(feed, "history");
  std::vector<Point> points;
  for (std::size_t rank = 0; rank < copied_series_max + 7; ++rank)
    points.push_back(place(std::to_string(rank), 0));
  EXPECT_EQ(copies.publish(points), 7u);
  EXPECT_EQ(copies.publish(points), 7u);
  std::size_t rows = 0;
  for (const FeedFrame& frame : feed.frames) {
    EXPECT_LE(frame.rows.size(), 4'096u);
    rows += frame.rows.size();
  }
  EXPECT_EQ(rows, 2 * copied_series_max);
  EXPECT_EQ(copies.publish({}), 0u);
}

}  // namespace
}  // namespace dnstorm::operators
