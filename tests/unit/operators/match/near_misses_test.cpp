#include "operators/match/near_misses.hpp"

#include <random>

#include "operators/match/match.hpp"
#include "operators/match/near_miss_table.hpp"
#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> messages = {
    {"time", Type::time}, {"qr", Type::boolean},      {"client", Type::ip},
    {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
    {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},        {"size", Type::u16},
    {"txn", Type::u64}};

const std::vector<Field>& outcomes() {
  static const std::vector<Field> fields =
      declare(match_operator(), {}, {messages}).value().outputs[0].fields;
  return fields;
}

struct Message {
  std::string time;
  bool response = false;
  std::string id = "7";
  std::string client_port = "5000";
  std::string server_port = "53";
  std::string name = "example.com";
  std::string client = "192.0.2.1";
};

TextRow row(const Message& m) {
  std::uint64_t txn = hash_bytes(m.client + m.id + "/" + m.client_port + "/" + m.server_port);
  return {m.time,
          m.response ? "true" : "false",
          m.client,
          "198.51.100.53",
          m.client_port,
          m.server_port,
          m.id,
          "17",
          m.name,
          "1",
          "0",
          "100",
          std::to_string(txn)};
}

const testing::HarnessSettings brief = {
    .read_outputs = {"time", "query_time", "difference", "client_port", "server_port", "id",
                     "got_client_port", "got_server_port", "got_id", "qname", "got_qname"}};

// match and near_misses, one behind the other, each with as many tasks.
class Chain {
 public:
  explicit Chain(std::uint32_t tasks = 1, const TextOptions& options = {}) {
    for (std::uint32_t t = 0; t < tasks; ++t) {
      matches_.push_back(std::make_unique<TaskHarness>(match_operator(), TextOptions{}, messages));
      nears_.push_back(
          std::make_unique<TaskHarness>(near_misses_operator(), options, outcomes(), brief));
    }
  }
  void feed(const std::vector<Message>& list, TimeNs watermark = time_min) {
    deal(matches_, "txn", batch_of(list));
    pass_on();
    for (auto& task : matches_) task->watermark(watermark);
    pass_on();
    for (auto& task : nears_) task->watermark(watermark);
  }
  std::vector<std::string> take() {
    std::vector<std::string> all;
    for (auto& task : nears_)
      for (std::string& text : task->take()) all.push_back(std::move(text));
    return all;
  }
  std::vector<std::string> finish() {
    feed({}, time_max);
    std::uint64_t stray = sum(matches_, "unsolicited") + sum(matches_, "mismatched");
    EXPECT_EQ(sum(nears_, "responses"), stray);
    EXPECT_EQ(sum(nears_, "unsolicited") + sum(nears_, "other_id") +
                  sum(nears_, "other_client_port") + sum(nears_, "other_server_port") +
                  sum(nears_, "other_question"),
              stray);
    return take();
  }
  std::uint64_t count(const char* counter) { return sum(nears_, counter); }

 private:
  using Tasks = std::vector<std::unique_ptr<TaskHarness>>;
  static std::uint64_t sum(const Tasks& tasks, const char* counter) {
    std::uint64_t total = 0;
    for (const auto& task : tasks) total += task->counter(counter);
    return total;
  }
  BatchPtr batch_of(const std::vector<Message>& list) {
    BatchBuilder builder(matches_[0]->input_schema());
    for (const Message& message : list) matches_[0]->write_row(builder.add_row(), row(message), 0);
    return builder.seal();
  }
  static void deal(Tasks& tasks, const char* by, const BatchPtr& batch) {
    KeyReader reader(batch->schema(), {by});
    std::vector<Selection> shares(tasks.size());
    for (std::uint32_t i = 0; i < batch->row_count(); ++i) {
      std::uint32_t group = key_group(reader.hash(Rows(*batch)[i]));
      shares[task_of_group(group, static_cast<std::uint32_t>(tasks.size()))].push_back(
          static_cast<std::uint16_t>(i));
    }
    for (std::size_t t = 0; t < tasks.size(); ++t)
      if (!shares[t].empty())
        tasks[t]->send(batch, std::make_shared<const Selection>(std::move(shares[t])));
  }
  void pass_on() {
    for (auto& task : matches_)
      for (auto& [batch, selection] : task->take_batches()) {
        // The schemas of the two differ in what is pruned: none is here.
        std::vector<TextRow> rows;
        BatchBuilder builder(nears_[0]->input_schema());
        for (RowView view : Rows(*batch, selection.get())) {
          TextRow cells;
          for (std::size_t i = 0; i < batch->schema().size(); ++i)
            cells.push_back(
                testing::cell_text(view, batch->schema().field(i).type, batch->schema().offset(i)));
          for (std::string& cell : cells)
            if (cell.size() > 2 && cell.ends_with("ns")) cell.resize(cell.size() - 2);
          nears_[0]->write_row(builder.add_row(), cells, 0);
        }
        if (!builder.empty()) deal(nears_, "exchange", builder.seal());
      }
    for (auto& task : matches_) task->take();
  }
  Tasks matches_, nears_;
};

