#include "cluster/worker/detail/running_slice.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <random>
#include <utility>

namespace dnstorm::cluster::detail {

namespace {

// Of this process; never 0.
std::uint64_t new_session() {
  std::random_device random;
  return (std::uint64_t{random()} << 32 | random()) | 1;
}

std::uint64_t cpu_of_process() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * ns_per_s +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// Resident; the second number of the file is pages.
std::uint64_t memory_of_process() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

RunningSlice::RunningSlice(const WorkerOptions& options, SliceEvents events)
    : options_(options), events_(std::move(events)) {}

// First nothing comes in any more, then nobody works, then nothing goes out.
RunningSlice::~RunningSlice() {
  {
    std::lock_guard lock(taking_);
    open_ = false;
  }
  run_.reset();
  links_.reset();
}

Result<std::vector<std::uint32_t>> RunningSlice::make_plan(const MakePlan& order) {
  incarnation_ = order.assignment.incarnation;
  plan_ = DNSTORM_TRY(options_.make_plan(order.submission, order.assignment.choices));
  wiring_ = runtime::wire(*plan_);
  share_ = DNSTORM_TRY(share_of(wiring_, order.assignment, options_.node));
  return share_.tasks_here;
}

Result<std::string> RunningSlice::prepare(const Prepare& order) {
  DataLinksOptions options = options_.links;
  options.hub.identity = options_.node;
  options.link.incarnation = incarnation_;
  options.link.session = new_session();
  DataHandlers handlers;
  handlers.message = [this](PeerIndex, WireMessage message) { take(std::move(message)); };
  handlers.schema = [this](runtime::TaskIndex to, std::uint32_t input) -> SchemaPtr {
    if (to >= wiring_.tasks.size()) return nullptr;
    const plan::ComponentPlan& component = plan_->components[wiring_.tasks[to].component];
    if (input >= component.inputs.size()) return nullptr;
    const plan::InputPlan& from = component.inputs[input];
    return plan_->components[from.component].outputs[from.stream].schema;
  };
  handlers.connection = [this](PeerIndex peer, bool connected) {
    events_.log("info", fmt::format("the worker on {} is {}", peers_[peer],
                                    connected ? "connected" : "not connected any more"));
  };
  handlers.refused = [this](const std::string& why) { events_.log("warning", why); };
  handlers.undecodable = [this](PeerIndex from, DecodeError error) {
    events_.failed(fmt::format("what the worker on {} sends cannot be read: {}", peers_[from],
                               to_string(error)));
  };
  links_ = DNSTORM_TRY(DataLinks::start(std::move(options), std::move(handlers)));

  std::vector<std::string> states(wiring_.tasks.size());
  if (order.states)
    for (const auto& [task, bytes] : *order.states)
      if (task < states.size()) states[task] = bytes;
  runtime::Slice mine = slice();
  if (order.states) mine.restore = &states;
  runtime::RunOptions run = options_.run;
  run.active = order.active;
  run.slice = &mine;
  run_ = DNSTORM_TRY(runtime::LocalRun::prepare(*plan_, run));
  return links_->endpoint();
}

runtime::Slice RunningSlice::slice() {
  runtime::Slice slice;
  slice.executors = share_.executors;
  slice.event = [this](const runtime::Event& event) { send(event); };
  slice.events = [this](const runtime::Events& events) { send_all(events); };
  slice.credit = [this](const runtime::Credit& credit) { send(credit); };
  slice.acks = [this](const runtime::Acks& acks) { send(acks); };
  slice.state = [this](runtime::SavedState state) { events_.saved(std::move(state)); };
  return slice;
}

Result<void> RunningSlice::begin(const std::vector<Peer>& peers) {
  std::vector<DataPeer> others;
  for (const Peer& peer : peers)
    if (peer.node != options_.node) others.push_back({peer.node, peer.endpoint, peer.key});
  for (const DataPeer& peer : others) peers_.push_back(peer.node);
  for (const std::string& node : share_.node_of_task) {
    auto at = std::find(peers_.begin(), peers_.end(), node);
    if (at == peers_.end() && node != options_.node)
      return Error{ErrorKind::internal,
                   fmt::format("the coordinator has not said where the worker on {} is", node),
                   {}};
    peer_of_task_.push_back(static_cast<PeerIndex>(at - peers_.begin()));
  }
  {
    std::lock_guard lock(taking_);
    open_ = true;
  }
  DNSTORM_CHECK(links_->set_peers(std::move(others)));
  run_->begin();
  return {};
}

void RunningSlice::set_active(bool active) {
  if (active)
    run_->activate();
  else
    run_->deactivate();
}

bool RunningSlice::done() const {
  return run_->wait_for(std::chrono::milliseconds(0)) && links_->idle();
}

Result<std::vector<EdgeRows>> RunningSlice::rows() {
  DNSTORM_CHECK(run_->wait());
  return rows_of(run_->cross_edges());
}

WorkerStats RunningSlice::stats() const {
  WorkerStats stats;
  stats.status = run_->status();
  stats.latencies = run_->latencies();
  stats.queues = run_->queues();
  stats.failures = run_->failures();
  for (PeerIndex peer = 0; peer < peers_.size(); ++peer) {
    DataLinkStatistics seen = links_->statistics(peer);
    stats.links.push_back({peers_[peer], seen.connected, seen.link.bytes_sent,
                           seen.link.bytes_received, seen.link.frames_resent,
                           links_->outbox_bytes(peer), seen.link.round_trip});
  }
  stats.cpu_ns = cpu_of_process();
  stats.memory_bytes = memory_of_process();
  return stats;
}

void RunningSlice::take(WireMessage message) {
  if (!fits(*plan_, wiring_, share_, message))
    return events_.failed("a worker of this topology sends to tasks that are not here");
  std::lock_guard lock(taking_);
  if (!open_) return;
  std::visit([this](auto& of) { run_->take(std::move(of)); }, message);
}

template <class Message>
void RunningSlice::send(const Message& message) {
  auto sent = links_->send(peer_of_task_[message.to], message);
  if (!sent.ok()) events_.failed(sent.error().what);
}

void RunningSlice::send_all(const runtime::Events& events) {
  for (const runtime::Event& event : events.all) send(event);
}

}  // namespace dnstorm::cluster::detail
