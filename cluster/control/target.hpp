// What the HTTP interface of a cluster needs of a coordinator: implemented by the coordinator's
// shell, faked by tests. Every call may wait for the coordinator's own thread; Control calls from
// the thread that it is asked on, and holds no lock meanwhile.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/control/log_book.hpp"
#include "cluster/coordinator/coordinator.hpp"

namespace dnstorm::cluster {

struct ControlMoment {
  TimeNs wall = 0;
  TimeNs steady = 0;  // of the clock that ClusterView's times are of
};

// A coordinator, as GET /nimbus/summary tells of it.
struct CoordinatorInfo {
  std::string host;
  std::uint16_t port = 0;  // of its HTTP interface
  bool leads = false;
  bool alive = true;
  DurationNs up = 0;
  std::string version;
};

class ControlTarget {
 public:
  virtual ~ControlTarget() = default;

  virtual ControlMoment now() = 0;
  virtual ClusterView view() = 0;
  // Itself and those that it knows of.
  virtual std::vector<CoordinatorInfo> coordinators() = 0;
  virtual std::vector<NumberedLine> logs(const LogQuery& query) = 0;

  // As Coordinator's of the same names; topologies by id, which exists.
  virtual Result<SubmitAnswer> submit(Submission submission, SubmitOptions options) = 0;
  virtual Result<void> kill(const std::string& topology, std::optional<DurationNs> wait) = 0;
  virtual Result<void> activate(const std::string& topology) = 0;
  virtual Result<void> deactivate(const std::string& topology) = 0;
  virtual Result<void> rebalance(const std::string& topology,
                                 const std::map<std::string, std::uint32_t>& executors) = 0;
  virtual Result<void> drain(const std::string& node, bool drained) = 0;
  virtual Result<void> forget(const std::string& node) = 0;
};

}  // namespace dnstorm::cluster
