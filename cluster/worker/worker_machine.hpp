// A worker as a pure state machine: the node's words and what becomes of the run come in; what is
// to be done next, and what is reported, go out. worker.cpp is the shell around it. Used by one
// thread.
//
//   order + submission -> MakePlan -> planned() -> (states of its tasks, if it goes on from a
//   checkpoint) -> Prepare -> prepared() -> order says run -> Begin -> finished() | failed()
//
// It keeps no saved states: the words to the node arrive, and the node keeps what a coordinator
// may ask for again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cluster/model/orders.hpp"
#include "cluster/model/report.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

// What is to be done, in this order.
struct MakePlan {
  Submission submission;
  Assignment assignment;
};  // then planned() or failed()
struct Prepare {
  bool active = true;
  // By task, of those here; nothing: from the beginning. An empty one begins anew.
  std::optional<std::map<std::uint32_t, std::string>> states;
};  // then prepared() or failed()
struct Begin {
  std::vector<Peer> peers;
};
struct TakePart {
  std::uint64_t checkpoint = 0;
};  // a barrier of it
struct SetActive {
  bool active = true;
};
struct DrainSources {};  // they end; what is under way is finished
struct SayReport {
  WorkerReport report;
};
struct EndProcess {};  // after all that was said has left
using WorkerOutput = std::variant<MakePlan, Prepare, Begin, TakePart, SetActive, DrainSources,
                                  SayReport, EndProcess>;

class WorkerMachine {
 public:
  explicit WorkerMachine(std::int64_t pid) { report_.pid = pid; }

  // From the node. The first order says what it is a worker of; others than of that are passed
  // over.
  void take(const WorkerOrder& order);
  void take(const Submission& submission);
  void take(StatePart part);
  void stop();

  // From the shell: what came of it.
  void planned(const std::vector<std::uint32_t>& tasks_here);
  void prepared(const std::string& endpoint);
  // The first one counts. It stays until it is told to stop.
  void failed(const std::string& why);
  // All tasks here have ended, and the peers have all that they were sent.
  void finished(std::vector<EdgeRows> rows);

  const WorkerReport& report() const { return report_; }
  std::vector<WorkerOutput> take_outputs();

 private:
  bool over() const { return report_.state >= WorkerState::finished; }
  void say() { outputs_.emplace_back(SayReport{report_}); }
  void go_on();
  void prepare();
  void begin();
  void follow();

  WorkerReport report_;
  std::optional<WorkerOrder> order_;  // the newest
  std::optional<Submission> submission_;
  std::optional<std::vector<std::uint32_t>> tasks_here_;
  std::map<std::uint32_t, std::string> states_;  // of the checkpoint that it begins from
  bool planning_ = false;
  bool preparing_ = false;
  bool active_ = true;  // as it was told last
  bool draining_ = false;
  bool stopped_ = false;
  std::vector<WorkerOutput> outputs_;
};

}  // namespace dnstorm::cluster
