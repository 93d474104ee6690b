#include "tests/unit/operators/rescale_check.hpp"

#include <random>

#include "operators/match/match.hpp"

namespace dnstorm::operators {
namespace {

using testing::RescaleStep;

const std::vector<Field> messages = {
    {"time", Type::time}, {"qr", Type::boolean},      {"client", Type::ip},
    {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
    {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},        {"size", Type::u16},
    {"txn", Type::u64}};

// Queries and responses of few transactions, out of order and often with equal times.
std::vector<RescaleStep> traffic(std::size_t steps) {
  std::mt19937_64 dice(5);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < steps; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int i = 0; i < 60; ++i) {
      auto id = std::to_string(dice() % 200);
      now.rows.push_back({fmt::format("{}s", step + dice() % 4), dice() % 2 == 0 ? "true" : "false",
                          "192.0.2.1", "198.51.100.53", "5000", "53", id, "17",
                          fmt::format("{}.example", dice() % 3), "1", "0", "100", id});
    }
    now.watermark = static_cast<TimeNs>(step) * ns_per_s;
  }
  return all;
}

TEST(Rescale, match_with_waiting_and_answered_queries) {
  testing::check_rescales(match_operator(), {{"timeout", {"3s"}}}, messages, {"txn"}, traffic(14));
}

TEST(Rescale, match_that_gives_queries_up) {
  testing::check_rescales(match_operator(), {{"timeout", {"30s"}}, {"max_open", {"128"}}}, messages,
                          {"txn"}, traffic(14));
}

TEST(Rescale, match_with_early_responses_in_little_memory) {
  testing::check_rescales(match_operator(),
                          {{"timeout", {"30s"}}, {"skew", {"2s"}}, {"memory", {"16Mi"}}}, messages,
                          {"txn"}, traffic(14));
}

}  // namespace
}  // namespace dnstorm::operators
