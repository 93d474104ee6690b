// Schemas as the operators before a sink give them.
#pragma once

#include <string>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

inline std::vector<Field> window_fields() {
  return {{"window_start", Type::time, Role::time}, {"window_end", Type::time, Role::window_end}};
}

inline std::vector<Field> with(std::vector<Field> fields, std::vector<Field> more) {
  for (Field& field : more) fields.push_back(std::move(field));
  return fields;
}

// count, by qtype and rcode
inline std::vector<Field> count_fields() {
  return with(window_fields(), {{"qtype", Type::u16, Role::key, "qtype"},
                                {"rcode", Type::u16, Role::key, "rcode"},
                                {"count", Type::u64, Role::value}});
}

// top, of names
inline std::vector<Field> top_fields() {
  return with(window_fields(),
              {{"rank", Type::u32, Role::key},
               {.name = "name", .type = Type::str, .role = Role::value, .unbounded = true},
               {"count", Type::u64, Role::value},
               {"share", Type::f64, Role::value}});
}

// count, by name
inline std::vector<Field> unbounded_fields() {
  return with(window_fields(),
              {{.name = "qname", .type = Type::str, .role = Role::key, .unbounded = true},
               {"count", Type::u64, Role::value}});
}

inline std::vector<Field> message_fields() {
  return {{"time", Type::time, Role::time},
          {.name = "qname", .type = Type::str, .unbounded = true},
          {.name = "client", .type = Type::ip, .unbounded = true}};
}

}  // namespace dnstorm::operators::testing
