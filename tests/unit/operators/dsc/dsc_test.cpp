#include "operators/dsc/dsc.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/dsc/messages.hpp"
#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::count_all;
using testing::counted;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message;
using testing::message_fields_of_dsc;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

// Too short for a header, or with a broken question: DSC drops such messages.
TEST(Dsc, ExactModeLeavesOutWhatDscCannotRead) {
  std::vector<TextRow> rows = {
      message({{"malformed", "true"}, {"size", "8"}, {"qname_length", "0"}}),
      message({{"malformed", "true"}, {"qname_length", "0"}}),
      message({{"malformed", "true"}}),  // something behind the question
      message({{"malformed", "true"}, {"size", "12"}, {"qname_length", "0"}}), message()};
  TextOptions options = {{"datasets", {"opcode"}}};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 0 5"));
  options["compat"] = {"exact"};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 0 3"));
}

TEST(Dsc, CutsRowsAfterAllIsCounted) {
  std::vector<TextRow> rows;
  for (int i = 0; i < 10; ++i)
    for (int n = 0; n <= i; ++n)
      rows.push_back(message({{"client", fmt::format("192.0.2.{}", i)}}));
  TextOptions options = {
      {"datasets", {"d dns All:null Client:client any min-count=4 max-cells=2"}}};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 192.0.2.9 10", "ALL 192.0.2.8 9",
                                                    "ALL -:SKIPPED:- 8", "ALL -:SKIPPED_SUM:- 36"));
}

TEST(Dsc, OrdersEqualCountsByKey) {
  std::vector<TextRow> rows;
  for (const char* qtype : {"28", "255", "1", "12", "6"})
    rows.push_back(message({{"qtype", qtype}}));
  TextOptions options = {{"datasets", {"d dns All:null Qtype:qtype any max-cells=3"}}};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 1 1", "ALL 6 1", "ALL 12 1",
                                                    "ALL -:SKIPPED:- 2", "ALL -:SKIPPED_SUM:- 2"));
}

TEST(Dsc, WritesRowsOfFixedClassesWithoutCells) {
  TaskHarness task(dsc_operator(),
                   {{"datasets", {"direction_vs_ipproto", "transport_vs_qtype", "idn_vs_tld"}}},
                   message_fields_of_dsc());
  task.feed({message({{"time", "61s"}})});
  task.finish();
  EXPECT_THAT(task.take(1),
              ElementsAre("60s 120s 60s 120s 0 direction_vs_ipproto Direction IPProto sent  0",
                          "60s 120s 60s 120s 0 direction_vs_ipproto Direction IPProto recv  0",
                          "60s 120s 60s 120s 0 direction_vs_ipproto Direction IPProto else udp 1",
                          "60s 120s 60s 120s 1 transport_vs_qtype Transport Qtype udp 1 1",
                          "60s 120s 60s 120s 1 transport_vs_qtype Transport Qtype tcp  0",
                          "60s 120s 60s 120s 2 idn_vs_tld All TLD   0"));
  EXPECT_THAT(task.take(0), ElementsAre("60s 120s direction_vs_ipproto   else udp 1",
                                        "60s 120s transport_vs_qtype   udp 1 1"));
}

TEST(Dsc, CountsPacketsAndDrops) {
  std::vector<Field> packets = {
      {"time", Type::time}, {"outcome", Type::str}, {"packets", Type::u64}};
  std::vector<Field> drops = {{"time", Type::time},
                              {"interface", Type::str},
                              {"reason", Type::str},
                              {"packets", Type::u64}};
  TaskHarness task(dsc_operator(), {{"datasets", {"qtype"}}, {"interface", {"eth0"}}},
                   {packets, drops});
  task.feed({{"1s", "parsed", "5"}, {"2s", "not_dns", "3"}}, 0);
  task.feed({{"3s", "eth0", "kernel", "2"}, {"4s", "eth0", "spool", "9"}}, 1);
  task.finish();
  EXPECT_THAT(counted(task), ElementsAre("eth0 pkts_captured 8", "eth0 kernel_dropped 2"));
}

