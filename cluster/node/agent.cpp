#include "cluster/node/agent.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>
#include <utility>

#include "cluster/model/codec.hpp"
#include "cluster/model/loop.hpp"
#include "cluster/node/home.hpp"
#include "cluster/node/node.hpp"
#include "cluster/node/process.hpp"
#include "cluster/wire/bind_ports.hpp"
#include "cluster/wire/hub.hpp"
#include "cluster/wire/key_folder.hpp"
#include "engine/base/overloaded.hpp"

namespace dnstorm::cluster {

namespace {

constexpr std::size_t mutes_max = 256;  // topologies whose mutes are remembered

using WorkerKey = std::pair<std::string, std::uint64_t>;  // topology, incarnation

// A node may have the name, and the key, of a coordinator on the same machine.
std::string way_to(const std::string& node) { return "node/" + node; }

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string new_session() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

NodeOptions machine_options(const AgentSetup& setup, const NodeHome& home) {
  const NodeConfig& config = setup.config.node;
  NodeOptions options;
  options.version = setup.version;
  options.name = config.name;
  options.host = host_name();
  options.session = new_session();
  options.home = home.id();
  options.start = home.start();
  options.labels = config.labels;
  options.cores = config.cores;
  options.memory = config.memory;
  options.worker_timeout = setup.config.timeouts.worker;
  return options;
}

}  // namespace

struct Agent::State {
  State(AgentSetup given, NodeHome own_home, KeyFolder own_keys)
      : setup(std::move(given)),
        home(std::move(own_home)),
        keys(std::move(own_keys)),
        machine(machine_options(setup, home), clock.steady_ns()) {}
  ~State() { stop(); }

  AgentSetup setup;
  NodeHome home;
  KeyFolder keys;
  SystemClock clock;
  Node machine;
  Loop loop{clock, [this] { return on_time(); }};
  std::unique_ptr<Hub> hub;
  struct Worker {
    std::unique_ptr<Process> process;
    WorkerReport said;
  };
  std::map<WorkerKey, Worker> workers;                    // of the loop
  std::map<std::string, std::string> mutes;  // likewise: the newest MuteOrder by topology
  std::map<std::string, Member> members;                  // likewise
  std::uint64_t term = 0;                                 // the highest heard of
  std::string coordinator;                                // who has it

