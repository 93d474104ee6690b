// Messages for the tests of dsc: a query for www.example.com, of which a test says what is
// different.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "operators/dsc/dsc.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

inline const std::vector<std::pair<Field, std::string>>& message_cells() {
  static const std::vector<std::pair<Field, std::string>> cells = {
      {{"time", Type::time}, "0s"},
      {{"client", Type::ip}, "192.0.2.7"},
      {{"server", Type::ip}, "198.51.100.53"},
      {{"client_port", Type::u16}, "40000"},
      {{"server_port", Type::u16}, "53"},
      {{"ip_version", Type::u8}, "4"},
      {{"transport", Type::u8}, "17"},
      {{"size", Type::u32}, "33"},
      {{"qr", Type::boolean}, "false"},
      {{"opcode", Type::u8}, "0"},
      {{"aa", Type::boolean}, "false"},
      {{"tc", Type::boolean}, "false"},
      {{"rd", Type::boolean}, "false"},
      {{"ad", Type::boolean}, "false"},
      {{"rcode", Type::u8}, "0"},
      {{"questions", Type::u16}, "1"},
      {{"qname", Type::str}, "www.example.com"},
      {{"qtype", Type::u16}, "1"},
      {{"qclass", Type::u16}, "1"},
      {{"qname_length", Type::u16}, "17"},
      {{"label_count", Type::u8}, "3"},
      {{"edns", Type::boolean}, "false"},
      {{"edns_version", Type::u8}, "0"},
      {{"edns_size", Type::u16}, "0"},
      {{"do", Type::boolean}, "false"},
      {{"ecs", Type::boolean}, "false"},
      {{"cookie", Type::boolean}, "false"},
      {{"nsid", Type::boolean}, "false"},
      {{"malformed", Type::boolean}, "false"},
      {{"edns_options", Type::bytes}, ""},
      {{"txn", Type::u64}, "7"},
  };
  return cells;
}

inline std::vector<Field> message_fields_of_dsc() {
  std::vector<Field> fields;
  for (const auto& [field, cell] : message_cells()) fields.push_back(field);
  return fields;
}

using Different = std::map<std::string, std::string>;

inline TextRow message(const Different& different = {}) {
  TextRow row;
  for (const auto& [field, cell] : message_cells()) {
    auto found = different.find(field.name);
    row.push_back(found == different.end() ? cell : found->second);
  }
  DNSTORM_ASSERT(std::all_of(different.begin(), different.end(),
                             [](const auto& cell) {
                               for (const auto& [field, text] : message_cells())
                                 if (field.name == cell.first) return true;
                               return false;
                             }),
                 "a test names a field that a message does not have");
  return row;
}

// "KEY1 KEY2 COUNT" of what comes out.
inline std::vector<std::string> counted(TaskHarness& task) {
  std::vector<std::string> cells;
  for (const auto& [batch, selection] : task.take_batches(0)) {
    const Schema& schema = batch->schema();
    for (RowView row : Rows(*batch, selection.get()))
      cells.push_back(fmt::format("{} {} {}", row.get(schema.ref<Str>("key1")),
                                  row.get(schema.ref<Str>("key2")),
                                  row.get(schema.ref<std::uint64_t>("count"))));
  }
  return cells;
}

inline std::vector<std::string> count_all(TextOptions options, const std::vector<TextRow>& rows) {
  TaskHarness task(dsc_operator(), options, message_fields_of_dsc());
  EXPECT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed(rows);
  task.finish();
  return counted(task);
}

}  // namespace dnstorm::operators::testing