TEST(Dsc, BucketsResponseTimes) {
  std::vector<Field> pairs = {
      {"time", Type::time}, {"status", Type::u8}, {"latency_us", Type::u64}};
  auto of = [&](TextOptions options, std::vector<TextRow> rows) {
    options["datasets"] = {"response_time"};
    TaskHarness task(dsc_operator(), options, pairs);
    task.feed(rows);
    task.finish();
    return counted(task);
  };
  EXPECT_THAT(of({}, {{"1s", "0", "150"},
                      {"1s", "0", "999"},
                      {"1s", "1", "0"},
                      {"1s", "2", "0"},
                      {"1s", "5", "0"},
                      {"1s", "0", "0"}}),
              ElementsAre("ALL 100-1000 2", "ALL dropped_queries 1", "ALL missing_queries 1",
                          "ALL timeouts 1", "ALL 1-10 1"));
  EXPECT_THAT(of({{"response_time_mode", {"log2"}}}, {{"1s", "0", "150"}}),
              ElementsAre("ALL 128-256 1"));
  EXPECT_THAT(of({{"response_time_mode", {"bucket"}}}, {{"1s", "0", "150"}}),
              ElementsAre("ALL 100-200 1"));
  EXPECT_THAT(of({{"compat", {"exact"}}}, {{"1s", "0", "0"}}),
              ElementsAre("ALL internal_errors 1"));
  EXPECT_THAT(of({{"response_time_max", {"1s"}}}, {{"1s", "0", "7000000"}}),
              ElementsAre("ALL 1000000-10000000 1"));
  EXPECT_THAT(of({{"response_time_max", {"1s"}}, {"response_time_max_mode", {"timed_out"}}},
                 {{"1s", "0", "7000000"}}),
              ElementsAre("ALL timeouts 1"));
}

// The first interval of DSC begins with its first packet, the last ends with its last.
TEST(Dsc, ExactModeHasDscsTimes) {
  TaskHarness task(dsc_operator(), {{"datasets", {"qtype"}}, {"compat", {"exact"}}},
                   message_fields_of_dsc());
  task.feed({message({{"time", "15.5s"}})});
  task.feed({message({{"time", "70s"}}), message({{"time", "71.9s"}})});
  task.watermark(65 * ns_per_s);
  task.finish();
  EXPECT_THAT(task.take(1), ElementsAre("0s 60s 15s 60s 0 qtype All Qtype ALL 1 1",
                                        "60s 120s 60s 71s 0 qtype All Qtype ALL 1 2"));
}

TEST(Dsc, RefusesWhatCannotBe) {
  auto refusal = [](const TextOptions& options) {
    return testing::declare_error(dsc_operator(), options, {message_fields_of_dsc()});
  };
  EXPECT_EQ(refusal({{"datasets", {"qtypes"}}}),
            "dataset 'qtypes': there is none of that name; did you mean 'qtype'?; write it as a "
            "whole line");
  EXPECT_THAT(refusal({{"datasets", {"a dns A:null B:qtipe any"}}}),
              HasSubstr("did you mean 'qtype'"));
  EXPECT_THAT(refusal({{"datasets", {"a dns A:null B:qtype querys-only"}}}),
              HasSubstr("there is no filter 'querys-only'; did you mean 'queries-only'?"));
  EXPECT_THAT(refusal({{"datasets", {"a dns A:null B:qtype any max-cells=x"}}}),
              HasSubstr("neither min-count=NUMBER nor max-cells=NUMBER"));
  EXPECT_THAT(refusal({{"datasets", {"qtype", "qtype"}}}), HasSubstr("another one of that name"));
  EXPECT_THAT(refusal({{"qname_filters", {"x ("}}}), HasSubstr("the expression of 'x (' is wrong"));
  EXPECT_THAT(refusal({{"datasets", {"p dns A:null B:dns_source_port any"}},
                       {"compat", {"exact"}},
                       {"partial", {"true"}}}),
              HasSubstr("depends on the order"));
  EXPECT_THAT(testing::declare_error(dsc_operator(), {}, {{{"name", Type::str}}}),
              HasSubstr("is none that it counts"));
}

// Traffic of some clients and names, a minute and a half of it.
std::vector<TextRow> traffic(unsigned from, unsigned rows) {
  static const char* names[] = {"www.example.com",    "example.net",   "xn--a.example.org", ".",
                                "a.root-servers.net", "host.nosuchtld"};
  std::vector<TextRow> all;
  for (unsigned i = from; i < from + rows; ++i)
    all.push_back(message({{"time", fmt::format("{}s", i / 4)},
                           {"client", fmt::format("192.0.{}.{}", i * i % 5, i * 7 % 250)},
                           {"qname", names[i * 5 % 6]},
                           {"qtype", i % 3 == 0   ? "28"
                                     : i % 7 == 0 ? "300"
                                                  : "1"},
                           {"qr", i % 2 == 0 ? "false" : "true"},
                           {"rcode", i % 5 == 0 ? "3" : "0"},
                           {"client_port", std::to_string(1000 + i * 97 % 5000)},
                           {"size", std::to_string(40 + i % 300)}}));
  return all;
}

