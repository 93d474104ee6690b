// What a coordinator must not forget: the topologies, written down before anything is told to a
// node. Values, and the interface of the place where they are kept (SQLite, ZooKeeper).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/model/assignment.hpp"
#include "cluster/model/report.hpp"
#include "cluster/model/submission.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

// Names of the members at a version. A node goes by the newest that it has heard of.
struct MemberSet {
  std::uint64_t version = 0;
  std::vector<std::string> names;
  bool operator==(const MemberSet&) const = default;
};

enum class Wanted : std::uint8_t { active, inactive, killed };

struct TopologyRecord {
  std::string id;  // NAME-SERIAL-SECONDS, as Storm's
  Submission submission;
  TimeNs submitted = 0;  // wall clock
  Wanted wanted = Wanted::active;
  TimeNs kill_at = 0;  // wall clock; of a killed one: when its sources end
  std::map<std::string, std::uint32_t> executors;  // by component, from rebalances
  Assignment assignment;
  // Of its nodes: which process was told to run the incarnation. Another one there means that the
  // incarnation has lost a worker.
  std::map<std::string, NodeProcess> processes;
  bool ended = false;            // the incarnation is known to have no worker left
  TimeNs finished = 0;           // wall clock; all of its input was worked off then; 0: not
  std::vector<Submission> next;  // one: what it is to be changed to (resubmit)
  std::uint64_t checkpoint = 0;  // newest that is complete; 0: none
  // Of that checkpoint: which nodes its per-node tasks were on (Assignment::per_node), and choices.
  Assignment checkpoint_assignment;
  bool operator==(const TopologyRecord&) const = default;
};

struct StoredState {
  std::uint64_t serial = 0;  // of the last topology submitted
  std::uint64_t members_version = 0;
  std::vector<std::string> members;  // names; endpoints come with reports
  std::vector<MemberSet> former;     // older sets that a member may still go by
  std::vector<std::string> lost;     // were members, and are shown as lost
  std::vector<std::string> drained;  // nodes that shall get no work
  std::vector<TopologyRecord> topologies;
  bool operator==(const StoredState&) const = default;
};

// Called by the coordinator's thread only. Every call is durable when it returns; an error means
// that nothing may be told to nodes on the strength of it.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<StoredState> load() = 0;
  virtual Result<void> save_cluster(const StoredState& state) = 0;  // all but the topologies
  virtual Result<void> save(const TopologyRecord& record) = 0;
  virtual Result<void> remove(const std::string& topology) = 0;
};

}  // namespace dnstorm::cluster
