#include "operators/rssac002/rssac002_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "operators/rssac002/document.hpp"
#include "operators/rssac002/rows.hpp"
#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextRow;

// 2026-01-15
constexpr std::int64_t start = 1'768'435'200;
constexpr std::int64_t day = 86'400;

class RssacFileSink : public ::testing::Test {
 protected:
  TaskHarness task() const {
    return {rssac002_file_operator(), {{"folder", {folder_}}}, rssac_line_fields()};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_))
      if (entry.is_regular_file())
        found.push_back(std::filesystem::relative(entry.path(), folder_).string());
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string file(const std::string& name) const { return around_.read("out/" + name); }
  dnstorm::testing::TemporaryFolder around_;
  std::string folder_ = around_.path_of("out");
};

TextRow line(const char* metric, const char* section, const char* item, const char* count,
             std::int64_t until = start + day, const char* error = "0") {
  auto time = [](std::int64_t seconds) { return fmt::format("{}s", seconds); };
  return {
      time(start), time(start + day), time(start), time(until), "rssac002v5", "a.root-servers.net",
      metric,      section,           item,        count,       error};
}

const std::vector<TextRow> sizes = {line("traffic-sizes", "udp-request-sizes", "16-31", "7"),
                                    line("traffic-sizes", "udp-request-sizes", "288-", "1"),
                                    line("traffic-sizes", "tcp-response-sizes", "4096-", "3")};

TEST_F(RssacFileSink, WritesADayInThePublishedLayout) {
  TaskHarness sink = task();
  ASSERT_TRUE(sink.prepared.ok());
  sink.feed(sizes);
  sink.feed({line("rcode-volume", "", "0", "5"), line("rcode-volume", "", "3", "2")});
  sink.watermark((start + day) * ns_per_s);
  EXPECT_THAT(files(), ElementsAre("2026/01/rcode-volume/a-root-20260115-rcode-volume.yaml",
                                   "2026/01/traffic-sizes/a-root-20260115-traffic-sizes.yaml"));
  EXPECT_EQ(file("2026/01/traffic-sizes/a-root-20260115-traffic-sizes.yaml"),
            "---\n"
            "version: rssac002v5\n"
            "service: a.root-servers.net\n"
            "start-period: 2026-01-15T00:00:00Z\n"
            "metric: traffic-sizes\n"
            "udp-request-sizes:\n"
            "  16-31: 7\n"
            "  288-: 1\n"
            "udp-response-sizes: {}\n"
            "tcp-request-sizes: {}\n"
            "tcp-response-sizes:\n"
            "  4096-: 3\n");
  EXPECT_EQ(file("2026/01/rcode-volume/a-root-20260115-rcode-volume.yaml"),
            "---\n"
            "version: rssac002v5\n"
            "service: a.root-servers.net\n"
            "start-period: 2026-01-15T00:00:00Z\n"
            "metric: rcode-volume\n"
            "0: 5\n"
            "3: 2\n");
  EXPECT_EQ(sink.counter("files_written"), 2);
}

TEST_F(RssacFileSink, WritesADaySoFarUnderAnotherName) {
  TaskHarness sink = task();
  std::string name = "2026/01/unique-sources/a-root-20260115-unique-sources.yaml";
  sink.feed({line("unique-sources", "", "num-sources-ipv4", "9", start + 3600, "0.0040625")});
  sink.watermark((start + 3600) * ns_per_s);
  EXPECT_THAT(files(), ElementsAre(name + ".incomplete"));
  EXPECT_THAT(file(name + ".incomplete"),
              HasSubstr("metric: unique-sources\n"
                        "# incomplete: counted from 2026-01-15T00:00:00Z until "
                        "2026-01-15T01:00:00Z\n"
                        "# num-sources-ipv4 is estimated, relative standard error 0.41 %\n"
                        "num-sources-ipv4: 9\n"));
  sink.feed({line("unique-sources", "", "num-sources-ipv4", "12")});
  sink.finish();
  EXPECT_THAT(files(), ElementsAre(name));
  EXPECT_THAT(file(name), HasSubstr("metric: unique-sources\nnum-sources-ipv4: 12\n"));
}

TEST_F(RssacFileSink, HoldsWhatACheckpointHeld) {
  TaskHarness before = task();
  before.feed(sizes);
  std::string state = before.save();
  before.finish();
  std::string name = "2026/01/traffic-sizes/a-root-20260115-traffic-sizes.yaml";
  std::string expected = file(name);
  std::filesystem::remove_all(folder_);
  TaskHarness after = task();
  ASSERT_TRUE(after.restore(state).ok());
  after.finish();
  EXPECT_THAT(expected, HasSubstr("4096-: 3"));
  EXPECT_EQ(file(name), expected);
}

TEST_F(RssacFileSink, RefusesADamagedState) {
  TaskHarness before = task();
  before.feed(sizes);
  std::string state = before.save();
  for (std::size_t size = 1; size < state.size(); ++size)
    EXPECT_FALSE(task().restore(std::string_view(state).substr(0, size)).ok()) << size;
}

TEST_F(RssacFileSink, SaysThatAFileCannotBeWritten) {
  TaskHarness sink = task();
  std::filesystem::create_directories(folder_ +
                                      "/2026/01/traffic-sizes/a-root-20260115-traffic-sizes.yaml");
  sink.feed(sizes);
  auto result = sink.try_finish();
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().what, HasSubstr("a-root-20260115-traffic-sizes.yaml cannot be"));
}

TEST_F(RssacFileSink, TakesTheRowsOfAnRssac002Only) {
  EXPECT_THAT(testing::declare_error(rssac002_file_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("the rows of an rssac002 without partial: true are wanted"));
  EXPECT_THAT(
      testing::declare_error(rssac002_file_operator(), {{"name", {"a/b"}}}, {rssac_line_fields()}),
      HasSubstr("without '/'"));
}

TEST(RssacDocument, NamesFilesAsThePublishedOnes) {
  EXPECT_EQ(rssac_file_name("b.root-servers.net"), "b-root");
  EXPECT_EQ(rssac_file_name("ns1.example"), "ns1.example");
  EXPECT_EQ(rssac_file_name("xy.root-servers.net"), "xy.root-servers.net");
}

}  // namespace
}  // namespace dnstorm::operators
