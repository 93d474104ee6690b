#include "operators/sinks/row_files.hpp"

#include <zstd.h>

#include <map>

#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

namespace fs = std::filesystem;
using dnstorm::testing::TemporaryFolder;
using testing::TaskHarness;
using testing::TextOptions;
using Files = std::map<std::string, std::string>;

std::string unpacked(const std::string& packed) {
  std::string text;
  ZSTD_DCtx* stream = ZSTD_createDCtx();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 0;
  while (in.pos < in.size) {
    char piece[4096];
    ZSTD_outBuffer out{piece, sizeof piece, 0};
    left = ZSTD_decompressStream(stream, &out, &in);
    if (ZSTD_isError(left) != 0) break;
    text.append(piece, out.pos);
  }
  ZSTD_freeDCtx(stream);
  return left == 0 ? text : "cut off: " + text;
}

class RowFiles : public ::testing::Test {
 protected:
  TextOptions with(TextOptions options) const {
    options["folder"] = {folder_.path()};
    options["name"] = {"rows"};
    return options;
  }
  std::unique_ptr<TaskHarness> json(const TextOptions& options) const {
    return std::make_unique<TaskHarness>(json_lines_operator(), with(options),
                                         testing::count_fields());
  }
  // All in the folder, by name without what all begin with.
  Files files() const {
    Files all;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      std::string name = entry.path().filename();
      std::string text = folder_.read(name);
      all[name.substr(std::string("rows-").size())] =
          name.find(".zst") != std::string::npos ? unpacked(text) : text;
    }
    return all;
  }
  static testing::TextRow count_row(int window, const std::string& count) {
    return {fmt::format("{}s", window), fmt::format("{}s", window + 10), "28", "0", count};
  }
  static std::string line(int window, const std::string& count) {
    return fmt::format(
        R"({{"window_start":"{}","window_end":"{}","qtype":"AAAA","rcode":"NOERROR","count":{}}})"
        "\n",
        format_time(window * ns_per_s), format_time((window + 10) * ns_per_s), count);
  }
  TemporaryFolder folder_;
};

TEST_F(RowFiles, writes_json_as_windows_close_and_names_the_file_when_it_is_complete) {
  auto task = json({{"rotate", {"1m"}}});
  ASSERT_TRUE(task->prepared.ok());
  task->feed({count_row(60, "9"), count_row(50, "7")});
  EXPECT_EQ(files(), Files{});
  task->watermark(59 * ns_per_s);
  EXPECT_EQ(files(), Files{});
  task->watermark(60 * ns_per_s);  // the window closes, and with it the minute
  EXPECT_EQ(files(), (Files{{"19700101T000050Z.jsonl", line(50, "7")}}));
  task->watermark(70 * ns_per_s);
  EXPECT_EQ(files(), (Files{{"19700101T000050Z.jsonl", line(50, "7")},
                            {"19700101T000100Z.jsonl.part", line(60, "9")}}));
  EXPECT_EQ(task->counter("files_written"), 1);
  task->finish();
  EXPECT_EQ(files(), (Files{{"19700101T000050Z.jsonl", line(50, "7")},
                            {"19700101T000100Z.jsonl", line(60, "9")}}));
  EXPECT_EQ(task->counter("files_written"), 2);
  EXPECT_EQ(task->counter("rows_written"), 2);
}

TEST_F(RowFiles, keeps_large_numbers_whole_and_writes_none_as_null) {
  std::vector<Field> fields = {
      {"time", Type::time, Role::time}, {"id", Type::u64},    {"ratio", Type::f64},
      {"cached", Type::boolean},        {"client", Type::ip}, {"name", Type::str}};
  TaskHarness task(json_lines_operator(), with({}), fields);
  task.feed({{"1s", "18446744073709551615", "0.25", "true", "2001:db8::1", "a\"b"},
             {"2s", "0", "nan", "false", "192.0.2.1", "c"}});
  task.finish();
  EXPECT_EQ(files()["19700101T000001Z.jsonl"],
            R"({"time":"1970-01-01T00:00:01Z","id":18446744073709551615,"ratio":0.25,)"
            R"("cached":true,"client":"2001:db8::1","name":"a\"b"})"
            "\n"
            R"({"time":"1970-01-01T00:00:02Z","id":0,"ratio":null,"cached":false,)"
            R"("client":"192.0.2.1","name":"c"})"
            "\n");
}

TEST_F(RowFiles, writes_what_has_a_name_as_text_even_if_it_is_a_boolean) {
  std::vector<Field> fields = {{"time", Type::time, Role::time},
                               {"qr", Type::boolean, Role::plain, "qr"}};
  TaskHarness task(json_lines_operator(), with({}), fields);
  task.feed({{"1s", "true"}});
  task.finish();
  EXPECT_EQ(files()["19700101T000001Z.jsonl"],
            "{\"time\":\"1970-01-01T00:00:01Z\",\"qr\":\"response\"}\n");
}

