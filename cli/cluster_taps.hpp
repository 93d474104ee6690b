// Where taps on topologies of a cluster are opened: for GET /tap of the coordinator's server. As
// long as a reader reads, workers are asked for rows again and again.
//
//   ClusterTaps taps(clock);             // outlives coordinator and HTTP server
//   taps.serve(server);
//   options.tap = [&](const board::TapQuery& query) { return taps.open(query); };
//   taps.take(news, now);                // what workers say, on the coordinator's thread
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "board/server/server.hpp"
#include "cluster/coordinator/server.hpp"

namespace dnstorm::cli {

class ClusterTaps {
 public:
  // More would cost the topologies too much of their time.
  static constexpr std::size_t open_max = 8;

  explicit ClusterTaps(const Clock& clock) : clock_(clock) {}
  void serve(cluster::CoordinatorServer* server) { server_ = server; }

  // `query.topology`: name or id. Fails with kind `usage` if edge, filter or rate do not fit it,
  // `unavailable` if there is no such topology, or too many taps are open.
  Result<std::unique_ptr<board::LineSource>> open(const board::TapQuery& query);
  void take(const cluster::WorkerNews& news, TimeNs now);

 private:
  struct Shared;
  class Source;

  const Clock& clock_;
  cluster::CoordinatorServer* server_ = nullptr;
  std::mutex mutex_;                                     // guards what follows
  std::map<std::string, std::shared_ptr<Shared>> open_;  // by id
  std::uint64_t last_ = 0;                               // number of a tap
};

}  // namespace dnstorm::cli
