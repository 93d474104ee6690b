#include "tests/unit/operators/resume_check.hpp"

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/top.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_resumes;
using testing::rows;
using testing::Step;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;
using testing::until;

const std::vector<Field> packets = {{"time", Type::time},
                                    {"qname", Type::str},
                                    {"qtype", Type::u16},
                                    {"client", Type::ip},
                                    {"size", Type::u32}};

// Batches of rows with a few frequent and many rare items, some of them late, and the watermarks
// between them.
std::vector<Step> traffic(std::size_t batches, std::size_t rows_each, unsigned items) {
  std::mt19937_64 dice(11);
  std::vector<Step> steps;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::vector<TextRow> list;
    for (std::size_t i = 0; i < rows_each; ++i) {
      auto item = static_cast<unsigned>(dice() % items * (dice() % items) / items);
      auto time = static_cast<TimeNs>(batch * 2 + dice() % 6) * ns_per_s;
      list.push_back({std::to_string(time),
                      fmt::format("name-{}{}", item, item % 3 == 0 ? std::string(50, 'x') : ""),
                      std::to_string(item % 7), fmt::format("192.0.2.{}", item % 250),
                      std::to_string(40 + item)});
    }
    steps.push_back(rows(list));
    steps.push_back(until(static_cast<TimeNs>(batch * 2) * ns_per_s));
  }
  return steps;
}

void check(const OperatorDef& def, const TextOptions& options, const std::vector<Step>& steps) {
  check_resumes([&] { return std::make_unique<TaskHarness>(def, options, packets); }, steps);
}

TEST(Resume, count_by_keys_of_every_form) {
  auto steps = traffic(10, 40, 100);
  check(count_operator(), {{"window", {"5s"}}}, steps);
  check(count_operator(), {{"by", {"qtype"}}, {"window", {"5s"}}, {"sums", {"size"}}}, steps);
  check(count_operator(), {{"by", {"size"}}, {"weight", {"size"}}, {"lateness", {"3s"}}}, steps);
  check(count_operator(), {{"by", {"qname", "client"}}, {"window", {"5s"}}}, steps);
  check(count_operator(), {{"by", {"qname"}}, {"window", {"0s"}}}, steps);
}

TEST(Resume, distinct_before_and_after_it_begins_to_estimate) {
  auto steps = traffic(8, 60, 200);
  check(distinct_operator(), {{"of", {"qname"}}, {"window", {"5s"}}}, steps);
  check(distinct_operator(),
        {{"of", {"qname"}}, {"by", {"qtype"}}, {"exact_below", {"8"}}, {"precision", {"6"}}},
        steps);
}

TEST(Resume, top_with_full_sketches) {
  // Two counters in each key group: what enters depends on filter and floor.
  auto steps = traffic(8, 300, 2000);
  check(top_operator(), {{"of", {"qname"}}, {"k", {"2"}}, {"capacity", {"2"}}, {"window", {"5s"}}},
        steps);
  check(top_operator(), {{"of", {"client", "qtype"}}, {"weight", {"size"}}}, steps);
}

TEST(Resume, sliding_windows) {
  auto steps = traffic(10, 60, 100);
  const TextOptions slide = {{"window", {"6s"}}, {"slide", {"2s"}}, {"lateness", {"1s"}}};
  auto with = [&](TextOptions options) {
    options.insert(slide.begin(), slide.end());
    return options;
  };
  check(count_operator(), with({{"by", {"qtype"}}, {"sums", {"size"}}}), steps);
  check(distinct_operator(), with({{"of", {"qname"}}, {"exact_below", {"8"}}}), steps);
  check(top_operator(), with({{"of", {"qname"}}, {"k", {"2"}}, {"capacity", {"2"}}}), steps);
}

TEST(Resume, sessions) {
  auto steps = traffic(10, 60, 100);
  check(count_operator(), {{"by", {"qname"}}, {"session", {"1s"}}}, steps);
  check(distinct_operator(),
        {{"of", {"client"}}, {"by", {"qtype"}}, {"session", {"1s"}}, {"exact_below", {"4"}}},
        steps);
}

TEST(Resume, windows_of_rows) {
  auto steps = traffic(10, 37, 100);
  check(count_operator(), {{"by", {"qtype"}}, {"count_window", {"50"}}}, steps);
  check(count_operator(), {{"by", {"qtype"}}, {"count_window", {"50"}}, {"count_slide", {"20"}}},
        steps);
}

TEST(Resume, merged_count) {
  const std::vector<Field> parts = {{"window", Type::time},
                                    {"window_end", Type::time},
                                    {"qname", Type::str},
                                    {"count", Type::u64},
                                    {"size_sum", Type::u64}};
  check_resumes(
      [&] {
        return std::make_unique<TaskHarness>(
            count_operator(),
            TextOptions{{"by", {"qname"}}, {"sums", {"size"}}, {"merge", {"true"}}}, parts);
      },
      {rows({{"0s", "10s", "a", "7", "100"}, {"0s", "10s", "b", "4", "90"}}),
       rows({{"10s", "20s", "b", "7", "1"}, {"0s", "10s", "b", "4", "2"}}), until(10 * ns_per_s),
       rows({{"0s", "10s", "late", "7", "1"}}), rows({{"10s", "20s", "c", "9", "0"}})});
}

TEST(Resume, merged_top) {
  const std::vector<Field> parts = {{"window", Type::time}, {"window_end", Type::time},
                                    {"rank", Type::u32},    {"qname", Type::str},
                                    {"count", Type::u64},   {"error", Type::u64}};
  check_resumes(
      [&] {
        return std::make_unique<TaskHarness>(
            top_operator(), TextOptions{{"of", {"qname"}}, {"merge", {"true"}}}, parts);
      },
      {rows({{"0s", "10s", "1", "a", "7", "1"}, {"0s", "10s", "2", "b", "4", "0"}}),
       rows({{"10s", "20s", "1", "b", "7", "1"}, {"0s", "10s", "1", "b", "4", "2"}}),
       until(10 * ns_per_s), rows({{"0s", "10s", "1", "late", "7", "1"}}),
       rows({{"10s", "20s", "1", "c", "9", "0"}})});
}

}  // namespace
}  // namespace dnstorm::operators
