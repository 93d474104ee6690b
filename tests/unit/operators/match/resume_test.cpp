#include "tests/unit/operators/resume_check.hpp"

#include "operators/match/match.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_resumes;
using testing::rows;
using testing::Step;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;
using testing::until;

const std::vector<Field> messages = {
    {"time", Type::time}, {"qr", Type::boolean},      {"client", Type::ip},
    {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
    {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},        {"size", Type::u16},
    {"txn", Type::u64}};

// Queries and responses of few transactions in two key groups, out of order and often with equal
// times: deadlines go through the heap, numbers are used again.
std::vector<Step> traffic(std::size_t batches) {
  std::mt19937_64 dice(5);
  std::vector<Step> steps;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    std::vector<TextRow> list;
    for (int i = 0; i < 60; ++i) {
      auto seconds = batch + dice() % 4;
      auto id = std::to_string(dice() % 40);
      list.push_back({fmt::format("{}s", seconds), dice() % 2 == 0 ? "true" : "false", "192.0.2.1",
                      "198.51.100.53", "5000", "53", id, "17",
                      fmt::format("{}.example", dice() % 3), "1", "0", "100", id});
    }
    steps.push_back(rows(list));
    steps.push_back(until(static_cast<TimeNs>(batch) * ns_per_s));
  }
  return steps;
}

void check(const TextOptions& options, const std::vector<Step>& steps) {
  check_resumes([&] { return std::make_unique<TaskHarness>(match_operator(), options, messages); },
                steps);
}

TEST(Resume, match_with_waiting_and_answered_queries) { check({{"timeout", {"3s"}}}, traffic(14)); }

TEST(Resume, match_that_gives_queries_up) {
  check({{"timeout", {"30s"}}, {"max_open", {"256"}}}, traffic(14));
}

TEST(Resume, match_without_names) {
  testing::HarnessSettings brief = {.read_outputs = {"time", "latency_us", "status"}};
  check_resumes(
      [&] {
        return std::make_unique<TaskHarness>(match_operator(), TextOptions{}, messages, brief);
      },
      traffic(10));
}

TEST(Resume, match_with_early_responses_in_little_memory) {
  check({{"timeout", {"30s"}}, {"skew", {"2s"}}, {"memory", {"16Mi"}}}, traffic(14));
}

}  // namespace
}  // namespace dnstorm::operators
