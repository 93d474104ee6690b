// What an answer of InfluxDB to a write means for who sent it. Pure functions of the answer and of
// what was sent; the table was tried against InfluxDB 1.6.7 and the documentation of 2.x and 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/sinks/http_client.hpp"
#include "operators/sinks/line_chunk.hpp"

namespace dnstorm::operators {

enum class InfluxAction {
  done,       // all of it is in
  refused,    // some of it, or all, will never be taken
  too_large,  // at once
  retry,      // the same again, later
  stop,       // nothing will be taken: not allowed, or no such database
};

struct RefusedAt {
  std::size_t line = 0;  // of the chunk, from 0
  std::string reason;
};

struct InfluxVerdict {
  InfluxAction action = InfluxAction::done;
  std::string reason = {};  // in the server's words
  // Of `refused`:
  bool others_are_in = false;
  std::uint64_t count = 0;            // how many, if the server says so; 0: it does not
  std::vector<RefusedAt> lines = {};  // those that it names, in order
  std::string measurement = {};       // the one that it speaks of, if one
};

InfluxVerdict judge(const HttpAnswer& answer, const LineChunk& chunk);

// The text in {"error":"..."} (1.x) or {"message":"..."} (2.x); else the beginning of the body.
std::string influx_message(const HttpAnswer& answer);

// What points are refused for, as far as it is to be counted apart.
enum class Refusal { type_conflict, too_old, unreadable, series_limit, other };
inline constexpr std::size_t refusal_kinds = 5;
Refusal refusal_of(std::string_view reason);
std::string_view refusal_name(Refusal refusal);  // "type_conflict"

}  // namespace dnstorm::operators