TEST(NearMisses, say_what_differs) {
  Chain chain;
  chain.feed({{"1s"},
              {.time = "2s", .response = true, .id = "8"},
              {.time = "2s", .response = true, .client_port = "5001"},
              {.time = "2s", .response = true, .server_port = "54"},
              {.time = "2s", .response = true, .name = "example.org"},
              {.time = "3s", .response = true}});
  auto rows = chain.finish();
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(rows, ElementsAre("2s 1s 4 5000 53 7 example.com 5000 53 7 example.org",
                                "3s 1s 1 5000 53 7 example.com 5000 53 8 example.com",
                                "3s 1s 2 5000 53 7 example.com 5001 53 7 example.com",
                                "3s 1s 3 5000 53 7 example.com 5000 54 7 example.com"));
}

TEST(NearMisses, two_differences_or_another_client_are_not_near) {
  Chain chain;
  chain.feed({{"1s"},
              {.time = "2s", .response = true, .id = "8", .client_port = "5001"},
              {.time = "2s", .response = true, .id = "8", .name = "example.org"},
              {.time = "2s", .response = true, .client = "192.0.2.2"}});
  for (const std::string& text : chain.finish()) EXPECT_THAT(text, HasSubstr("7s 0s 0 "));
  EXPECT_EQ(chain.count("unsolicited"), 3U);
}

TEST(NearMisses, only_while_the_query_waits) {
  Chain chain;
  chain.feed({{.time = "1s", .response = true, .id = "8"},
              {"2s"},
              {.time = "3s", .response = true},
              {.time = "4s", .response = true, .id = "8"},
              // Is never answered.
              {.time = "5s", .id = "9"},
              {.time = "9s", .response = true, .id = "8"},
              {.time = "10s", .response = true, .id = "8"}});
  auto rows = chain.finish();
  std::sort(rows.begin(), rows.end());
  EXPECT_THAT(rows, ElementsAre(HasSubstr("10s 5s 1 5000 53 9"), HasSubstr("15s 0s 0 "),
                                HasSubstr("6s 0s 0 "), HasSubstr("9s 0s 0 ")));
}

// Short transactions of few clients, so that much is near.
std::vector<Message> traffic(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<Message> list;
  for (std::size_t i = 0; i < count; ++i) {
    Message m;
    m.time = std::to_string(i * 10'000'000 + dice() % 200'000'000);
    m.response = dice() % 2 == 0;
    m.id = std::to_string(dice() % 6);
    m.client_port = std::to_string(5000 + dice() % 3);
    m.server_port = std::to_string(53 + dice() % 2);
    m.name = fmt::format("n{}.example", dice() % 4);
    m.client = fmt::format("192.0.2.{}", dice() % 4);
    list.push_back(m);
  }
  return list;
}

