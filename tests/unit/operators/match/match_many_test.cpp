// Much random traffic through match: any number of tasks, and a plain search that agrees.
#include <algorithm>
#include <random>

#include "tests/unit/operators/match/match_messages.hpp"

namespace dnstorm::operators {
namespace {

using testing::brief;
using testing::Message;
using testing::messages;
using testing::row;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

// Random traffic with losses, repetitions, duplicates and disorder, over many transactions.
std::vector<TextRow> random_traffic(std::size_t count) {
  std::mt19937_64 random(1987);
  std::vector<std::pair<TimeNs, Message>> list;
  TimeNs now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<TimeNs>(random() % 2'000'000);
    Message query;
    query.client = fmt::format("10.0.{}.{}", random() % 4, random() % 250);
    query.client_port = std::to_string(1024 + random() % 50);
    query.id = std::to_string(random() % 16);
    query.name = fmt::format("n{}.example", random() % 100);
    query.txn = std::to_string(hash_bytes(query.client + query.client_port + query.id));
    list.emplace_back(now, query);
    query.response = true;
    if (random() % 10 != 0)
      list.emplace_back(now + static_cast<TimeNs>(random() % 6'000'000'000), query);
    if (random() % 20 == 0)
      list.emplace_back(now + static_cast<TimeNs>(random() % 6'000'000'000), query);
  }
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.first / 10'000'000 < b.first / 10'000'000;
  });
  std::vector<TextRow> rows;
  for (auto& [time, message] : list) {
    message.time = std::to_string(time);
    rows.push_back(row(message));
  }
  return rows;
}

struct Outcome {
  std::vector<std::string> rows;
  std::map<std::string, std::uint64_t> counters;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// `tasks` tasks behind a fields grouping on txn; what they emit for one batch stands task after
// task.
Outcome run_with(std::uint32_t tasks, const std::vector<TextRow>& rows,
                 const TextOptions& options) {
  std::vector<std::unique_ptr<TaskHarness>> all;
  for (std::uint32_t i = 0; i < tasks; ++i)
    all.push_back(std::make_unique<TaskHarness>(match_operator(), options, messages, brief));
  Outcome outcome;
  auto collect = [&] {
    for (auto& task : all)
      for (std::string& text : task->take()) outcome.rows.push_back(std::move(text));
  };
  KeyReader txn(*all[0]->input_schema(), {"txn"});
  for (std::size_t from = 0; from < rows.size(); from += 500) {
    std::size_t to = std::min(rows.size(), from + 500);
    std::vector<std::vector<TextRow>> shares(tasks);
    for (std::size_t i = from; i < to; ++i) {
      // What KeyReader::hash() makes of a number.
      std::uint64_t hash = hash_number(std::stoull(rows[i].back()) + 0x9e3779b97f4a7c15ULL);
      shares[task_of_group(key_group(hash), tasks)].push_back(rows[i]);
    }
    for (std::uint32_t i = 0; i < tasks; ++i) all[i]->feed(shares[i]);
    collect();
    TimeNs now = std::stoll(rows[to - 1][0]) - 20'000'000;
    for (auto& task : all) task->watermark(now);
    collect();
  }
  for (auto& task : all) task->finish();
  collect();
  for (auto& task : all)
    for (const NamedValue& value : task->counters.values())
      outcome.counters[value.name] += value.value;
  return outcome;
}

TEST(Match, any_number_of_tasks_gives_the_same_rows_in_the_same_order) {
  auto rows = random_traffic(20'000);
  for (const TextOptions& options :
       {TextOptions{}, TextOptions{{"max_open", {"1000"}}}, TextOptions{{"skew", {"10ms"}}}}) {
    bool limited = options.count("max_open") != 0;
    Outcome alone = run_with(1, rows, options);
    EXPECT_EQ(run_with(2, rows, options), alone);
    EXPECT_EQ(run_with(4, rows, options), alone);
    auto& n = alone.counters;
    EXPECT_EQ(n["queries"], n["retransmissions"] + n["answered"] + n["unanswered"] + n["given_up"]);
    EXPECT_EQ(n["responses"], n["answered"] + n["duplicates"] + n["unsolicited"] + n["mismatched"]);
    EXPECT_EQ(n["queries"], 20'000U);
    EXPECT_EQ(alone.rows.size(), n["answered"] + n["unanswered"] + n["given_up"] + n["duplicates"] +
                                     n["unsolicited"] + n["mismatched"]);
    EXPECT_GT(n["duplicates"], 0U);
    EXPECT_GT(n["answered"], limited ? 1'000U : 10'000U);
    EXPECT_EQ(n["given_up"] > 0, limited);
  }
}

// The obvious way to do it: a list that is searched from the start.
TEST(Match, agrees_with_a_plain_search) {
  auto rows = random_traffic(3'000);
  struct Query {
    TextRow row;
    TimeNs time;
    bool answered = false;
  };
  std::vector<Query> list;
  std::uint64_t answered = 0, duplicates = 0, mismatched = 0, unsolicited = 0, retransmissions = 0;
  auto same_transaction = [](const TextRow& a, const TextRow& b) {
    return a[2] == b[2] && a[4] == b[4] && a[6] == b[6];
  };
  for (const TextRow& r : rows) {
    TimeNs time = std::stoll(r[0]);
    Query* waiting = nullptr;
    Query* done = nullptr;
    bool near = false;
    for (Query& query : list) {
      if (!same_transaction(query.row, r) || time >= query.time + 5 * ns_per_s) continue;
      near = near || !query.answered;
      if (query.row[8] != r[8]) continue;
      Query*& found = query.answered ? done : waiting;
      if (found == nullptr) found = &query;
    }
    if (r[1] == "false") {
      if (waiting != nullptr)
        ++retransmissions;
      else
        list.push_back({r, time});
    } else if (waiting != nullptr) {
      waiting->answered = true;
      ++answered;
    } else {
      ++(done != nullptr ? duplicates : near ? mismatched : unsolicited);
    }
  }
  Outcome outcome = run_with(1, rows, {});
  EXPECT_EQ(outcome.counters["answered"], answered);
  EXPECT_EQ(outcome.counters["duplicates"], duplicates);
  EXPECT_EQ(outcome.counters["mismatched"], mismatched);
  EXPECT_EQ(outcome.counters["unsolicited"], unsolicited);
  EXPECT_EQ(outcome.counters["retransmissions"], retransmissions);
}

}  // namespace
}  // namespace dnstorm::operators
