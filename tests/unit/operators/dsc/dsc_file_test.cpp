#include "operators/dsc/dsc_file.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "operators/dsc/file_format.hpp"
#include "operators/dsc/results.hpp"
#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextRow;

class DscFileSink : public ::testing::Test {
 protected:
  TaskHarness task() const {
    return {dsc_file_operator(),
            {{"folder", {folder_}}, {"formats", {"xml", "json"}}},
            dsc_array_fields()};
  }
  std::string file(const std::string& name) const { return around_.read("out/" + name); }
  dnstorm::testing::TemporaryFolder around_;
  std::string folder_ = around_.path_of("out");
};

TextRow cell(const char* place, const char* dataset, const char* key1, const char* key2,
             const char* count, const char* start = "0s", const char* end = "60s") {
  return {start, end, start, end, place, dataset, "All", "Name", key1, key2, count};
}

const std::vector<TextRow> interval = {cell("0", "names", "ALL", "a.example", "3"),
                                       cell("0", "names", "ALL", "b c", "2"),
                                       cell("1", "none", "", "", "0"),
                                       cell("2", "rows", "udp", "", "0"),
                                       cell("2", "rows", "tcp", "1", "4"),
                                       cell("3", "pcap_stats", "eth0", "pkts_captured", "9")};

TEST_F(DscFileSink, WritesAnIntervalWhenItHasEnded) {
  TaskHarness sink = task();
  ASSERT_TRUE(sink.prepared.ok());
  sink.feed(interval);
  sink.watermark(59 * ns_per_s);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/60.dscdata.xml"));
  sink.watermark(60 * ns_per_s);
  EXPECT_EQ(file("60.dscdata.xml"),
            "<dscdata>\n"
            "<array name=\"pcap_stats\" dimensions=\"2\" start_time=\"0\" stop_time=\"60\">\n"
            "  <dimension number=\"1\" type=\"All\"/>\n"
            "  <dimension number=\"2\" type=\"Name\"/>\n"
            "  <data>\n"
            "    <All val=\"eth0\">\n"
            "      <Name val=\"pkts_captured\" count=\"9\"/>\n"
            "    </All>\n"
            "  </data>\n"
            "</array>\n"
            "<array name=\"rows\" dimensions=\"2\" start_time=\"0\" stop_time=\"60\">\n"
            "  <dimension number=\"1\" type=\"All\"/>\n"
            "  <dimension number=\"2\" type=\"Name\"/>\n"
            "  <data>\n"
            "    <All val=\"udp\">\n"
            "    </All>\n"
            "    <All val=\"tcp\">\n"
            "      <Name val=\"1\" count=\"4\"/>\n"
            "    </All>\n"
            "  </data>\n"
            "</array>\n"
            "<array name=\"none\" dimensions=\"2\" start_time=\"0\" stop_time=\"60\">\n"
            "  <dimension number=\"1\" type=\"All\"/>\n"
            "  <dimension number=\"2\" type=\"Name\"/>\n"
            "  <data>\n"
            "  </data>\n"
            "</array>\n"
            "<array name=\"names\" dimensions=\"2\" start_time=\"0\" stop_time=\"60\">\n"
            "  <dimension number=\"1\" type=\"All\"/>\n"
            "  <dimension number=\"2\" type=\"Name\"/>\n"
            "  <data>\n"
            "    <All val=\"ALL\">\n"
            "      <Name val=\"a.example\" count=\"3\"/>\n"
            "      <Name val=\"YiBj\" base64=\"1\" count=\"2\"/>\n"
            "    </All>\n"
            "  </data>\n"
            "</array>\n"
            "</dscdata>\n");
  EXPECT_EQ(sink.counter("files_written"), 2);
}

TEST_F(DscFileSink, WritesJson) {
  TaskHarness sink = task();
  sink.feed({interval[0], interval[1], interval[2]});
  sink.finish();
  EXPECT_EQ(file("60.dscdata.json"),
            "[\n{\n  \"name\": \"none\",\n  \"start_time\": 0,\n  \"stop_time\": 60,\n"
            "  \"dimensions\": [ \"All\", \"Name\" ],\n  \"data\": [\n  ]\n},\n"
            "{\n  \"name\": \"names\",\n  \"start_time\": 0,\n  \"stop_time\": 60,\n"
            "  \"dimensions\": [ \"All\", \"Name\" ],\n  \"data\": [\n    {\n"
            "      \"All\": \"ALL\",\n      \"Name\": [\n"
            "        { \"val\": \"a.example\", \"count\": 3 },\n"
            "        { \"val\": \"YiBj\", \"base64\": true, \"count\": 2 }\n"
            "      ]\n    }\n  ]\n}\n]\n");
}

TEST_F(DscFileSink, HoldsWhatACheckpointHeld) {
  TaskHarness before = task();
  before.feed(interval);
  before.feed({cell("0", "names", "ALL", "x", "1", "60s", "120s")});
  std::string state = before.save();
  before.finish();
  std::string expected = file("60.dscdata.xml") + file("120.dscdata.json");
  std::filesystem::remove_all(folder_);
  TaskHarness after = task();
  ASSERT_TRUE(after.restore(state).ok());
  after.finish();
  EXPECT_EQ(file("60.dscdata.xml") + file("120.dscdata.json"), expected);
  EXPECT_THAT(expected, HasSubstr("\"x\""));
  testing::check_damage([this] { return std::unique_ptr<TaskHarness>(new TaskHarness(task())); },
                        {}, state);
}

TEST_F(DscFileSink, SaysThatAFileCannotBeWritten) {
  TaskHarness sink = task();
  std::filesystem::create_directories(folder_ + "/60.dscdata.xml");
  sink.feed(interval);
  auto result = sink.try_finish();
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().what, HasSubstr("60.dscdata.xml cannot be written"));
}

TEST_F(DscFileSink, TakesTheStreamOfADscOnly) {
  EXPECT_THAT(testing::declare_error(dsc_file_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("the stream `arrays` of a dsc is wanted"));
  EXPECT_THAT(
      testing::declare_error(dsc_file_operator(), {{"formats", {"yaml"}}}, {dsc_array_fields()}),
      HasSubstr("takes xml and json, not 'yaml'"));
}

TEST(DscFileFormat, PlainValues) {
  EXPECT_TRUE(is_plain_value("2001:db8::1"));
  EXPECT_TRUE(is_plain_value("-:SKIPPED_SUM:-"));
  EXPECT_FALSE(is_plain_value("qr=0,aa=0"));
  EXPECT_FALSE(is_plain_value("a/b"));
}

}  // namespace
}  // namespace dnstorm::operators
