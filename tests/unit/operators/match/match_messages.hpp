// Messages for the tests of match, and a task that checks at its end that all are accounted for.
#pragma once

#include <string>
#include <vector>

#include "operators/match/match.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

inline const std::vector<Field> messages = {
    {"time", Type::time}, {"qr", Type::boolean},      {"client", Type::ip},
    {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
    {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},        {"size", Type::u16},
    {"txn", Type::u64}};

struct Message {
  std::string time;
  bool response = false;
  std::string name = "example.com";
  std::string type = "1";
  std::string id = "7";
  std::string client = "192.0.2.1";
  std::string client_port = "5000";
  std::string transport = "17";
  std::string rcode = "0";
  // The same for all unless set: tables must not rely on it alone.
  std::string txn = "42";
};

inline TextRow row(const Message& m) {
  return {m.time,        m.response ? "true" : "false",
          m.client,      "198.51.100.53",
          m.client_port, "53",
          m.id,          m.transport,
          m.name,        m.type,
          m.rcode,       m.response ? "120" : "40",
          m.txn};
}

// Shorter rows: what the tests below look at.
inline const HarnessSettings brief = {
    .read_outputs = {"time", "query_time", "latency_us", "status", "qname", "rcode"}};

struct MatchRun {
  explicit MatchRun(const TextOptions& options = {})
      : task(match_operator(), options, messages, brief) {}
  void feed(const std::vector<Message>& list) {
    std::vector<TextRow> rows;
    for (const Message& message : list) rows.push_back(row(message));
    task.feed(rows);
  }
  // The two sums that must come out even at the end of the input.
  void finish() {
    task.finish();
    auto n = [&](const char* name) { return task.counter(name); };
    EXPECT_EQ(n("queries"), n("retransmissions") + n("answered") + n("unanswered") + n("given_up"));
    EXPECT_EQ(n("responses"), n("answered") + n("duplicates") + n("unsolicited") + n("mismatched"));
  }
  TaskHarness task;
};

}  // namespace dnstorm::operators::testing
