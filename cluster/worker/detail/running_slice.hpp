// The slice of a worker, with its links to the other workers: made, begun, looked at, ended.
// Used by one thread, but for what executors and the links' I/O thread call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/worker/share.hpp"
#include "cluster/worker/stats.hpp"
#include "cluster/worker/worker.hpp"
#include "cluster/worker/worker_machine.hpp"

namespace dnstorm::cluster::detail {

// Called on any thread.
struct SliceEvents {
  std::function<void(runtime::SavedState)> saved;
  std::function<void(std::string why)> failed;
  std::function<void(std::string level, std::string text)> log;
};

class RunningSlice {
 public:
  RunningSlice(const WorkerOptions& options, SliceEvents events);
  ~RunningSlice();

  // The tasks that run here.
  Result<std::vector<std::uint32_t>> make_plan(const MakePlan& order);
  // The endpoint of its data socket.
  Result<std::string> prepare(const Prepare& order);
  Result<void> begin(const std::vector<Peer>& peers);
  void take_part(std::uint64_t checkpoint) { run_->request_barrier(checkpoint); }
  void set_active(bool active);
  void drain() { run_->request_stop(); }

  bool has_run() const { return run_ != nullptr; }
  const plan::Plan& plan() const { return *plan_; }  // once it is made
  std::optional<Error> error() const { return run_->error(); }
  // All tasks have ended, and the others have what they were sent.
  bool done() const;
  // Once it is done.
  Result<std::vector<EdgeRows>> rows();
  WorkerStats stats() const;

 private:
  runtime::Slice slice();
  void take(WireMessage message);
  template <class Message>
  void send(const Message& message);
  void send_all(const runtime::Events& events);

  const WorkerOptions& options_;
  SliceEvents events_;
  std::uint64_t incarnation_ = 0;
  std::optional<plan::Plan> plan_;
  runtime::Wiring wiring_;
  Share share_;
  std::vector<std::string> peers_;       // names by PeerIndex
  std::vector<PeerIndex> peer_of_task_;  // set before it begins, read by executors
  std::unique_ptr<DataLinks> links_;
  std::mutex taking_;  // the I/O thread against the end of the run
  bool open_ = false;  // guarded by it: what comes may be given to the run
  std::unique_ptr<runtime::LocalRun> run_;
};

}  // namespace dnstorm::cluster::detail
