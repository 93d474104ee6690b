#include "operators/rssac002/rssac002.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

constexpr TimeNs day = 86'400 * ns_per_s;

const std::vector<Field> fields = {{"time", Type::time},      {"qr", Type::boolean},
                                   {"client", Type::ip},      {"server", Type::ip},
                                   {"ip_version", Type::u8},  {"transport", Type::u8},
                                   {"size", Type::u32},       {"full_rcode", Type::u16},
                                   {"label_count", Type::u8}, {"malformed", Type::boolean}};

// What of a message is not as it mostly is.
struct Message {
  std::string time = "10s";
  bool response = false;
  std::string client = "192.0.2.7";
  std::string server = "198.51.100.53";
  int transport = 17;
  int size = 40;
  int rcode = 0;
  int labels = 2;
  bool malformed = false;

  TextRow row() const {
    return {time,
            response ? "true" : "false",
            client,
            server,
            client.find(':') == std::string::npos ? "4" : "6",
            std::to_string(transport),
            std::to_string(size),
            std::to_string(rcode),
            std::to_string(labels),
            malformed ? "true" : "false"};
  }
};

TextOptions options(const TextOptions& more = {}) {
  TextOptions all = {{"service", {"a.root-servers.net"}}, {"whole_days", {"true"}}};
  for (const auto& [name, values] : more) all[name] = values;
  return all;
}

// "METRIC SECTION ITEM COUNT", without what is 0.
std::vector<std::string> lines(TaskHarness& task) {
  std::vector<std::string> out;
  for (const auto& [batch, selection] : task.take_batches(0)) {
    const Schema& schema = batch->schema();
    for (RowView row : Rows(*batch, selection.get())) {
      auto count = row.get(schema.ref<std::uint64_t>("count"));
      std::string_view section = row.get(schema.ref<Str>("section"));
      if (count != 0)
        out.push_back(fmt::format("{}{}{} {} {}", row.get(schema.ref<Str>("metric")),
                                  section.empty() ? "" : " ", section,
                                  row.get(schema.ref<Str>("item")), count));
    }
  }
  task.take(0);
  return out;
}

std::vector<std::string> count(const TextOptions& more, const std::vector<Message>& messages) {
  TaskHarness task(rssac002_operator(), options(more), fields);
  EXPECT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  for (const Message& message : messages) task.feed({message.row()});
  task.finish();
  return lines(task);
}

