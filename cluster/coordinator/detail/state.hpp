// What a coordinator knows. Its functions are in coordinator.cpp, topologies.cpp (words of
// users), membership.cpp (nodes), fencing.cpp, orders.cpp, reconcile.cpp (incarnations),
// placing.cpp, checkpoints.cpp and views.cpp.
//
// Everything that happens changes this state, and step() takes a topology as far as it can go. What
// nodes are to be told follows from the state: mark() says that it has changed, flush() sends it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/placement/placement.hpp"

namespace dnstorm::cluster {

namespace detail {

// For people: without a sign, to a tenth of a second where that is enough.
std::string duration_text(DurationNs duration);

// Of a worker's order on a node: the versions of the node's orders in which it changed last.
struct OrderSlot {
  std::uint64_t whole = 0;
  std::uint64_t light = 0;  // what a WorkerUpdate tells
  std::uint64_t ended = 0;  // not 0: it is ordered no more since
};

struct NodeEntry {
  Report report;          // the newest whole one, with the sequence and time of the newest
  bool heard_of = false;  // has reported in this term
  bool member = false;
  bool lost = false;  // what it ran is gone for sure
  bool drained = false;
  TimeNs heard = time_min;
  TimeNs last_word = time_min;  // also of a process that is refused
  TimeNs joined = time_min;
  std::uint32_t skewed = 0;  // reports one after the other by which its clock is off
  std::string refused;       // why it may not take part
  std::string remark;        // of what is odd about it
  TimeNs remark_until = time_min;
  TimeNs answered = time_min;  // when its lease was prolonged last

  // Its fencing.
  bool fencing = false;
  TimeNs fencing_since = time_min;
  TimeNs alone_since = time_max;                      // since when it can find no majority
  std::map<std::string, std::uint64_t> fence_orders;  // version of a node's orders that tells it
  std::uint64_t members_floor = 0;  // it knows this version of the members, or a later one

  // Its orders.
  std::uint64_t version = 0;
  std::uint64_t reset = 0;  // of what it has taken over before this version nothing holds
  std::map<std::string, OrderSlot> slots;  // by topology
  std::uint64_t owed = 0;                  // a report's sequence that waits for its answer
  bool news = false;                       // it is to be told something even if it asks nothing

  bool current(std::uint64_t term) const { return heard_of && report.term == term; }
  bool has_taken_over(std::uint64_t term, std::uint64_t orders) const {
    return current(term) && report.orders >= orders;
  }
  bool alive() const { return heard_of && member && !lost && !fencing && refused.empty(); }
};

enum class Stage : std::uint8_t {
  idle,       // no worker anywhere: it waits for a place, a pause, or is over
  launching,  // workers are ordered; nobody has been told to run, as far as is known
  running,
  ending,  // workers end; until all are gone nothing else begins
};

// A change that is planned: a rebalance, a drained node, one that has joined.
struct Change {
  std::string why;  // empty: none
  TimeNs not_before = time_min;
  TimeNs give_up = time_max;     // the wait for a checkpoint
  std::uint64_t checkpoint = 0;  // that is waited for
  bool spread = false;           // executors are dealt evenly anew
  std::uint64_t tried = 0;       // placement epoch at which there was no better place
};

struct Topology {
  TopologyRecord record;
  std::string digest;   // of record.submission
  TopologyShape shape;  // of record.assignment.choices
  std::vector<std::string> labels;
  Stage stage = Stage::idle;
  TimeNs since = 0;  // of the stage
  TopologyStatus status = TopologyStatus::waiting;
  TimeNs status_since = 0;
  std::string reason;  // why it waits, or is tried again

  bool adopted = false;    // launching: another coordinator has ordered it, it may be running
  TimeNs wake = time_min;  // when step() is to be called even if nothing happens
  TimeNs launch_deadline = time_max;
  std::map<std::string, std::uint64_t> ending;  // by node: version of its orders that tells it
  TimeNs retry_at = time_min;
  std::uint32_t failures = 0;  // one after the other
  std::uint64_t tried = 0;     // placement epoch
  std::uint64_t looked = 0;    // the same, for nodes that have joined
  std::uint64_t restarts = 0;
  std::string last_restart;
  Change change;
  std::map<std::string, TimeNs> absent;  // nodes of per-node components: since when

  TimeNs kill_at = time_max;
  TimeNs drain_until = time_max;
  bool drains = false;

  // Checkpoints.
  std::optional<delivery::Checkpointer> checkpointer;
  std::set<std::uint32_t> parts;                // tasks that have saved for the one under way
  std::map<std::uint32_t, std::string> finals;  // last states of tasks
  std::uint64_t ordered = 0;                    // WorkerOrder::checkpoint
  std::uint64_t highest = 0;                    // number ever heard of
  std::uint64_t writing = 0;
  TimeNs next_checkpoint = time_max;

  // States to begin from.
  std::uint64_t restore = 0;
  bool reading = false;
  std::map<std::string, TimeNs> states_sent;  // by node
  TimeNs next_states = time_max;
  DurationNs states_pause = 0;

  bool killed() const { return record.wanted == Wanted::killed; }
  bool finished() const { return record.finished != 0; }
  bool live() const { return stage == Stage::launching || stage == Stage::running; }
  const std::string& id() const { return record.id; }
  void wake_at(TimeNs at) { wake = std::min(wake, at); }
  std::uint64_t incarnation() const { return record.assignment.incarnation; }
};

}  // namespace detail

struct Coordinator::State {
  using NodeEntry = detail::NodeEntry;
  using Topology = detail::Topology;
  using Stage = detail::Stage;

