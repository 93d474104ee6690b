#include "operators/sinks/text.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using dnstorm::testing::TemporaryFolder;
using testing::TaskHarness;
using testing::TextOptions;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class TextSink : public ::testing::Test {
 protected:
  std::string file() const { return folder_.path_of("out"); }
  TextOptions with(TextOptions options) const {
    options["file"] = {file()};
    return options;
  }
  TemporaryFolder folder_;
};

TEST_F(TextSink, writes_lines_in_canonical_order_when_the_window_closes) {
  TaskHarness task(text_operator(), with({}), testing::count_fields());
  ASSERT_TRUE(task.prepared.ok());
  task.feed({{"10s", "20s", "28", "3", "5"},
             {"0s", "10s", "28", "0", "2"},
             {"0s", "10s", "1", "0", "7"}});
  EXPECT_EQ(read_file(file()), "");
  task.watermark(10 * ns_per_s);
  std::string first =
      "input,qtype=A,rcode=NOERROR count=7i 0\n"
      "input,qtype=AAAA,rcode=NOERROR count=2i 0\n";
  EXPECT_EQ(read_file(file()), first);
  task.finish();
  EXPECT_EQ(read_file(file()), first + "input,qtype=AAAA,rcode=NXDOMAIN count=5i 10000000000\n");
  EXPECT_EQ(task.counter("points_written"), 3);
}

TEST_F(TextSink, is_the_same_whatever_the_order_of_arrival) {
  std::vector<testing::TextRow> rows;
  for (int i = 0; i < 100; ++i)
    rows.push_back(
        {"0s", "10s", std::to_string(i % 20), std::to_string(i / 20), std::to_string(i)});
  std::string texts[2];
  for (std::string& text : texts) {
    TaskHarness task(text_operator(), with({}), testing::count_fields());
    for (const auto& row : rows) task.feed({row});
    task.finish();
    text = read_file(file());
    std::reverse(rows.begin(), rows.end());
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(std::count(texts[0].begin(), texts[0].end(), '\n'), 100);
}

TEST_F(TextSink, writes_json_lines) {
  TaskHarness task(text_operator(), with({{"format", {"json"}}, {"tags", {"server=ns1"}}}),
                   testing::top_fields());
  task.feed({{"0s", "10s", "1", "a\"b.example", "9", "0.5"}});
  task.finish();
  EXPECT_EQ(read_file(file()),
            R"({"time":"1970-01-01T00:00:00Z","end":"1970-01-01T00:00:10Z","measurement":"input",)"
            R"("tags":{"rank":"1","server":"ns1"},)"
            R"("fields":{"name":"a\"b.example","count":9,"share":0.5}})"
            "\n");
}

TEST_F(TextSink, writes_tables_with_ranks_in_order_of_number) {
  TaskHarness task(text_operator(), with({{"format", {"table"}}, {"measurement", {"names"}}}),
                   testing::top_fields());
  task.feed({{"0s", "10s", "10", "c.example", "1", "0.25"},
             {"0s", "10s", "2", "bb.example", "20", "0.5"},
             {"0s", "10s", "1", "a.example", "300", "1"}});
  task.finish();
  EXPECT_EQ(read_file(file()),
            "names  1970-01-01T00:00:00Z  10s\n"
            "rank  name        count  share\n"
            "1     a.example     300      1\n"
            "2     bb.example     20    0.5\n"
            "10    c.example       1   0.25\n\n");
}

TEST_F(TextSink, writes_chosen_attributes_of_raw_rows) {
  TaskHarness task(text_operator(), with({{"fields", {"qname", "client"}}}),
                   testing::message_fields());
  task.feed({{"1s", "www.example", "192.0.2.1"}, {"1s", "ftp.example", "2001:db8::1"}});
  task.watermark(ns_per_s);
  EXPECT_EQ(read_file(file()), "");  // another row of that time may come
  task.finish();
  EXPECT_EQ(read_file(file()),
            "input qname=\"www.example\",client=\"192.0.2.1\" 1000000000\n"
            "input qname=\"ftp.example\",client=\"2001:db8::1\" 1000000000\n");
}

TEST_F(TextSink, counts_points_without_a_value) {
  TaskHarness task(text_operator(), with({}),
                   {{"time", Type::time, Role::time}, {"ratio", Type::f64, Role::value}});
  task.feed({{"1s", "nan"}, {"2s", "inf"}, {"3s", "1.5"}});
  task.finish();
  EXPECT_EQ(read_file(file()), "input ratio=1.5 3000000000\n");
  EXPECT_EQ(task.counter("points_without_value"), 2);
}

TEST_F(TextSink, says_where_it_cannot_write) {
  TaskHarness task(text_operator(), {{"file", {"/nowhere/out"}}}, testing::count_fields());
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "text: cannot write /nowhere/out: No such file or directory: correct `file`");
}

TEST_F(TextSink, says_that_the_disk_is_full) {
  TaskHarness task(text_operator(), {{"file", {"/dev/full"}}}, testing::count_fields());
  ASSERT_TRUE(task.prepared.ok());
  task.feed({{"0s", "10s", "28", "0", "2"}});
  auto done = task.try_finish();
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().what, ::testing::HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace dnstorm::operators