TEST_F(RowFiles, writes_csv_with_a_header_in_every_file_and_quotes_where_they_are_needed) {
  std::vector<Field> fields = {
      {"time", Type::time, Role::time}, {"name", Type::str}, {"ratio", Type::f64}};
  TaskHarness task(csv_operator(), with({{"fields", {"ratio", "name"}}, {"rotate", {"1m"}}}),
                   fields);
  task.feed({{"1s", "plain", "0.5"},
             {"2s", "a,b", "nan"},
             {"3s", "say \"x\"", "1"},
             {"61s", "two\r\nlines", "2"}});
  task.finish();
  EXPECT_EQ(files(), (Files{{"19700101T000001Z.csv",
                             "ratio,name\r\n0.5,plain\r\n,\"a,b\"\r\n1,\"say \"\"x\"\"\"\r\n"},
                            {"19700101T000101Z.csv", "ratio,name\r\n2,\"two\r\nlines\"\r\n"}}));
}

TEST_F(RowFiles, begins_another_file_before_one_is_too_large) {
  auto bytes = std::to_string(2 * line(0, "1").size());
  auto task = json({{"rotate", {"0"}}, {"max_bytes", {bytes}}});
  task->feed({count_row(0, "1"), count_row(0, "2"), count_row(0, "3"), count_row(0, "1000"),
              count_row(0, "5")});
  task->finish();
  EXPECT_EQ(files(), (Files{{"19700101T000000Z.jsonl", line(0, "1") + line(0, "2")},
                            {"19700101T000000Z_0002.jsonl", line(0, "3") + line(0, "5")},
                            {"19700101T000000Z_0003.jsonl", line(0, "1000")}}));
}

TEST_F(RowFiles, puts_late_rows_into_the_next_file_and_never_into_a_complete_one) {
  auto task = json({{"rotate", {"1m"}}});
  task->feed({count_row(50, "1")});
  task->watermark(60 * ns_per_s);
  task->feed({count_row(50, "2")});
  task->watermark(61 * ns_per_s);
  task->feed({count_row(60, "3"), count_row(40, "4")});
  task->finish();
  EXPECT_EQ(files(), (Files{{"19700101T000050Z.jsonl", line(50, "1")},
                            {"19700101T000050Z_0002.jsonl", line(50, "2")},
                            {"19700101T000050Z_0003.jsonl", line(40, "4")},
                            {"19700101T000100Z.jsonl", line(60, "3")}}));
}

TEST_F(RowFiles, is_the_same_whatever_the_order_of_arrival) {
  std::vector<testing::TextRow> rows;
  for (int i = 0; i < 60; ++i)
    rows.push_back({"0s", "10s", std::to_string(i % 20), std::to_string(i / 20), "1"});
  Files made[2];
  for (Files& all : made) {
    auto task = json({});
    for (const auto& row : rows) task->feed({row});
    task->finish();
    all = files();
    std::reverse(rows.begin(), rows.end());
  }
  EXPECT_EQ(made[0], made[1]);
  std::string& text = made[0].begin()->second;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 60);
}

TEST_F(RowFiles, says_which_input_a_row_is_from) {
  TaskHarness task(json_lines_operator(), with({{"fields", {"time"}}, {"source", {"true"}}}),
                   testing::message_fields());
  task.feed({{"1s", "www.example", "192.0.2.1"}});
  task.finish();
  EXPECT_EQ(files()["19700101T000001Z.jsonl"],
            "{\"source\":\"input\",\"time\":\"1970-01-01T00:00:01Z\"}\n");
}

TEST_F(RowFiles, goes_on_from_every_checkpoint_with_the_files_of_an_undisturbed_run) {
  for (const char* compression : {"none", "zstd"}) {
    TextOptions options = {{"rotate", {"20s"}},
                           {"compression", {compression}},
                           {"max_bytes", {std::to_string(2 * line(0, "1").size())}}};
    std::vector<testing::Step> steps;
    for (int window = 0; window < 60; window += 10) {
      steps.push_back(testing::rows({count_row(window, "1"), count_row(window, "2")}));
      steps.push_back(testing::rows({count_row(window, "3"), count_row(window + 10, "4")}));
      steps.push_back(testing::until((window + 10) * ns_per_s));
    }
    auto clear = [&] {
      for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove(entry.path());
    };
    clear();
    auto whole = json(options);
    for (const auto& step : steps) step(*whole);
    whole->finish();
    Files expected = files();
    ASSERT_GT(expected.size(), 6);
    for (std::size_t cut = 0; cut <= steps.size(); ++cut)
      for (std::size_t killed = cut; killed <= steps.size(); ++killed) {
        clear();
        auto first = json(options);
        for (std::size_t i = 0; i < cut; ++i) steps[i](*first);
        std::string state = first->save();
        for (std::size_t i = cut; i < killed; ++i) steps[i](*first);
        first.reset();
        auto second = json(options);
        auto restored = second->restore(state);
        ASSERT_TRUE(restored.ok()) << restored.error().what;
        for (std::size_t i = cut; i < steps.size(); ++i) steps[i](*second);
        second->finish();
        ASSERT_EQ(files(), expected)
            << compression << ": saved after " << cut << ", killed after " << killed;
      }
  }
}