  State(CoordinatorOptions with, Planner& plans) : options(std::move(with)), planner(plans) {}

  // coordinator.cpp
  void lead(StoredState from);
  bool begin(TimeNs at);  // false: it may do nothing
  bool acting(TimeNs at) const { return leads && at <= acting_until; }
  void finish();
  void tick();
  TimeNs next_time() const;
  void say(const char* level, const std::string& topology, std::string text,
           const std::string& node = {});
  void save_cluster() { outputs.emplace_back(SaveCluster{stored}); }
  void save(const Topology& topology) { outputs.emplace_back(SaveRecord{topology.record}); }

  // topologies.cpp
  Result<Topology*> find(const std::string& name_or_id);
  Result<SubmitAnswer> add(Submission submission, const SubmitOptions& options);
  Result<SubmitAnswer> replace(Topology& topology, Submission submission,
                               const SubmitOptions& options);
  void ask_change(Topology& topology, std::string why, DurationNs settle = 0);

  // membership.cpp
  void take(const Report& report);
  std::string objection(const Report& report, const NodeEntry* entry) const;
  std::string process_in_the_way(const Report& report) const;
  void refuse(const Report& report, const std::string& why);
  void accept(NodeEntry& entry, const Report& report);
  void first_word(NodeEntry& entry, const Report& report);
  void take_content(NodeEntry& entry, const Report& report);
  void admit();
  bool hears_too_few() const;
  void look_after_nodes();
  void publish_members();
  void forget_former();
  void step_topologies_of(const std::string& node);
  void look_after_fences();

  // fencing.cpp
  void fence(NodeEntry& entry);
  void unfence(NodeEntry& entry);
  void look_after_fence(NodeEntry& entry);
  bool is_alone(const NodeEntry& entry) const;
  TimeNs lease_end(const NodeEntry& entry) const;
  void lose(NodeEntry& entry);
  // However fast or slow a node's clock goes.
  DurationNs lease_of_any() const { return options.lease + options.lease / 32; }

  // orders.cpp
  enum class Mark { whole, light, ended };
  void mark(Topology& topology, Mark mark);
  void mark_all();  // members or fenced have changed
  void flush();
  void tell(NodeEntry& entry);
  void forget_ended_slots(NodeEntry& entry);
  Orders orders_for(const NodeEntry& entry) const;
  WorkerOrder order_of(const Topology& topology, const std::string& node) const;
  bool lacks_submission(const NodeEntry& entry) const;

  // reconcile.cpp: each true if something has changed
  void step(Topology& topology);
  bool step_once(Topology& topology);
  bool step_idle(Topology& topology);
  bool step_launching(Topology& topology);
  bool step_running(Topology& topology);
  bool step_ending(Topology& topology);
  bool step_kill(Topology& topology);
  bool must_wait_to_begin(Topology& topology);
  bool step_change(Topology& topology);
  void run(Topology& topology);
  void end(Topology& topology, const std::string& why, bool failure);
  void enter(Topology& topology, Stage stage);
  void finish_topology(Topology& topology);
  const WorkerReport* worker_of(const Topology& topology, const std::string& node) const;
  bool is_gone(const Topology& topology, const std::string& node) const;
  std::string broken(const Topology& topology, bool& failure) const;
  bool all_workers(const Topology& topology, WorkerState at_least) const;
  void show(Topology& topology);

  // placing.cpp
  struct Draft {
    Assignment assignment;
    TopologyShape shape;
    std::vector<std::string> unplaced;
  };
  std::vector<Offer> offers(const Topology* but) const;
  Result<Draft> draft(const Topology& topology, const Submission& submission, bool spread) const;
  bool try_begin(Topology& topology);
  void launch(Topology& topology, Draft draft);
  void take_next(Topology& topology, const TopologyShape& shape);
  std::string wait_for_absent(Topology& topology, TimeNs& until);
  void look_for_joined(Topology& topology);
  std::vector<std::string> labelled(const std::string& label) const;

  // checkpoints.cpp
  void take(StatePart part);
  void begin_checkpoint(Topology& topology);
  void completed(Topology& topology, delivery::Checkpoint checkpoint);
  void count_from(Topology& topology, std::uint64_t last);
  void step_checkpoints(Topology& topology);
  void step_states(Topology& topology);
  void send_states(Topology& topology, std::vector<std::string> states);

  CoordinatorOptions options;
  Planner& planner;
  bool leads = false;
  std::uint64_t term = 0;
  TimeNs acting_until = time_max;
  TimeNs now = 0;
  TimeNs wall = 0;
  TimeNs led_since = 0;
  TimeNs listening_since = 0;  // silence before that is this coordinator's own
  TimeNs last_call = 0;

  StoredState stored;              // without topologies
  TimeNs members_next = time_min;  // not published before
  bool members_dirty = false;
  std::uint64_t epoch = 1;  // rises with every change that may give a topology another place
  std::uint64_t stepped = 0;
  std::uint64_t newest = 0;  // Orders::version given out, to whatever node

  std::map<std::string, NodeEntry> nodes;
  std::map<std::string, Topology> topologies;  // by id
  std::set<std::string> touched;               // nodes that may have to be told something
  std::vector<std::string> removed;            // topologies, to be forgotten after the step
  std::vector<Output> outputs;
};

}  // namespace dnstorm::cluster
