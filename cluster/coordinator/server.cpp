#include "cluster/coordinator/server.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cluster/coordinator/detail/machine_options.hpp"
#include "cluster/coordinator/tapped.hpp"
#include "cluster/model/codec.hpp"
#include "cluster/model/loop.hpp"
#include "cluster/redis/checkpoint_redis.hpp"
#include "cluster/store/checkpoint_folder.hpp"
#include "cluster/store/sqlite_store.hpp"
#include "cluster/wire/hub.hpp"
#include "cluster/wire/key_folder.hpp"
#include "cluster/zookeeper/election.hpp"
#include "cluster/zookeeper/zookeeper_store.hpp"
#include "engine/base/overloaded.hpp"

namespace dnstorm::cluster {

namespace {

// After a write that failed: until it is tried again whether the store works.
constexpr DurationNs store_pause = ns_per_s;

// Who may speak as whom: with keys, only as oneself.
bool speaks_for_itself(const HubMessage& message, const std::string& node) {
  return message.user.empty() || message.user == node;
}

}  // namespace

struct CoordinatorServer::State {
  State(ServerSetup given, KeyFolder own_keys)
      : setup(std::move(given)),
        keys(std::move(own_keys)),
        machine(detail::machine_options(setup, keys.allowed), *setup.planner) {}
  ~State() { stop(); }

  ServerSetup setup;
  KeyFolder keys;
  SystemClock clock;
  Coordinator machine;
  std::unique_ptr<SqliteStore> own_store;        // the only coordinator's
  std::unique_ptr<ZooKeeperStore> shared_store;  // or that of several
  std::unique_ptr<Election> election;            // of several
  std::unique_ptr<Checkpoints> checkpoints;      // of the loop `disk`
  Loop loop{clock, [this] { return on_time(); }};
  Loop disk{clock, [] { return time_max; }};
  std::unique_ptr<Hub> hub;
  TimeNs lead_at = time_max;          // when to try to lead
  std::optional<std::uint64_t> term;  // that an election has given
  std::string leader;                 // as nodes say, in the newest of their terms
  std::uint64_t leader_term = 0;