TEST_F(RowFiles, survives_states_that_are_damaged) {
  auto make = [&] { return json({}); };
  std::vector<testing::Step> steps = {testing::rows({count_row(0, "1"), count_row(10, "2")}),
                                      testing::until(10 * ns_per_s)};
  auto task = make();
  for (const auto& step : steps) step(*task);
  testing::check_damage(make, steps, task->save());
}

TEST_F(RowFiles, refuses_to_go_on_in_a_file_that_is_gone) {
  auto task = json({});
  task->feed({count_row(0, "1")});
  task->watermark(10 * ns_per_s);
  std::string state = task->save();
  task.reset();
  fs::remove(folder_.path_of("rows-19700101T000000Z.jsonl.part"));
  auto restored = json({})->restore(state);
  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().what,
            fmt::format("json_lines: cannot go on in {}/rows-19700101T000000Z.jsonl.part: it is "
                        "not there as the checkpoint has it; put it back, or run without --resume",
                        folder_.path().string()));
}

TEST_F(RowFiles, counts_what_the_disk_does_not_take_and_leaves_the_file_unnamed) {
  fs::create_symlink("/dev/full", folder_.path_of("rows-19700101T000000Z.jsonl.part"));
  auto task = json({{"rotate", {"10s"}}});
  task->feed({count_row(0, "1"), count_row(0, "2"), count_row(10, "3")});
  auto done = task->try_finish();
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().what, ::testing::HasSubstr("No space left on device"));
  EXPECT_EQ(task->counter("rows_lost"), 2);
  EXPECT_EQ(task->counter("rows_written"), 1);
  EXPECT_FALSE(fs::exists(folder_.path_of("rows-19700101T000000Z.jsonl")));
  EXPECT_EQ(folder_.read("rows-19700101T000010Z.jsonl"), line(10, "3"));
}

TEST_F(RowFiles, says_where_it_cannot_write) {
  TaskHarness task(json_lines_operator(), {{"folder", {"/proc/none"}}}, testing::count_fields());
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().what,
            "json_lines: cannot write into /proc/none: No such file or directory: correct "
            "`folder`");
}

TEST_F(RowFiles, refuses_what_cannot_be_in_one_file) {
  auto refusal = [&](const OperatorDef& def, TextOptions options,
                     const std::vector<std::vector<Field>>& inputs) {
    auto declared = testing::declare(def, options, inputs);
    return declared.ok() ? "" : declared.error().what;
  };
  EXPECT_EQ(refusal(csv_operator(), {}, {testing::count_fields(), testing::message_fields()}),
            "rows of 'input' and 'input' have other columns, and a CSV file has one header: name "
            "common `fields`, or give each a sink of its own");
  EXPECT_EQ(refusal(json_lines_operator(), {}, {{{"word", Type::str}}}),
            "rows of 'input' have no time, by which this sink orders them: put an aggregate before "
            "it, or use `log`");
  EXPECT_EQ(refusal(csv_operator(), {{"fields", {"qname", "qname"}}}, {testing::message_fields()}),
            "field 'qname' is named twice");
  EXPECT_EQ(
      refusal(json_lines_operator(), {}, {testing::count_fields(), testing::message_fields()}), "");
}

TEST_F(RowFiles, names_fields_as_the_elastic_common_schema_does) {
  TaskHarness task(json_lines_operator(), with({{"names", {"ecs"}}}),
                   {{"time", Type::time, Role::time},
                    {"id", Type::u64},
                    {"client", Type::ip},
                    {"qname", Type::str},
                    {"severity", Type::u8, Role::plain, "severity"},
                    {"evidence", Type::str}});
  task.feed({{"1s", "7", "192.0.2.1", "www.example", "3", "{}"}});
  task.finish();
  EXPECT_EQ(files().begin()->second,
            "{\"@timestamp\":\"1970-01-01T00:00:01Z\",\"event.id\":7,\"client.ip\":\"192.0.2.1\","
            "\"dns.question.name\":\"www.example\",\"log.level\":\"high\","
            "\"dnstorm.evidence\":\"{}\"}\n");
}

}  // namespace
}  // namespace dnstorm::operators