TEST(Rssac002, CountsTheFourDocuments) {
  EXPECT_THAT(
      count({}, {{.size = 15},
                 {.client = "192.0.2.8", .size = 16},
                 {.response = true, .size = 512, .rcode = 3},
                 {.client = "2001:db8:1::1", .transport = 6, .size = 287},
                 {.client = "2001:db8:1::2", .transport = 6, .size = 288},
                 {.client = "2001:db8:2::1", .size = 60'000},
                 {.response = true, .client = "2001:db8:3::", .transport = 6, .size = 4095},
                 {.response = true, .client = "2001:db8:3::", .size = 4096, .rcode = 16},
                 {.response = true, .transport = 6, .size = 65'535, .rcode = 4095}}),
      ElementsAre(
          "traffic-volume dns-udp-queries-received-ipv4 2",
          "traffic-volume dns-udp-queries-received-ipv6 1",
          "traffic-volume dns-tcp-queries-received-ipv6 2",
          "traffic-volume dns-udp-responses-sent-ipv4 1",
          "traffic-volume dns-udp-responses-sent-ipv6 1",
          "traffic-volume dns-tcp-responses-sent-ipv4 1",
          "traffic-volume dns-tcp-responses-sent-ipv6 1", "traffic-sizes udp-request-sizes 0-15 1",
          "traffic-sizes udp-request-sizes 16-31 1", "traffic-sizes udp-request-sizes 288- 1",
          "traffic-sizes udp-response-sizes 512-527 1", "traffic-sizes udp-response-sizes 4096- 1",
          "traffic-sizes tcp-request-sizes 272-287 1", "traffic-sizes tcp-request-sizes 288- 1",
          "traffic-sizes tcp-response-sizes 4080-4095 1",
          "traffic-sizes tcp-response-sizes 4096- 1", "rcode-volume 0 1", "rcode-volume 3 1",
          "rcode-volume 16 1", "rcode-volume 4095 1", "unique-sources num-sources-ipv4 2",
          "unique-sources num-sources-ipv6 3", "unique-sources num-sources-ipv6-aggregate 2"));
}

TEST(Rssac002, CountsLabelsOfQueriesIfAsked) {
  EXPECT_THAT(count({{"metrics", {"label-count"}}},
                    {{.labels = 0}, {.labels = 3}, {.labels = 3}, {.response = true, .labels = 9}}),
              ElementsAre("label-count 0 1", "label-count 3 2"));
}

// What the server itself asks others is none of its queries, and their answers not its responses.
TEST(Rssac002, CountsWhatGoesToAndFromTheServerOnly) {
  std::vector<Message> messages = {{},
                                   {.response = true},
                                   {.client = "198.51.100.53", .server = "203.0.113.1"},
                                   {.response = true, .server = "203.0.113.1", .rcode = 5}};
  TextOptions sources = {{"metrics", {"rcode-volume", "unique-sources"}}};
  EXPECT_THAT(count(sources, messages), ElementsAre("rcode-volume 0 1", "rcode-volume 5 1",
                                                    "unique-sources num-sources-ipv4 2"));
  sources["server_addresses"] = {"198.51.100.0/24"};
  EXPECT_THAT(count(sources, messages),
              ElementsAre("rcode-volume 0 1", "unique-sources num-sources-ipv4 1"));
}

TEST(Rssac002, SaysWhatItLeavesOut) {
  TaskHarness task(rssac002_operator(), options({{"server_addresses", {"198.51.100.53"}}}), fields);
  task.feed({Message{.malformed = true}.row(), Message{.transport = 203}.row(),
             Message{.server = "203.0.113.1"}.row(), Message{}.row()});
  EXPECT_EQ(task.counter("malformed"), 1);
  EXPECT_EQ(task.counter("other_transport"), 1);
  EXPECT_EQ(task.counter("other_server"), 1);
  EXPECT_THAT(
      count({{"malformed", {"true"}}, {"metrics", {"traffic-volume"}}}, {{.malformed = true}}),
      ElementsAre("traffic-volume dns-udp-queries-received-ipv4 1"));
}

TEST(Rssac002, ADayIsOneOfUtc) {
  TaskHarness task(rssac002_operator(),
                   options({{"metrics", {"unique-sources"}}, {"version", {"3"}}}), fields);
  task.feed({Message{.time = "86399.9s"}.row(), Message{.time = "86400s"}.row(),
             Message{.time = "86401s", .client = "192.0.2.8"}.row()});
  task.watermark(day);
  EXPECT_THAT(task.take(),
              ElementsAre("0s 86400s 0s 86400s rssac002v3 a.root-servers.net unique-sources  "
                          "num-sources-ipv4 1 0",
                          "0s 86400s 0s 86400s rssac002v3 a.root-servers.net unique-sources  "
                          "num-sources-ipv6 0 0",
                          "0s 86400s 0s 86400s rssac002v3 a.root-servers.net unique-sources  "
                          "num-sources-ipv6-aggregate 0 0"));
  task.take_batches(0);
  task.feed({Message{.time = "86399.9s"}.row()});
  EXPECT_EQ(task.counter("late_rows"), 1);
  task.finish();
  EXPECT_THAT(lines(task), ElementsAre("unique-sources num-sources-ipv4 2"));
}

// "FROM UNTIL COUNT" of the queries.
std::vector<std::string> spans(TaskHarness& task) {
  std::vector<std::string> out;
  for (const auto& [batch, selection] : task.take_batches(0)) {
    const Schema& schema = batch->schema();
    for (RowView row : Rows(*batch, selection.get()))
      if (row.get(schema.ref<Str>("item")) == "dns-udp-queries-received-ipv4")
        out.push_back(fmt::format("{} {} {}", row.get(schema.ref<TimeNs>("from")) / ns_per_s,
                                  row.get(schema.ref<TimeNs>("until")) / ns_per_s,
                                  row.get(schema.ref<std::uint64_t>("count"))));
  }
  return out;
}

TEST(Rssac002, SaysWhatOfADayItHasSeen) {
  TaskHarness task(rssac002_operator(), options({{"whole_days", {"false"}}, {"every", {"6h"}}}),
                   fields);
  auto at = [&](int seconds) {
    task.feed({Message{.time = fmt::format("{}s", seconds)}.row()});
    task.watermark(seconds * ns_per_s);
    return spans(task);
  };
  task.feed({Message{.time = "19001s"}.row(), Message{.time = "19000s"}.row()});
  EXPECT_THAT(at(20'000), IsEmpty());
  EXPECT_THAT(at(22'000), ElementsAre("19000 21600 4"));
  EXPECT_THAT(at(22'100), IsEmpty());
  EXPECT_THAT(at(50'000), ElementsAre("19000 43200 6"));
  EXPECT_THAT(at(87'000), ElementsAre("19000 86400 6"));
  EXPECT_THAT(at(172'800), ElementsAre("86400 172800 1"));
  EXPECT_THAT(at(172'900), IsEmpty());
  task.finish();
  EXPECT_THAT(spans(task), ElementsAre("172800 172900 2"));
}

TEST(Rssac002, EstimatesIfAsked) {
  std::vector<Message> messages;
  for (int i = 0; i < 2000; ++i)
    messages.push_back({.client = fmt::format("192.0.{}.{}", i / 250, i % 250)});
  TextOptions estimated = {
      {"metrics", {"unique-sources"}}, {"sources", {"estimated"}}, {"precision", {"14"}}};
  TaskHarness task(rssac002_operator(), options(estimated), fields);
  for (const Message& message : messages) task.feed({message.row()});
  task.finish();
  auto batches = task.take_batches(0);
  RowView row = Rows(*batches[0].first)[0];
  const Schema& schema = batches[0].first->schema();
  EXPECT_NEAR(static_cast<double>(row.get(schema.ref<std::uint64_t>("count"))), 2000, 60);
  EXPECT_NEAR(row.get(schema.ref<double>("error")), 0.0081, 0.0001);
  estimated["sources"] = {"exact"};
  EXPECT_THAT(count(estimated, messages), ElementsAre("unique-sources num-sources-ipv4 2000"));
}

// Two days and a half of traffic.
std::vector<TextRow> traffic(int from, int rows) {
  std::vector<TextRow> all;
  for (int i = from; i < from + rows; ++i)
    all.push_back(Message{.time = fmt::format("{}s", i * 400),
                          .response = i % 3 == 0,
                          .client = i % 4 == 0 ? fmt::format("2001:db8:{}::{}", i % 7, i * 5 % 90)
                                               : fmt::format("192.0.2.{}", i * i % 200),
                          .transport = i % 5 == 0 ? 6 : 17,
                          .size = 20 + i * 13 % 600,
                          .rcode = i % 6 == 0 ? 3 : 0}
                      .row());
  return all;
}

const std::vector<TextOptions> kinds_of_sources = {
    {}, {{"exact_max", {"60"}}, {"precision", {"8"}}}, {{"sources", {"estimated"}}}};

TEST(Rssac002, GoesOnFromACheckpoint) {
  for (TextOptions more : kinds_of_sources) {
    more["every"] = {"6h"};
    more["whole_days"] = {"false"};
    testing::check_resumes(
        [&] { return std::make_unique<TaskHarness>(rssac002_operator(), options(more), fields); },
        {testing::rows(traffic(10, 200)), testing::until(70'000 * ns_per_s),
         testing::rows(traffic(210, 200)), testing::until(100'000 * ns_per_s),
         testing::rows(traffic(410, 130))});
  }
}

std::vector<Field> piece_fields() {
  return testing::declare(rssac002_operator(), {{"partial", {"true"}}}, {fields})
      .value()
      .outputs[0]
      .fields;
}

// Hands the pieces of a task to the one that makes days of them.
void pass_on(TaskHarness& from, TaskHarness& to) {
  for (const auto& [batch, selection] : from.take_batches(0)) {
    const Schema& schema = batch->schema();
    const Schema& read = *to.input_schema();
    BatchBuilder builder(to.input_schema());
    for (RowView row : Rows(*batch, selection.get())) {
      RowWriter writer = builder.add_row();
      writer.set(read.ref<TimeNs>("window"), row.get(schema.ref<TimeNs>("window")));
      writer.set_bytes(read.ref<Bytes>("pieces"), row.get(schema.ref<Bytes>("pieces")));
    }
    to.send(builder.seal());
  }
}

TEST(Rssac002, AddsUpTheParts) {
  for (const TextOptions& more : kinds_of_sources) {
    TaskHarness alone(rssac002_operator(), options(more), fields);
    alone.feed(traffic(0, 540));
    alone.finish();
    std::vector<std::string> expected = alone.take();
    ASSERT_GT(expected.size(), 100U);
    for (const char* every : {"0s", "1h"})
      for (std::size_t tasks : {1U, 2U, 4U}) {
        TextOptions parts = more;
        parts["partial"] = {"true"};
        parts["every"] = {every};
        TaskHarness whole(rssac002_operator(), options(more), piece_fields());
        std::vector<std::unique_ptr<TaskHarness>> counting;
        for (std::size_t t = 0; t < tasks; ++t)
          counting.push_back(std::make_unique<TaskHarness>(rssac002_operator(), parts, fields));
        std::vector<TextRow> rows = traffic(0, 540);
        for (std::size_t i = 0; i < rows.size(); ++i) counting[i * i % tasks]->feed({rows[i]});
        for (auto& task : counting) {
          task->finish();
          pass_on(*task, whole);
        }
        whole.finish();
        EXPECT_EQ(whole.take(), expected) << tasks << " tasks, every " << every;
      }
  }
}

// Parts are counted by other numbers of tasks after each step: the days stay.
TEST(Rssac002, PartsMoveToOtherNumbersOfTasks) {
  for (const TextOptions& more : kinds_of_sources) {
    TaskHarness alone(rssac002_operator(), options(more), fields);
    TaskHarness whole(rssac002_operator(), options(more), piece_fields());
    TextOptions parts = more;
    parts["partial"] = {"true"};
    std::vector<std::unique_ptr<TaskHarness>> counting;
    auto start = [&](std::uint32_t tasks) {
      counting.clear();
      for (std::uint32_t t = 0; t < tasks; ++t)
        counting.push_back(std::make_unique<TaskHarness>(rssac002_operator(), parts, fields));
    };
    auto rescale = [&](std::uint32_t tasks) {
      std::vector<std::string> states;
      testing::divide_states(counting, tasks, states);
      ASSERT_EQ(states.size(), tasks);
      start(tasks);
      for (std::uint32_t t = 0; t < tasks; ++t) ASSERT_TRUE(counting[t]->restore(states[t]).ok());
    };
    start(2);
    for (int step = 0; step < 5; ++step) {
      std::vector<TextRow> rows = traffic(step * 100, 100);
      alone.feed(rows);
      for (std::size_t i = 0; i < rows.size(); ++i) counting[i % counting.size()]->feed({rows[i]});
      TimeNs now = step * 100 * 400 * ns_per_s;
      alone.watermark(now);
      for (auto& task : counting) {
        task->watermark(now);
        pass_on(*task, whole);
      }
      whole.watermark(now);
      rescale(static_cast<std::uint32_t>(step % 3 + 1));
    }
    alone.finish();
    for (auto& task : counting) {
      task->finish();
      pass_on(*task, whole);
    }
    whole.finish();
    EXPECT_EQ(whole.take(), alone.take());
  }
}

TEST(Rssac002, PartsHaveWhatAnyDocumentNeeds) {
  TaskHarness part(rssac002_operator(), {{"partial", {"true"}}, {"metrics", {"rcode-volume"}}},
                   fields);
  part.feed({Message{.labels = 3}.row()});
  part.finish();
  TaskHarness whole(rssac002_operator(), options({{"metrics", {"unique-sources", "label-count"}}}),
                    piece_fields());
  pass_on(part, whole);
  whole.finish();
  EXPECT_THAT(lines(whole), ElementsAre("unique-sources num-sources-ipv4 1", "label-count 3 1"));
}

TEST(Rssac002, PartsOfAnotherPrecisionAreNoNumbers) {
  TaskHarness part(rssac002_operator(),
                   {{"partial", {"true"}}, {"sources", {"estimated"}}, {"precision", {"12"}}},
                   fields);
  part.feed({Message{}.row()});
  part.finish();
  TaskHarness whole(rssac002_operator(), options({{"sources", {"estimated"}}}), piece_fields());
  pass_on(part, whole);
  TaskHarness resumed(rssac002_operator(), options({{"sources", {"estimated"}}}), piece_fields());
  ASSERT_TRUE(resumed.restore(whole.save()).ok());
  for (TaskHarness* task : {&whole, &resumed}) {
    auto result = task->try_finish();
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().what, HasSubstr("another `precision`"));
    EXPECT_THAT(task->take(), IsEmpty());
  }
}

TEST(Rssac002, RefusesWhatCannotBe) {
  auto refusal = [](const TextOptions& more) {
    return declare_error(rssac002_operator(), options(more), {fields});
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_THAT(refusal({{"service", {""}}}), HasSubstr("'service' is missing"));
  EXPECT_THAT(refusal({{"service", {"../x"}}}), HasSubstr("is no name"));
  EXPECT_THAT(refusal({{"metrics", {"zone-size"}}}), HasSubstr("label-count, not 'zone-size'"));
  EXPECT_THAT(refusal({{"server_addresses", {"x"}}}), HasSubstr("'x' is no network"));
  EXPECT_THAT(refusal({{"every", {"7h"}}}), HasSubstr("no multiple of 7h"));
  EXPECT_THAT(declare_error(rssac002_operator(), options(), {{{"time", Type::time}}}),
              HasSubstr("messages of decode are wanted"));
}

}  // namespace
}  // namespace dnstorm::operators