  Store& store() { return shared_store ? static_cast<Store&>(*shared_store) : *own_store; }
  Result<void> open();
  Result<void> open_checkpoints();
  void stand_for_election();
  void take(const ElectionEvent& event);
  bool may_lead() const { return !election || clock.steady_ns() < election->lead_until(); }
  void step_down() {
    machine.step_down();
    (void)machine.take_outputs();
  }
  void complain(const std::string& what) {
    say({clock.wall_ns(), setup.config.coordinator_name(), "", "error", what});
  }
  Result<void> listen();
  void stop();
  TimeNs on_time();
  void lead();
  void take(const HubMessage& message);
  void carry_out();
  bool carry_out(Output& output);
  Result<void> save(const Output& output);
  void write(WriteCheckpoint order);
  void read(const ReadCheckpoint& order);
  void remove(const std::string& topology);
  void say(const LogLine& line) {
    if (setup.on_log) setup.on_log(line);
  }
  void send(const std::string& node, const Message& message) {
    hub->send({node, true}, {Buffer::copy_of(encode(message)), {}});
  }
  // Runs a word of a user on the machine's thread; it holds when what follows from it is written.
  template <class F>
  auto ask(F what) {
    return loop.ask([&]() -> decltype(what()) {
      if (!machine.leads())
        return Error{ErrorKind::unavailable, "this coordinator does not lead now", {}};
      auto answer = what();
      carry_out();
      if (!machine.leads())
        return Error{ErrorKind::unavailable,
                     "the coordinator cannot write down what is to be done: see its log",
                     {}};
      return answer;
    });
  }
};

Result<void> CoordinatorServer::State::open() {
  const ClusterConfig& config = setup.config;
  if (config.zookeeper.empty()) {
    own_store = DNSTORM_TRY(SqliteStore::open(config.state + "/coordinator.sqlite"));
    lead_at = 0;
  } else {
    shared_store = std::make_unique<ZooKeeperStore>(config.zookeeper);
  }
  return open_checkpoints();
}

Result<void> CoordinatorServer::State::open_checkpoints() {
  const ClusterConfig& config = setup.config;
  if (config.checkpoints.rfind("redis://", 0) == 0) {
    std::string password;
    if (config.redis_password.given()) password = DNSTORM_TRY(read_secret(config.redis_password));
    checkpoints =
        DNSTORM_TRY(CheckpointRedis::open(config.checkpoints, config.name, std::move(password)));
    return {};
  }
  std::string folder =
      config.checkpoints.empty() ? config.state + "/checkpoints" : config.checkpoints;
  checkpoints = std::make_unique<CheckpointFolder>(
      DNSTORM_TRY(CheckpointFolder::open(folder, config.coordinator_name())));
  return {};
}

Result<void> CoordinatorServer::State::listen() {
  HubOptions options;
  options.identity = setup.config.coordinator_name();
  options.keys = keys.own;
  options.allowed = keys.allowed;
  HubHandlers handlers;
  handlers.message = [this](const HubMessage& message) { take(message); };
  hub = DNSTORM_TRY(Hub::start(std::move(options), std::move(handlers)));
  DNSTORM_TRY(hub->bind(setup.config.coordinator_bind()));
  return {};
}

void CoordinatorServer::State::stand_for_election() {
  if (setup.config.zookeeper.empty()) return;
  election = Election::start(
      {setup.config.zookeeper, setup.config.coordinator_name()}, clock,
      [this](const ElectionEvent& event) { loop.post([this, event] { take(event); }); });
}

void CoordinatorServer::State::take(const ElectionEvent& event) {
  if (event.kind == ElectionEvent::Kind::trouble) return complain(event.reason);
  step_down();
  term.reset();
  lead_at = time_max;
  if (event.kind != ElectionEvent::Kind::gained) return complain("leads no more: " + event.reason);
  term = event.term;
  lead_at = clock.steady_ns();
}

void CoordinatorServer::State::stop() {
  hub.reset();  // no message after it
  loop.stop();
  disk.stop();
  election.reset();  // the loop asks it whether it may act
}

TimeNs CoordinatorServer::State::on_time() {
  TimeNs now = clock.steady_ns();
  if (lead_at <= now) lead();
  // Again and again: another one may lead later.
  if (election) machine.acting_until(election->lead_until());
  machine.tick(now, clock.wall_ns());
  carry_out();
  return std::min(machine.next_time(), lead_at);
}

void CoordinatorServer::State::lead() {
  lead_at = clock.steady_ns() + store_pause;
  Result<std::uint64_t> number =
      shared_store ? Result<std::uint64_t>(*term) : own_store->begin_term();
  if (shared_store) shared_store->lead(*term);
  auto stored = number.ok() ? store().load() : Result<StoredState>(number.error());
  if (!stored.ok()) return complain(stored.error().what);
  lead_at = time_max;
  machine.lead(*number, std::move(*stored), clock.steady_ns(), clock.wall_ns());
}

// On the hub's thread.
void CoordinatorServer::State::take(const HubMessage& message) {
  auto decoded = decode(message.frame.head.text());
  if (!decoded.ok()) return;  // of another version at best; its own log has more to say
  TimeNs now = clock.steady_ns();
  std::visit(Overloaded{
                 [&](Report& report) {
                   if (!speaks_for_itself(message, report.node)) return;
                   loop.post([this, report = std::move(report), now] {
                     if (report.term >= leader_term && !report.leader.empty()) {
                       leader_term = report.term;
                       leader = report.leader;
                     }
                     machine.take(report, now, clock.wall_ns());
                   });
                 },
                 [&](StatePart& part) {
                   loop.post([this, part = std::make_shared<StatePart>(std::move(part)), now] {
                     machine.take(std::move(*part), now);
                   });
                 },
                 [&](LogLine& line) {
                   if (speaks_for_itself(message, line.node))
                     loop.post([this, line = std::move(line)] { say(line); });
                 },
                 [&](WorkerNews& news) {
                   if (speaks_for_itself(message, news.node) && setup.on_news)
                     loop.post([this, news = std::move(news), now] { setup.on_news(news, now); });
                 },
                 [&](FeedNews& news) {
                   if (!speaks_for_itself(message, news.node) || !setup.on_feed) return;
                   loop.post([this, news = std::move(news)] {
                     if (!machine.leads()) return;  // it is for the one that does
                     if (auto ack = setup.on_feed(news)) send(news.node, *ack);
                   });
                 },
                 [](const auto&) {},  // what only nodes are told
             },
             *decoded);
}

void CoordinatorServer::State::carry_out() {
  for (auto outputs = machine.take_outputs(); !outputs.empty(); outputs = machine.take_outputs())
    for (Output& output : outputs) {
      if (carry_out(output)) continue;
      // What follows stands on what could not be written.
      step_down();
      if (own_store || term) lead_at = clock.steady_ns() + store_pause;
      return;
    }
}

bool CoordinatorServer::State::carry_out(Output& output) {
  // Another one may lead by now, if this process was stopped for long.
  if (!may_lead()) return false;
  auto saved = save(output);
  if (!saved.ok()) return complain(saved.error().what), false;
  std::visit(Overloaded{
                 [&](Send& order) { send(order.node, order.orders); },
                 [&](SendState& order) { send(order.node, order.part); },
                 [&](WriteCheckpoint& order) { write(std::move(order)); },
                 [&](const ReadCheckpoint& order) { read(order); },
                 [&](const RemoveCheckpoints& order) { remove(order.topology); },
                 [&](const Say& order) { say(order.line); }, [](const auto&) {},  // saved
             },
             output);
  return true;
}

Result<void> CoordinatorServer::State::save(const Output& output) {
  if (const auto* record = std::get_if<SaveRecord>(&output)) return store().save(record->record);
  if (const auto* gone = std::get_if<RemoveRecord>(&output)) return store().remove(gone->topology);
  if (const auto* all = std::get_if<SaveCluster>(&output)) return store().save_cluster(all->state);
  return {};
}

void CoordinatorServer::State::write(WriteCheckpoint order) {
  disk.post([this, order = std::make_shared<WriteCheckpoint>(std::move(order))] {
    std::uint64_t number = order->checkpoint.number;
    StoredCheckpoint stored{order->fingerprint,
                            {std::move(order->layout), std::move(order->assignment)},
                            std::move(order->checkpoint)};
    auto written = std::make_shared<Result<void>>(checkpoints->write(order->topology, stored));
    loop.post([this, topology = order->topology, number, written] {
      machine.checkpoint_written(topology, number, *written, clock.steady_ns());
    });
  });
}

void CoordinatorServer::State::read(const ReadCheckpoint& order) {
  std::optional<Submission> submission;
  for (TopologyView& topology : machine.view(clock.steady_ns()).topologies)
    if (topology.record.id == order.topology) submission = std::move(topology.record.submission);
  if (!submission) return;  // it has been removed meanwhile
  disk.post([this, order, submission = std::move(*submission)] {
    auto found = checkpoints->read(order.topology, order.number);
    Result<std::vector<std::string>> states = std::vector<std::string>{};
    if (!found.ok())
      states = std::move(found.error());
    else if (!found->checkpoint || found->checkpoint->checkpoint.number != order.number)
      states = Error{ErrorKind::data,
                     fmt::format("checkpoint {} is not there any more{}{}", order.number,
                                 found->damaged.empty() ? "" : ": ",
                                 found->damaged.empty() ? "" : found->damaged.front()),
                     {}};
    else
      states = setup.fit({submission, order.choices, order.assignment, found->checkpoint->note,
                          std::move(found->checkpoint->checkpoint)});
    auto shared = std::make_shared<Result<std::vector<std::string>>>(std::move(states));
    loop.post([this, order, shared] {
      machine.checkpoint_read(order.topology, order.number, std::move(*shared), clock.steady_ns());
    });
  });
}

void CoordinatorServer::State::remove(const std::string& topology) {
  disk.post([this, topology] {
    auto removed = checkpoints->remove(topology);
    if (removed.ok()) return;
    loop.post([this, topology, what = removed.error().what] {
      say({clock.wall_ns(), setup.config.coordinator_name(), topology, "warning", what});
    });
  });
}

CoordinatorServer::CoordinatorServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
CoordinatorServer::~CoordinatorServer() = default;

Result<std::unique_ptr<CoordinatorServer>> CoordinatorServer::start(ServerSetup setup) {
  KeyFolder keys;
  if (!setup.config.keys.empty())
    keys = DNSTORM_TRY(load_keys(setup.config.keys, setup.config.coordinator_name()));
  auto state = std::make_unique<State>(std::move(setup), std::move(keys));
  DNSTORM_CHECK(state->open());
  DNSTORM_CHECK(state->listen());
  state->loop.start();
  state->disk.start();
  // On the thread that uses it.
  state->loop.post([own = state.get()] { own->stand_for_election(); });
  return std::unique_ptr<CoordinatorServer>(new CoordinatorServer(std::move(state)));
}

ClusterView CoordinatorServer::view() {
  return state_->loop.ask([this] { return state_->machine.view(state_->clock.steady_ns()); });
}

std::string CoordinatorServer::leader() {
  return state_->loop.ask([this] { return state_->leader; });
}

Result<SubmitAnswer> CoordinatorServer::submit(Submission submission, SubmitOptions options) {
  return state_->ask([&] {
    return state_->machine.submit(std::move(submission), options, state_->clock.steady_ns(),
                                  state_->clock.wall_ns());
  });
}

Result<void> CoordinatorServer::kill(const std::string& topology, std::optional<DurationNs> wait) {
  return state_->ask([&] {
    return state_->machine.kill(topology, wait, state_->clock.steady_ns(), state_->clock.wall_ns());
  });
}

Result<void> CoordinatorServer::activate(const std::string& topology) {
  return state_->ask([&] { return state_->machine.activate(topology, state_->clock.steady_ns()); });
}

Result<void> CoordinatorServer::deactivate(const std::string& topology) {
  return state_->ask(
      [&] { return state_->machine.deactivate(topology, state_->clock.steady_ns()); });
}

Result<void> CoordinatorServer::rebalance(const std::string& topology,
                                          const std::map<std::string, std::uint32_t>& executors) {
  return state_->ask(
      [&] { return state_->machine.rebalance(topology, executors, state_->clock.steady_ns()); });
}

Result<void> CoordinatorServer::drain(const std::string& node, bool drained) {
  return state_->ask(
      [&] { return state_->machine.drain(node, drained, state_->clock.steady_ns()); });
}

Result<void> CoordinatorServer::forget(const std::string& node) {
  return state_->ask([&] { return state_->machine.forget(node, state_->clock.steady_ns()); });
}

void CoordinatorServer::tap(TapOrder order, std::function<void(const std::string&)> over) {
  state_->loop.post([state = state_.get(), order = std::move(order), over = std::move(over)] {
    auto workers = tapped(state->machine.view(state->clock.steady_ns()), order);
    if (!workers.ok()) return over(workers.error().what);
    for (const std::string& node : workers->nodes) state->send(node, workers->order);
  });
}

void CoordinatorServer::mute(MuteOrder order) {
  state_->loop.post([state = state_.get(), order = std::move(order)] {
    const ClusterView view = state->machine.view(state->clock.steady_ns());
    for (const std::string& node : nodes_of(view, order.topology)) state->send(node, order);
  });
}

void CoordinatorServer::confirm(const std::string& node, FeedAck ack) {
  state_->loop.post([state = state_.get(), node, ack = std::move(ack)] {
    if (state->machine.leads()) state->send(node, ack);
  });
}

void CoordinatorServer::stop() { state_->stop(); }

}  // namespace dnstorm::cluster
