// A whole cluster in one thread, from one seed: coordinators, nodes, workers' processes, the
// network between them, an election and a store. Time is virtual and jumps from event to event;
// each machine has a clock of its own, which goes a little too fast or too slow. What must never
// happen is checked at every step: problems().
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/node/node.hpp"
#include "tests/sim/cluster/planner.hpp"

namespace dnstorm::cluster::testing {

struct WorldSettings {
  std::uint64_t seed = 0;
  int coordinators = 1;
  double loss = 0;  // of messages
  double doubling = 0;
  DurationNs delay = 1 * ns_per_ms;  // mean; 0.5 to 1.5 of it, and now and then much more
  double worker_failure = 0;         // of those that are started
  double clock_rate = 0;             // largest difference: 0.01
  bool wire = false;                 // messages go through the codec
  CoordinatorOptions coordinator;
};

// A machine's clock.
struct MachineClock {
  TimeNs base = 0;
  double rate = 1;
  DurationNs wall_offset = 0;
  TimeNs at(TimeNs real) const {
    return base + real + static_cast<TimeNs>(static_cast<double>(real) * (rate - 1));
  }
  TimeNs real_of(TimeNs own) const {
    return static_cast<TimeNs>(static_cast<double>(own - base) / rate) + 1;
  }
};

class World {
 public:
  struct Worker {  // a process
    WorkerOrder order;
    WorkerReport report;
    std::vector<std::uint32_t> tasks;  // of this node
    std::set<std::uint32_t> given;
    std::string session;     // of the node's process that has started it
    TimeNs lease_until = 0;  // by its machine's clock
    bool paused = false;
    bool begun = false;  // it has been told to run: it owns its tasks
    bool preparing = false;
    std::uint64_t saving = 0;
    std::uint64_t serial = 0;
    bool stopping = false;
  };
  struct Machine {  // a node and its workers
    std::string name;
    MachineClock clock;
    std::unique_ptr<Node> node;
    std::string home;
    std::uint64_t start = 0;
    std::vector<std::string> labels;
    double cores = 0;
    bool paused = false;
    std::deque<std::function<void()>> inbox;  // while it is paused
    std::map<std::pair<std::string, std::uint64_t>, Worker> workers;
    TimeNs timer = time_max;
    std::vector<LogLine> notes;
  };
  struct Leader {  // a coordinator's process
    std::string name;
    MachineClock clock;
    std::unique_ptr<Coordinator> machine;
    bool paused = false;
    std::deque<std::function<void()>> inbox;
    TimeNs timer = time_max;
    std::uint64_t generation = 0;  // of its leadership: late words of its shell are dropped
    // Election.
    TimeNs session_until = time_min;  // real time, at the election's side
    bool cut_off = false;             // from the election
  };

  explicit World(WorldSettings settings);

  // Building.
  void add_node(const std::string& name, std::vector<std::string> labels = {}, double cores = 0);
  // Running.
  void run_until(TimeNs time);
  void run_for(DurationNs time) { run_until(now + time); }
  // True once `what` holds; looked at every 50 ms.
  bool run_until_holds(const std::function<bool()>& what, DurationNs limit);

  // Faults.
  void kill_node(const std::string& name, bool workers_too);
  void start_node(const std::string& name, bool same_home = true);
  void pause_node(const std::string& name, bool workers_too);
  void resume_node(const std::string& name);
  void kill_worker(const std::string& node, const std::string& topology);
  void cut(const std::string& from, const std::string& to) { cuts.insert({from, to}); }
  void heal() { cuts.clear(); }
  void kill_coordinator(int which);
  void start_coordinator(int which);
  void pause_coordinator(int which);
  void resume_coordinator(int which);

  // Users ask the leader; null: there is none.
  Coordinator* leader();
  TimeNs leader_now();
  template <class Call>
  void ask(Call call) {
    Leader* at = leading();
    if (!at) return;
    call(*at->machine, at->clock.at(now), wall(at->clock));
    drain(*at);
  }
  Result<SubmitAnswer> submit(const Submission& submission, SubmitOptions options = {});
  std::optional<TopologyView> topology(const std::string& name);
  std::optional<NodeView> node(const std::string& name);
  TopologyStatus status(const std::string& name);
  std::size_t live_workers(const std::string& topology_id);

  // What must never happen, and has.
  std::vector<std::string> problems;
  std::vector<LogLine> log;
  bool logged(const std::string& text) const;

  WorldSettings settings;
  std::mt19937_64 random;
  TimeNs now = 0;
  TestPlanner planner;
  std::map<std::string, Machine> machines;
  std::vector<std::unique_ptr<Leader>> leaders;
  std::set<std::pair<std::string, std::string>> cuts;
  StoredState store;
  std::uint64_t store_term = 0;  // of the newest that has read it: it takes no writes of older ones
  bool store_fails = false;
  struct Stored {
    std::uint64_t incarnation = 0;
    std::vector<std::string> states;
  };
  std::map<std::pair<std::string, std::uint64_t>, Stored> checkpoints;
  std::uint64_t messages = 0;
  std::uint64_t checkpoints_written = 0;
  std::uint64_t restored = 0;

  // Below: how it works (world.cpp, processes.cpp).
  using Action = std::function<void()>;
  void at(TimeNs time, Action action);
  void after(DurationNs delay, Action action) { at(now + delay, std::move(action)); }
  DurationNs between(DurationNs low, DurationNs high);
  bool chance(double probability);
  TimeNs wall(const MachineClock& clock) const;
  // `deliver` is called when, and as often as, the message arrives.
  void message(const std::string& from, const std::string& to, Action deliver);

  void drain(Leader& leader);
  void perform(Leader& leader, Output& output);
  bool write(Leader& leader, Output& output);
  void set_timer(Leader& leader);
  void to_leader(Leader& leader, Action action);  // now, or when it is resumed
  Leader* leading();
  void elect();
  void heartbeat(int which);
  void take_lead(Leader& leader);
  void read_checkpoint(Leader& leader, ReadCheckpoint read);
  void write_checkpoint(Leader& leader, WriteCheckpoint write);

  void drain(Machine& machine);
  void perform(Machine& machine, NodeOutput& output);
  void set_timer(Machine& machine);
  void to_node(Machine& machine, const std::string& session, Action action);
  void start_worker(Machine& machine, StartWorker start);
  void tell_worker(Machine& machine, const WorkerOrder& order);
  void prepare_worker(Machine& machine, Worker& worker);
  void save_states(Machine& machine, Worker& worker, std::uint64_t number);
  void finish_worker(Machine& machine, Worker& worker);
  void worker_says(Machine& machine, Worker& worker, WorkerState state, std::string error = {});
  void end_worker(Machine& machine, const std::pair<std::string, std::uint64_t>& key,
                  const std::string& how);
  void extend_leases(Machine& machine);
  void expire_worker(const std::string& machine, std::pair<std::string, std::uint64_t> key,
                     std::uint64_t serial);
  Worker* find_worker(const std::string& machine, const std::pair<std::string, std::uint64_t>& key,
                      std::uint64_t serial);
  bool lives(const Machine& machine, const Worker& worker) const;
  void check_owners(const Machine& machine, const Worker& worker);
  void problem(std::string what);

 private:
  struct Event {
    TimeNs time;
    std::uint64_t order;
    Action action;
    bool operator>(const Event& other) const {
      return std::tie(time, order) > std::tie(other.time, other.order);
    }
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t term_ = 0;
  int holder_ = -1;  // who the election says leads
};

}  // namespace dnstorm::cluster::testing