TEST(Dsc, GoesOnFromACheckpoint) {
  for (const char* compat : {"correct", "exact"}) {
    TextOptions options = {{"datasets",
                            {"default", "qname dns All:null Qname:qname any",
                             "port dns All:null Port:dns_source_port any"}},
                           {"compat", {compat}}};
    testing::check_resumes(
        [&] {
          return std::make_unique<TaskHarness>(dsc_operator(), options, message_fields_of_dsc());
        },
        {testing::rows(traffic(0, 100)), testing::rows(traffic(100, 150)),
         testing::until(65 * ns_per_s), testing::rows(traffic(250, 200))});
  }
}

// The results of parts, added up, at any number of tasks that count them, are those of one.
TEST(Dsc, AddsUpTheParts) {
  TextOptions options = {
      {"datasets", {"default", "qname dns All:null Qname:qname any max-cells=3"}}};
  TaskHarness alone(dsc_operator(), options, message_fields_of_dsc());
  for (unsigned from : {0U, 200U}) alone.feed(traffic(from, 200));
  alone.finish();
  std::vector<std::string> expected = alone.take(1);
  ASSERT_FALSE(expected.empty());

  TextOptions parts = options;
  parts["partial"] = {"true"};
  for (std::uint32_t tasks : {1U, 2U, 4U}) {
    std::vector<std::unique_ptr<TaskHarness>> counting;
    TaskHarness whole(
        dsc_operator(), options,
        std::vector<std::vector<Field>>{
            Declaration(testing::declare(dsc_operator(), parts, {message_fields_of_dsc()}).value())
                .outputs[0]
                .fields});
    for (std::uint32_t t = 0; t < tasks; ++t)
      counting.push_back(
          std::make_unique<TaskHarness>(dsc_operator(), parts, message_fields_of_dsc()));
    std::vector<TextRow> rows = traffic(0, 400);
    for (std::size_t i = 0; i < rows.size(); ++i) counting[i * i % tasks]->feed({rows[i]});
    for (auto& task : counting) {
      task->finish();
      // The parts have fields that the sum does not read.
      const Schema& read = *whole.input_schema();
      for (const auto& [batch, selection] : task->take_batches(0)) {
        BatchBuilder builder(whole.input_schema());
        const Schema& schema = batch->schema();
        for (RowView row : Rows(*batch, selection.get())) {
          RowWriter writer = builder.add_row();
          writer.set(read.ref<TimeNs>("window"), row.get(schema.ref<TimeNs>("window")));
          for (const char* name : {"dataset", "key1", "key2"})
            writer.set_str(read.ref<Str>(name), row.get(schema.ref<Str>(name)));
          writer.set(read.ref<std::uint64_t>("count"), row.get(schema.ref<std::uint64_t>("count")));
        }
        whole.send(builder.seal());
      }
    }
    whole.finish();
    EXPECT_EQ(whole.take(1), expected) << tasks;
  }
}

// Parts are counted by other numbers of tasks after each step: their sum stays.
TEST(Dsc, PartsMoveToOtherNumbersOfTasks) {
  TextOptions parts = {{"partial", {"true"}}};
  testing::RescaledTasks whole(dsc_operator(), parts, message_fields_of_dsc(), {});
  testing::RescaledTasks rescaled(dsc_operator(), parts, message_fields_of_dsc(), {});
  std::map<std::string, std::uint64_t> expected, got;
  auto add_up = [](const std::vector<std::string>& rows,
                   std::map<std::string, std::uint64_t>& sums) {
    for (const std::string& row : rows) {
      std::size_t blank = row.rfind(' ');
      sums[row.substr(0, blank)] += std::stoull(row.substr(blank + 1));
    }
  };
  std::uint32_t tasks = 3;
  for (unsigned from = 0; from < 400; from += 100) {
    testing::RescaleStep step{traffic(from, 100), static_cast<TimeNs>(from / 4) * ns_per_s};
    add_up(whole.take(step), expected);
    add_up(rescaled.take(step), got);
    rescaled.rescale(tasks);
    tasks = tasks % 4 + 1;
  }
  add_up(whole.finish(), expected);
  add_up(rescaled.finish(), got);
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace dnstorm::operators