  const std::string& name() const { return setup.config.node.name; }
  Result<void> listen();
  void stop();
  TimeNs on_time();
  void take(const HubMessage& message);
  void take(const Orders& orders, const std::string& from, TimeNs now);
  void take(const TapOrder& order);
  void take(const MuteOrder& order);
  void take(const FeedAck& ack);
  void know(const Members& all);
  void carry_out(NodeOutput& output);
  void start(const StartWorker& order);
  void take(const WorkerKey& key, const Word& word);
  void gone(const WorkerKey& key, const std::string& how);
  void note(LogLine line);
  void tell_coordinators(const Message& message);
  void tell_leader(const Message& message);
  void send(const HubPeer& to, const Message& message) {
    hub->send(to, {Buffer::copy_of(encode(message)), {}});
  }
  void send_worker(const WorkerKey& key, Word word) {
    if (auto worker = workers.find(key); worker != workers.end())
      worker->second.process->send(word);
  }
};

Result<void> Agent::State::listen() {
  HubOptions options;
  options.identity = name();
  options.keys = keys.own;
  options.allowed = keys.allowed;
  HubHandlers handlers;
  handlers.message = [this](const HubMessage& message) { take(message); };
  handlers.refused = [this](const HubPeer& peer, const std::string& why) {
    loop.post([this, text = fmt::format("{}: {}", peer.name, why)] {
      note({clock.wall_ns(), name(), "", "error", text});
    });
  };
  hub = DNSTORM_TRY(Hub::start(std::move(options), std::move(handlers)));
  machine.bound(DNSTORM_TRY(
      bind_in(*hub, fmt::format("tcp://{}:0", setup.config.node.bind), setup.config.node.ports)));
  for (const CoordinatorAddress& address : setup.config.coordinators) {
    std::string key = DNSTORM_TRY(keys.key_of(address.name));
    DNSTORM_CHECK(hub->connect(address.name, address.endpoint, key));
  }
  return {};
}

void Agent::State::stop() {
  hub.reset();
  loop.stop();
  workers.clear();
}

TimeNs Agent::State::on_time() {
  // Only one that runs says its numbers again and again: opening its operators may take long.
  for (const auto& [key, worker] : workers)
    if (worker.said.state == WorkerState::starting && !worker.said.topology.empty())
      machine.worker_says(worker.said, clock.steady_ns());
  machine.tick(clock.steady_ns(), clock.wall_ns());
  for (NodeOutput& output : machine.take_outputs()) carry_out(output);
  for (auto& [key, worker] : workers) worker.process->set_lease(machine.lease_until());
  return machine.next_time();
}

// On the hub's thread.
void Agent::State::take(const HubMessage& message) {
  auto decoded = decode(message.frame.head.text());
  if (!decoded.ok()) return;
  TimeNs now = clock.steady_ns();
  loop.post([this, from = message.from, user = message.user, now,
             said = std::make_shared<Message>(std::move(*decoded))] {
    auto own = [&](const std::string& node) {
      return user.empty() || user == node || (!from.inbound && user == way_to(node));
    };
    std::visit(Overloaded{
                   [&](Orders& orders) {
                     if (!from.inbound) take(orders, from.name, now);
                   },
                   [&](StatePart& part) {
                     if (!from.inbound) machine.take(std::move(part), now);
                   },
                   [&](Ping& ping) {
                     if (own(ping.node)) machine.take(ping, now);
                   },
                   [&](Pong& pong) {
                     if (own(pong.node)) machine.take(pong, now);
                   },
                   [&](TapOrder& order) {
                     if (!from.inbound) take(order);
                   },
                   [&](FeedAck& ack) {
                     if (!from.inbound) take(ack);
                   },
                   [&](MuteOrder& order) {
                     if (!from.inbound) take(order);
                   },
                   [](const auto&) {},  // what only coordinators are told
               },
               *said);
  });
}

void Agent::State::take(const Orders& orders, const std::string& from, TimeNs now) {
  if (orders.term >= term && orders.refused.empty()) {
    term = orders.term;
    coordinator = from;
  }
  if (orders.members.version != 0) know(orders.members);
  machine.take(orders, now);
}

void Agent::State::take(const TapOrder& order) {
  for (auto& [key, worker] : workers)
    if (key.first == order.topology && worker.said.state == WorkerState::running)
      worker.process->send({WordKind::tap, encode(order)});
}

void Agent::State::take(const MuteOrder& order) {
  mutes[order.topology] = encode(order);
  if (mutes.size() > mutes_max) mutes.erase(mutes.begin());
  for (auto& [key, worker] : workers)
    if (key.first == order.topology) worker.process->send({WordKind::mutes, encode(order)});
}

void Agent::State::take(const FeedAck& ack) {
  send_worker({ack.topology, ack.incarnation}, {WordKind::feed_ack, encode(ack)});
}

// A way to each is made before it is needed, unless there are very many: a lease is short.
void Agent::State::know(const Members& all) {
  constexpr std::size_t ways_max = 32;
  std::map<std::string, Member> before = std::exchange(members, {});
  for (const Member& member : all.all) {
    members[member.name] = member;
    before.erase(member.name);
    if (all.all.size() <= ways_max && member.name != name())
      (void)hub->connect(way_to(member.name), member.endpoint, member.key);
  }
  for (const auto& [gone, member] : before) hub->disconnect(way_to(gone));
}

void Agent::State::carry_out(NodeOutput& output) {
  std::visit(Overloaded{
                 [&](SendReport& order) {
                   order.report.leader = coordinator;
                   tell_coordinators(std::move(order.report));
                 },
                 [&](SendPing& order) {
                   auto member = members.find(order.node);
                   if (member == members.end()) return;
                   // There already, unless there are very many or the other has moved.
                   std::string way = way_to(order.node);
                   if (hub->connect(way, member->second.endpoint, member->second.key).ok())
                     send({way, false}, order.ping);
                 },
                 [&](SendPong& order) {
                   send({order.node, true}, order.pong);
                 },
                 [&](ForwardState& order) { tell_leader(std::move(order.part)); },
                 [&](StartWorker& order) { start(order); },
                 [&](TellWorker& order) {
                   send_worker({order.order.topology, order.order.assignment.incarnation},
                               {WordKind::order, to_json(order.order)});
                 },
                 [&](GiveState& order) {
                   send_worker({order.part.topology, order.part.incarnation},
                               {WordKind::state, encode(order.part)});
                 },
                 [&](StopWorker& order) {
                   WorkerKey key{order.topology, order.incarnation};
                   if (!order.at_once) return send_worker(key, {WordKind::stop, {}});
                   if (auto worker = workers.find(key); worker != workers.end())
                     worker->second.process->kill();
                 },
                 [&](Note& order) { note(std::move(order.line)); },
             },
             output);
}

void Agent::State::start(const StartWorker& order) {
  WorkerKey key{order.order.topology, order.order.assignment.incarnation};
  ProcessSpec spec;
  spec.argv = setup.worker;
  std::string logs = setup.config.node.folder + "/logs";
  std::error_code ignored;  // shows when the file is opened
  std::filesystem::create_directories(logs, ignored);
  spec.log = fmt::format("{}/{}.log", logs, key.first);
  ProcessEvents events;
  events.word = [this, key](Word word) {
    loop.post([this, key, word = std::make_shared<Word>(std::move(word))] { take(key, *word); });
  };
  events.gone = [this, key](const std::string& how) {
    loop.post([this, key, how] { gone(key, how); });
  };
  spec.lease = machine.lease_until();  // from its first moment: it looks at once
  auto process = Process::start(spec, std::move(events));
  if (!process.ok()) {
    machine.worker_gone(key.first, key.second, process.error().what, clock.steady_ns());
    return;
  }
  (*process)->send({WordKind::submission, to_json(order.submission)});
  (*process)->send({WordKind::order, to_json(order.order)});
  // Before it runs, so that nothing is told of that is muted already.
  if (auto muted = mutes.find(key.first); muted != mutes.end())
    (*process)->send({WordKind::mutes, muted->second});
  workers[key] = {std::move(*process), {}};
}

void Agent::State::take(const WorkerKey& key, const Word& word) {
  TimeNs now = clock.steady_ns();
  auto worker = workers.find(key);
  if (worker == workers.end()) return;
  // Whatever it says, it says once more what it is: that it lives.
  if (word.kind != WordKind::report && !worker->second.said.topology.empty())
    machine.worker_says(worker->second.said, now);
  switch (word.kind) {
    case WordKind::report:
      if (auto report = worker_report_from_json(word.bytes); report.ok()) {
        worker->second.said = *report;
        machine.worker_says(std::move(*report), now);
      }
      break;
    case WordKind::state:
      if (auto part = decode(word.bytes); part.ok() && std::holds_alternative<StatePart>(*part))
        machine.worker_saved(std::move(std::get<StatePart>(*part)), now);
      break;
    case WordKind::log:
      if (auto line = decode(word.bytes); line.ok() && std::holds_alternative<LogLine>(*line))
        note(std::move(std::get<LogLine>(*line)));
      break;
    case WordKind::stats:
      tell_leader(WorkerNews{name(), key.first, key.second, "stats", word.bytes});
      break;
    case WordKind::news:
      if (auto news = decode(word.bytes); news.ok() && std::holds_alternative<WorkerNews>(*news)) {
        WorkerNews& said = std::get<WorkerNews>(*news);
        tell_leader(WorkerNews{name(), key.first, key.second, said.kind, std::move(said.text)});
      }
      break;
    case WordKind::feed:
      if (auto news = decode(word.bytes); news.ok() && std::holds_alternative<FeedNews>(*news)) {
        FeedNews& said = std::get<FeedNews>(*news);
        said.node = name();
        said.topology = key.first;
        said.incarnation = key.second;
        tell_leader(std::move(said));
      }
      break;
    case WordKind::feed_ack:
    case WordKind::mutes:
    case WordKind::tap:
    case WordKind::order:
    case WordKind::submission:
    case WordKind::stop:
      break;
  }
}

void Agent::State::gone(const WorkerKey& key, const std::string& how) {
  workers.erase(key);
  machine.worker_gone(key.first, key.second, how, clock.steady_ns());
}

void Agent::State::note(LogLine line) {
  if (setup.on_log) setup.on_log(line);
  tell_leader(std::move(line));
}

void Agent::State::tell_coordinators(const Message& message) {
  for (const CoordinatorAddress& address : setup.config.coordinators)
    send({address.name, false}, message);
}

void Agent::State::tell_leader(const Message& message) {
  if (!coordinator.empty()) send({coordinator, false}, message);
}

Agent::Agent(std::unique_ptr<State> state) : state_(std::move(state)) {}
Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::start(AgentSetup setup) {
  KeyFolder keys;
  if (!setup.config.keys.empty())
    keys = DNSTORM_TRY(load_keys(setup.config.keys, setup.config.node.name));
  NodeHome home = DNSTORM_TRY(NodeHome::open(setup.config.node.folder));
  auto state = std::make_unique<State>(std::move(setup), std::move(home), std::move(keys));
  DNSTORM_CHECK(state->listen());
  state->loop.start();
  return std::unique_ptr<Agent>(new Agent(std::move(state)));
}

void Agent::stop() { state_->stop(); }

}  // namespace dnstorm::cluster
