// The security events of a topology of a cluster, for the page Security: what its workers have told
// is kept here as that of a run is (cli/event_log.hpp). What is muted on the page stands in a file
// of the coordinator, and is told to the workers, whose `events` then leave it out: when it has
// changed, to workers that have begun anew, and every few seconds.
//
// Packets lie on the nodes: the page says where, and by which command they are to be had.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/board_data.hpp"
#include "cli/event_log.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "engine/base/time.hpp"
#include "engine/plan/plan.hpp"
#include "operators/detect/rule_file.hpp"

namespace dnstorm::cli {

// What is answered to who may not change anything; nothing: they may.
using RefuseChange = std::function<std::optional<ApiAnswer>(const ApiRequest&)>;

class ClusterEvents : public std::enable_shared_from_this<ClusterEvents> {
 public:
  // `clock` outlives it. The file is made with the first mute.
  ClusterEvents(std::string mute_file, const Clock& clock, RefuseChange refuse)
      : file_(std::move(mute_file)),
        rules_file_(file_),
        clock_(clock),
        refuse_(std::move(refuse)) {}

  EventLog& log() { return log_; }

  // Adds what the page asks for, if the plan has events to show. `data` keeps this alive.
  // Where packets are, `topology` says, whose plan it is.
  void offer(const plan::Plan& plan, const cluster::TopologyView& topology, BoardData& data);

  // The rules, if workers of that incarnation are to be told them now.
  std::optional<std::vector<std::string>> rules_to_tell(std::uint64_t incarnation);

 private:
  const std::string file_;
  EventLog log_;
  std::mutex mutex_;  // guards the next three
  operators::RuleFile rules_file_;
  std::uint64_t told_to_ = 0;  // incarnation
  TimeNs tell_again_ = time_min;
  const Clock& clock_;
  const RefuseChange refuse_;
};

}  // namespace dnstorm::cli
