// What an answer of InfluxDB to a write means for the writer. A pure function of status and body;
// the table was tried against InfluxDB 1.6.7 and the documentation of 2.x.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operators/sinks/http_client.hpp"

namespace dnstorm::operators {

enum class InfluxAction {
  done,    // nothing more to do for this body; `rejected` of its points are not in
  retry,   // the same body again, later
  split,   // in halves: too large, or a bad line spoils the good ones
  refuse,  // this body will never be taken
  stop,    // no body will be taken: the configuration is wrong
};

struct InfluxVerdict {
  InfluxAction action = InfluxAction::done;
  std::uint64_t rejected = 0;
  std::string reason = {};  // in the server's words
};

// `points`: how many the body held.
InfluxVerdict judge(const HttpAnswer& answer, std::uint64_t points);

// The text in {"error":"..."} (1.x) or {"message":"..."} (2.x); else the beginning of the body.
std::string influx_message(const HttpAnswer& answer);

}  // namespace dnstorm::operators