TEST(NearMisses, any_number_of_tasks_gives_the_same_rows_in_the_same_order) {
  auto run = [](std::uint32_t tasks) {
    Chain chain(tasks);
    std::vector<std::string> all;
    auto list = traffic(6000, 4);
    for (std::size_t from = 0; from < list.size(); from += 300) {
      std::vector<Message> part(list.begin() + static_cast<std::ptrdiff_t>(from),
                                list.begin() + static_cast<std::ptrdiff_t>(from) + 300);
      chain.feed(part, static_cast<TimeNs>(from) * 10'000'000);
      for (std::string& text : chain.take()) all.push_back(std::move(text));
    }
    for (std::string& text : chain.finish()) all.push_back(std::move(text));
    EXPECT_GT(chain.count("other_id"), 100U);
    EXPECT_GT(chain.count("other_client_port"), 100U);
    EXPECT_GT(chain.count("other_server_port"), 50U);
    EXPECT_GT(chain.count("other_question"), 100U);
    return all;
  };
  auto alone = run(1);
  EXPECT_EQ(run(2), alone);
  EXPECT_EQ(run(4), alone);
}

// Outcomes as match gives them, made up; what is near is searched in the plain list.
TextRow outcome(const std::string& time, const std::string& query_time, int status,
                const std::string& exchange, const std::string& id, const std::string& port) {
  return {time,
          query_time,
          exchange,
          "0",
          "0",
          std::to_string(status),
          "192.0.2.1",
          "198.51.100.53",
          port,
          "53",
          id,
          "17",
          "example.com",
          "1",
          "",
          "0",
          "3",
          "40",
          "100",
          "false"};
}

std::vector<testing::RescaleStep> outcome_steps(std::size_t count) {
  std::mt19937_64 dice(9);
  std::vector<testing::RescaleStep> steps;
  for (std::size_t step = 0; step < count; ++step) {
    auto& now = steps.emplace_back();
    for (int i = 0; i < 40; ++i) {
      auto at = step + dice() % 3;
      auto port = std::to_string(5000 + dice() % 3);
      auto id = std::to_string(dice() % 4);
      auto exchange = std::to_string(dice() % 5);
      int status = static_cast<int>(dice() % 6);
      auto end = status == 2 ? at : at + dice() % 3;
      now.rows.push_back(
          outcome(fmt::format("{}s", end), fmt::format("{}s", at), status, exchange, id, port));
    }
    now.watermark = static_cast<TimeNs>(step) * ns_per_s;
  }
  return steps;
}

TEST(NearMisses, go_on_from_a_checkpoint_with_any_number_of_tasks) {
  testing::check_rescales(near_misses_operator(), {{"timeout", {"3s"}}}, outcomes(), {"exchange"},
                          outcome_steps(12));
}

TEST(NearMisses, go_on_from_a_checkpoint_and_survive_damaged_ones) {
  std::vector<testing::Step> steps;
  for (const auto& step : outcome_steps(8)) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(near_misses_operator(),
                                             TextOptions{{"timeout", {"3s"}}}, outcomes(), brief);
      },
      steps);
}

TEST(NearMisses, memory_is_bounded_and_what_is_pushed_out_counted) {
  NearMissTable table(5 * ns_per_s, 100'000);
  std::uint64_t given = 0;
  auto count = [&](const StrayResponse&) { ++given; };
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    StrayResponse stray;
    stray.response.time = i;
    stray.response.id = static_cast<std::uint16_t>(i);
    stray.name = "example.com";
    table.add_response(stray);
    OpenQuery query;
    query.time = i;
    table.add_query(query, i + 5 * ns_per_s);
    ASSERT_LE(table.bytes(), 100'000U);
    table.take_pushed_out(count);
  }
  EXPECT_GT(table.given_up(), 10'000U);
  EXPECT_EQ(table.given_up(), given);
  table.advance(time_max, count);
  EXPECT_EQ(given, 20'000U);
  EXPECT_EQ(table.bytes(), 0U);
  EXPECT_TRUE(table.idle());
}

TEST(NearMisses, read_the_results_of_match_only) {
  EXPECT_THAT(testing::declare_error(near_misses_operator(), {}, {messages}),
              HasSubstr("has no field 'status'"));
  auto declaration = declare(near_misses_operator(), {}, {outcomes()}).value();
  EXPECT_THAT(declaration.partition_by, ElementsAre("exchange"));
  EXPECT_TRUE(declaration.partition_exact);
}

}  // namespace
}  // namespace dnstorm::operators
