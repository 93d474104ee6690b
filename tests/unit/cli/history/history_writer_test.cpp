#include "cli/history/history_writer.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "operators/sinks/point_frame.hpp"
#include "operators/sinks/point_history.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using operators::HistoryNumber;
using operators::PointHistory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HistoryWriterTest : public ::testing::Test {
 protected:
  static SeriesFrame frame(TimeNs second, double count, const std::string& line = "query",
                           TimeNs length = 1) {
    SeriesFrame series;
    FeedFrame& frame = series.frame;
    frame.panel = "rates";
    frame.view = "series";
    frame.columns = {"count"};
    series.fields = {{"qr"}, {"count"}};
    frame.rows = {{line, {count}}};
    frame.start = second * ns_per_s;
    frame.end = (second + length) * ns_per_s;
    return series;
  }
  std::string folder() const { return folder_.path_of("boards"); }

  // Of a file, by the time in seconds; written first.
  static std::map<TimeNs, double> counts_in(const std::string& file) {
    std::map<TimeNs, double> counts;
    auto history = PointHistory::open(file, ns_per_s);
    EXPECT_TRUE(history.ok()) << file;
    if (!history.ok()) return counts;
    auto done = history->numbers(0, 0, 1'000'000 * ns_per_s, [&](const HistoryNumber& number) {
      counts[number.time / ns_per_s] += number.sum;
    });
    EXPECT_TRUE(done.ok());
    return counts;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(HistoryWriterTest, WritesAllWindowsAndMinutesBesides) {
  std::string history, minutes;
  {
    HistoryWriter writer(folder());
    history = writer.history_file("dns");
    minutes = writer.minutes_file("dns");
    writer.add("dns", frame(10, 7));
    writer.add("dns", frame(11, 8));
    writer.add("dns", frame(11, 9));  // a window that comes again
    writer.add("dns", frame(60, 30, "query", 60));
    writer.add("other", frame(10, 100));
  }
  EXPECT_THAT(counts_in(history),
              ElementsAre(std::pair(10, 7.0), std::pair(11, 9.0), std::pair(60, 30.0)));
  EXPECT_THAT(counts_in(minutes), ElementsAre(std::pair(60, 30.0)));
}

TEST_F(HistoryWriterTest, GoesOnWithAFileThatIsThere) {
  std::string file;
  for (TimeNs second : {10, 20}) {
    HistoryWriter writer(folder());
    file = writer.history_file("dns");
    writer.add("dns", frame(second, 1));
  }
  EXPECT_EQ(counts_in(file).size(), 2u);
}

TEST_F(HistoryWriterTest, HasRoomForSoManySeriesAndSaysSo) {
  std::string file;
  for (int run = 0; run < 2; ++run) {
    HistoryWriter writer(folder(), {.series_max = 2});
    file = writer.history_file("dns");
    for (const char* line : {"one", "two", "three"}) writer.add("dns", frame(10 + run, 1, line));
  }
  EXPECT_THAT(counts_in(file), ElementsAre(std::pair(10, 2.0), std::pair(11, 2.0)));
}

TEST_F(HistoryWriterTest, KeepsSoManyTopologies) {
  for (const char* topology : {"a", "b", "c"}) {
    HistoryWriter writer(folder(), {.histories_max = 2});
    writer.add(topology, frame(10, 1));
  }
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(folder() + "/history"))
    names.insert(file.path().stem());
  EXPECT_THAT(names, ElementsAre("b", "c"));
}

TEST_F(HistoryWriterTest, SaysWhatIsOnTheDisk) {
  HistoryWriter writer(folder());
  const std::uint64_t mark = writer.mark(), other = writer.mark();
  EXPECT_FALSE(writer.is_settled(mark));
  writer.add("dns", frame(10, 1), mark);
  while (!writer.is_settled(mark)) std::this_thread::yield();
  EXPECT_THAT(counts_in(writer.history_file("dns")), ElementsAre(std::pair(10, 1.0)));
  EXPECT_FALSE(writer.is_settled(other));
  writer.settle(other);
  EXPECT_TRUE(writer.is_settled(other));
}

// Whoever tells it would wait for a disk for ever.
TEST_F(HistoryWriterTest, NobodyWaitsForADiskThatTakesNothing) {
  std::ofstream(folder()) << "a file where the folder should be";
  HistoryWriter writer(folder());
  const std::uint64_t mark = writer.mark();
  writer.add("dns", frame(10, 1), mark);
  while (!writer.is_settled(mark)) std::this_thread::yield();
}

TEST_F(HistoryWriterTest, KeepsTheTopsOfAStore) {
  struct Frames final : PointFeed {
    void publish(FeedFrame frame) override { all.push_back(std::move(frame)); }
    std::vector<FeedFrame> all;
  } feed;
  operators::PointCopies copies(feed, "history");
  auto place = [](const char* rank, const char* name, std::int64_t count) {
    operators::Point point;
    point.measurement = "names";
    point.series = std::string("names,rank=") + rank;
    point.tags = {{"rank", rank}};
    point.fields = {{"qname", std::string(name)}, {"count", count}, {"error", std::int64_t{0}}};
    point.end = 10 * ns_per_s;
    return point;
  };
  std::string file;
  for (int times = 0; times < 2; ++times) {  // a window that comes again counts once
    copies.publish({place("1", "a.example", 7), place("2", "b.example", 3)});
    HistoryWriter writer(folder());
    file = writer.history_file("dns.history");
    writer.add("dns.history", {feed.all.back()});
  }
  auto history = PointHistory::open(file, ns_per_s);
  ASSERT_TRUE(history.ok());
  auto sums = history->tops(0, 0, 60 * ns_per_s);
  ASSERT_TRUE(sums.ok());
  ASSERT_EQ(sums->size(), 1u);
  auto top = sums->begin()->second.take(10);
  ASSERT_EQ(top.items.size(), 2u);
  EXPECT_THAT(top.items[0].item, HasSubstr("a.example"));
  EXPECT_EQ(top.items[0].low, 7);
  EXPECT_EQ(top.items[1].high, 3);
}

TEST_F(HistoryWriterTest, SaysThatItCannotWrite) {
  std::ofstream(folder()) << "a file where the folder should be";
  HistoryWriter writer(folder());
  writer.add("dns", frame(10, 1));
  std::vector<std::string> notes;
  for (; notes.empty(); std::this_thread::yield()) notes = writer.take_notes("dns");
  EXPECT_THAT(notes, ElementsAre(HasSubstr("the history cannot be kept")));
  EXPECT_THAT(writer.take_notes("other"), IsEmpty());
}

}  // namespace
}  // namespace dnstorm::cli
