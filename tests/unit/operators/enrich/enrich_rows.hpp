// Rows for the tests of bolts that pass them on.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

// Of all types, and in an order that leaves gaps.
inline const std::vector<Field> fields = {
    {"a", Type::u8},    {"time", Type::time},  {"b", Type::boolean}, {"src", Type::ip},
    {"c", Type::u16},   {"qname", Type::str},  {"d", Type::u32},     {"dst", Type::ip},
    {"e", Type::u8},    {"data", Type::bytes}, {"f", Type::f64},     {"g", Type::i64},
    {"txn", Type::u64}, {"h", Type::u8},       {"domain", Type::str}};

inline TextRow row(const std::string& src, const std::string& dst,
                   const std::string& name = "www.example.co.uk") {
  return {"1", "2s", "true", src, "3", name, "4", dst, "5", "bytes", "0.5", "-7", "99", "6", "d"};
}

}  // namespace dnstorm::operators::testing
