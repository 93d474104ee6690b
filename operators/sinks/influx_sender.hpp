// Sends one chunk of lines to an InfluxDB and finds out what has become of each point. Where the
// answer does not say which points are refused, the chunk is sent again in parts until they are
// found: in parts that the answer suggests, else in halves. A point may be written more than once
// on the way: it overwrites itself. Belongs to one thread.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "operators/sinks/influx_answer.hpp"
#include "operators/sinks/influx_target.hpp"
#include "operators/sinks/rejected_file.hpp"

namespace dnstorm::operators {

struct Delivery {
  enum class End {
    settled,     // every point is in, or refused
    retry,       // later, the whole chunk: the server is not there or cannot now
    stop,        // the same, but there is little hope: not allowed, or no such database
    broken_off,  // go_on() said so
  };
  End end = End::settled;
  std::string reason = {};  // of retry and stop
  DurationNs retry_after = 0;
  // Of settled:
  std::uint64_t written = 0;
  std::vector<RefusedLine> refused = {};
};

class InfluxSender {
 public:
  // Parts of one chunk that are looked at closer; after so many, the points of a part that is
  // refused are all taken for refused. Enough for 20 points anywhere among 5,000.
  static constexpr int searches_max = 256;

  InfluxSender(InfluxTarget target, HttpTransport& http)
      : target_(std::move(target)), http_(http) {}

  // `go_on` is asked before each request.
  Delivery deliver(const LineChunk& chunk, const std::function<bool()>& go_on);

  const InfluxTarget& target() const { return target_; }

 private:
  struct Search {
    std::deque<LineChunk> parts;
    int left = searches_max;
    Delivery found;
  };
  void refused(const InfluxVerdict& verdict, Search& search) const;
  static void remove_named(const InfluxVerdict& verdict, Search& search);
  static void refuse_all(const std::string& reason, Search& search);
  static void divide(const std::string& measurement, Search& search);

  InfluxTarget target_;
  HttpTransport& http_;
};

// Asks the server once whether it would take points for that target: an empty write. An Error says
// what is wrong (unavailable: no answer).
Result<void> check_influx(HttpTransport& http, const InfluxTarget& target);

}  // namespace dnstorm::operators
