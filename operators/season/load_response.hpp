// How a server answers under load: response times and losses of minutes, by their count. From it
// the count at which the server is full:
//
//   - where losses begin: the least load from which on three times as much is lost as with less
//     load, and more than one message of a thousand;
//   - or where response times go to infinity. A queue answers in L0 / (1 - load / limit) (M/M/1:
//     L. Kleinrock, "Queueing Systems", volume 1, 1975), so 1 / L falls in a straight line that
//     meets zero at the limit, long before the limit is reached.
//
// Minutes are kept as counts in a table, load by response time, eight steps an octave each: the
// median response time of a load is not moved by a minority of minutes in which something else was
// wrong. A value of at most some thousand numbers; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

enum class LimitSource : std::uint8_t { given, losses, response_time };

struct LearnedLimit {
  double limit = 0;  // count a minute
  LimitSource source = LimitSource::response_time;
  // How many times the busiest load that was seen it is; above 2 nothing is said.
  double reach = 1;
};

class LoadResponse {
 public:
  // latency_us 0: not known.
  void add(double count, double latency_us, double drops);
  void merge(const LoadResponse& other);
  // Nothing: response times do not depend on the load as far as it was seen, and nothing was lost.
  std::optional<LearnedLimit> limit() const;
  bool empty() const { return loads_.empty(); }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  static constexpr int steps = 8;  // an octave
  struct Minutes {
    std::uint64_t all = 0;
    double count = 0, drops = 0;  // sums
    double part() const { return count > 0 ? drops / count : 0; }
  };
  struct Point {
    double load, inverse, minutes;
  };
  double latency_of(int load) const;  // the median; 0 if none is known
  std::optional<LearnedLimit> by_losses() const;
  std::optional<LearnedLimit> by_response_time() const;

  std::map<int, Minutes> loads_;
  std::map<std::pair<int, int>, std::uint64_t> latencies_;  // by load and response time
};

}  // namespace dnstorm::operators
