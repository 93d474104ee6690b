// Coordinators of the simulated cluster: their processes, election, store and checkpoints.
#include <fmt/format.h>

#include <algorithm>

#include "cluster/model/codec.hpp"
#include "tests/sim/cluster/world.hpp"

namespace dnstorm::cluster::testing {

namespace {

constexpr DurationNs session_timeout = 3 * ns_per_s;    // of the election
constexpr DurationNs session_margin = 300 * ns_per_ms;  // a leader thinks it is over earlier
constexpr DurationNs heartbeat_period = 500 * ns_per_ms;

}  // namespace

// --- coordinators --------------------------------------------------------------------------------

void World::start_coordinator(int which) {
  Leader& leader = *leaders[static_cast<std::size_t>(which)];
  CoordinatorOptions options = settings.coordinator;
  options.version = "1.0";
  leader.machine = std::make_unique<Coordinator>(options, planner);
  leader.paused = false;
  leader.inbox.clear();
  ++leader.generation;
  if (settings.coordinators == 1) {
    take_lead(leader);
    return;
  }
  leader.machine->acting_until(time_min);  // until the election has answered it
  heartbeat(which);
}

void World::kill_coordinator(int which) {
  Leader& leader = *leaders[static_cast<std::size_t>(which)];
  leader.machine.reset();
  ++leader.generation;
}

void World::pause_coordinator(int which) {
  leaders[static_cast<std::size_t>(which)]->paused = true;
}

void World::resume_coordinator(int which) {
  Leader& leader = *leaders[static_cast<std::size_t>(which)];
  leader.paused = false;
  while (!leader.inbox.empty() && !leader.paused && leader.machine) {
    Action action = std::move(leader.inbox.front());
    leader.inbox.pop_front();
    action();
  }
}

void World::to_leader(Leader& leader, Action action) {
  if (!leader.machine) return;
  if (leader.paused)
    leader.inbox.push_back(std::move(action));
  else
    action();
}

World::Leader* World::leading() {
  for (auto& leader : leaders)
    if (leader->machine && !leader->paused && leader->machine->view(leader->clock.at(now)).leads)
      return leader.get();
  return nullptr;
}

Coordinator* World::leader() {
  Leader* at = leading();
  return at ? at->machine.get() : nullptr;
}

TimeNs World::leader_now() {
  Leader* at = leading();
  return at ? at->clock.at(now) : now;
}

// The election's side of a session lives as long as heartbeats come; a coordinator counts from
// when it sent the one that was answered.
void World::heartbeat(int which) {
  Leader& leader = *leaders[static_cast<std::size_t>(which)];
  std::uint64_t generation = leader.generation;
  TimeNs sent = leader.clock.at(now);
  if (!leader.cut_off && !leader.paused && leader.machine) {
    after(between(ns_per_ms, 20 * ns_per_ms), [this, which, generation, sent] {
      Leader& of = *leaders[static_cast<std::size_t>(which)];
      if (of.cut_off || of.generation != generation) return;
      bool expired = of.session_until != time_min && now > of.session_until;
      of.session_until = now + session_timeout;
      if (expired && holder_ == which) holder_ = -1;
      bool holds = holder_ == which;
      after(between(ns_per_ms, 20 * ns_per_ms), [this, which, generation, sent, holds] {
        Leader& told = *leaders[static_cast<std::size_t>(which)];
        if (told.cut_off || told.generation != generation) return;
        to_leader(told, [this, &told, sent, holds] {
          told.machine->acting_until(sent + session_timeout - session_margin);
          if (!holds && told.machine->leads()) told.machine->step_down();
          elect();
        });
      });
    });
  }
  after(heartbeat_period, [this, which, generation] {
    if (leaders[static_cast<std::size_t>(which)]->generation == generation) heartbeat(which);
  });
}

void World::elect() {
  auto alive = [&](const Leader& leader) { return now <= leader.session_until; };
  if (holder_ >= 0) {
    Leader& holder = *leaders[static_cast<std::size_t>(holder_)];
    if (alive(holder)) {
      // Its leadership has ended by itself (the store failed): it tries again.
      if (holder.machine && !holder.paused && !holder.machine->leads() && !store_fails)
        take_lead(holder);
      return;
    }
    holder_ = -1;
  }
  std::vector<int> candidates;
  for (std::size_t i = 0; i < leaders.size(); ++i)
    if (leaders[i]->machine && !leaders[i]->paused && alive(*leaders[i]))
      candidates.push_back(static_cast<int>(i));
  if (candidates.empty() || store_fails) return;
  holder_ = candidates[random() % candidates.size()];
  take_lead(*leaders[static_cast<std::size_t>(holder_)]);
}

void World::take_lead(Leader& leader) {
  if (store_fails) {
    std::uint64_t generation = leader.generation;
    after(500 * ns_per_ms, [this, &leader, generation] {
      if (leader.generation != generation || !leader.machine || leader.machine->leads()) return;
      if (settings.coordinators == 1) to_leader(leader, [this, &leader] { take_lead(leader); });
    });
    return;
  }
  for (const auto& other : leaders) {
    if (other.get() == &leader || !other->machine) continue;
    if (other->machine->view(other->clock.at(now)).leads)
      problem(fmt::format("{} and {} lead at once", other->name, leader.name));
  }
  ++leader.generation;
  if (settings.coordinators > 1) {
    std::uint64_t generation = leader.generation;
    auto which =
        static_cast<int>(std::find_if(leaders.begin(), leaders.end(),
                                      [&](const auto& one) { return one.get() == &leader; }) -
                         leaders.begin());
    after(heartbeat_period, [this, which, generation] {
      if (leaders[static_cast<std::size_t>(which)]->generation == generation) heartbeat(which);
    });
  }
  store_term = ++term_;
  leader.machine->lead(term_, store, leader.clock.at(now), wall(leader.clock));
  drain(leader);
}

void World::drain(Leader& leader) {
  if (!leader.machine) return;
  auto outputs = leader.machine->take_outputs();
  bool failed = false;
  for (Output& output : outputs)
    if (!failed && !write(leader, output)) failed = true;
  if (failed) {
    leader.machine->step_down();
    ++leader.generation;
    if (settings.coordinators == 1) {
      store_fails = store_fails || false;
      after(ns_per_s, [this, &leader, generation = leader.generation] {
        if (leader.generation == generation && leader.machine)
          to_leader(leader, [this, &leader] { take_lead(leader); });
      });
    } else {
      auto which =
          static_cast<int>(std::find_if(leaders.begin(), leaders.end(),
                                        [&](const auto& one) { return one.get() == &leader; }) -
                           leaders.begin());
      after(heartbeat_period, [this, which, generation = leader.generation] {
        if (leaders[static_cast<std::size_t>(which)]->generation == generation) heartbeat(which);
      });
    }
    return;
  }
  for (Output& output : outputs) perform(leader, output);
  set_timer(leader);
}

// False: the store does not take it.
bool World::write(Leader& leader, Output& output) {
  auto* record = std::get_if<SaveRecord>(&output);
  auto* cluster = std::get_if<SaveCluster>(&output);
  auto* removed = std::get_if<RemoveRecord>(&output);
  if (!record && !cluster && !removed) return true;
  if (store_fails || leader.machine->view(leader.clock.at(now)).term != store_term) return false;
  auto of = [&](const std::string& id) {
    return std::find_if(store.topologies.begin(), store.topologies.end(),
                        [&](const TopologyRecord& one) { return one.id == id; });
  };
  if (cluster) {
    auto topologies = std::move(store.topologies);
    store = std::move(cluster->state);
    store.topologies = std::move(topologies);
  } else if (record) {
    auto found = of(record->record.id);
    if (found == store.topologies.end())
      store.topologies.push_back(std::move(record->record));
    else
      *found = std::move(record->record);
  } else if (auto found = of(removed->topology); found != store.topologies.end()) {
    store.topologies.erase(found);
  }
  return true;
}

void World::perform(Leader& leader, Output& output) {
  if (auto* send = std::get_if<Send>(&output)) {
    auto machine = machines.find(send->node);
    if (machine == machines.end()) return;
    std::string bytes = settings.wire ? encode(send->orders) : std::string();
    std::string session = send->orders.session;
    auto orders = std::make_shared<Orders>(settings.wire ? std::get<Orders>(*decode(bytes))
                                                         : std::move(send->orders));
    message(leader.name, send->node, [this, orders, name = send->node, session] {
      Machine& to = machines.at(name);
      to_node(to, session, [this, orders, &to] {
        to.node->take(*orders, to.clock.at(now));
        drain(to);
      });
    });
  } else if (auto* state = std::get_if<SendState>(&output)) {
    auto part = std::make_shared<StatePart>(std::move(state->part));
    message(leader.name, state->node, [this, part, name = state->node] {
      Machine& to = machines.at(name);
      to_node(to, "", [this, part, &to] {
        to.node->take(*part, to.clock.at(now));
        drain(to);
      });
    });
  } else if (auto* written = std::get_if<WriteCheckpoint>(&output)) {
    write_checkpoint(leader, std::move(*written));
  } else if (auto* read = std::get_if<ReadCheckpoint>(&output)) {
    read_checkpoint(leader, std::move(*read));
  } else if (auto* gone = std::get_if<RemoveCheckpoints>(&output)) {
    for (auto at = checkpoints.begin(); at != checkpoints.end();)
      at = at->first.first == gone->topology ? checkpoints.erase(at) : std::next(at);
  } else if (auto* line = std::get_if<Say>(&output)) {
    log.push_back(std::move(line->line));
  }
}

void World::set_timer(Leader& leader) {
  if (!leader.machine) return;
  TimeNs own = leader.machine->next_time();
  if (own == time_max) return;
  TimeNs time = std::max(leader.clock.real_of(own), now + ns_per_ms);
  if (leader.timer <= time && leader.timer > now) return;
  leader.timer = time;
  at(time, [this, &leader, time] {
    if (leader.timer != time) return;
    leader.timer = time_max;
    to_leader(leader, [this, &leader] {
      leader.machine->tick(leader.clock.at(now), wall(leader.clock));
      drain(leader);
      set_timer(leader);
    });
  });
}

// --- checkpoints ---------------------------------------------------------------------------------

void World::write_checkpoint(Leader& leader, WriteCheckpoint write) {
  std::uint64_t number = write.checkpoint.number;
  std::uint64_t incarnation = write.assignment.incarnation;
  for (std::size_t task = 0; task < write.checkpoint.states.size(); ++task) {
    const std::string& state = write.checkpoint.states[task];
    std::string wanted = fmt::format("{}/{}/{}/", write.topology, incarnation, task);
    bool fits = state.rfind(wanted, 0) == 0 &&
                (state == wanted + std::to_string(number) || state == wanted + "0");
    if (!fits)
      problem(fmt::format("checkpoint {} of {} has the state '{}' of task {}", number,
                          write.topology, state, task));
  }
  auto shared = std::make_shared<WriteCheckpoint>(std::move(write));
  std::uint64_t generation = leader.generation;
  after(between(10 * ns_per_ms, 200 * ns_per_ms), [this, &leader, shared, generation, incarnation] {
    // A coordinator that leads no more may still be at it.
    auto& stored = checkpoints[{shared->topology, shared->checkpoint.number}];
    stored = {incarnation, shared->checkpoint.states};
    to_leader(leader, [this, &leader, shared, generation] {
      if (leader.generation != generation) return;
      ++checkpoints_written;
      leader.machine->checkpoint_written(shared->topology, shared->checkpoint.number,
                                         chance(settings.loss / 10)
                                             ? Result<void>(Error{ErrorKind::io, "disk full", {}})
                                             : Result<void>(),
                                         leader.clock.at(now));
      drain(leader);
    });
  });
}

// Reads, writes and removals come one after the other, as on the shell's one thread for them: what
// is there when it is asked for is what is read, whatever is removed before the answer.
void World::read_checkpoint(Leader& leader, ReadCheckpoint read) {
  auto found = checkpoints.find({read.topology, read.number});
  auto record = std::find_if(store.topologies.begin(), store.topologies.end(),
                             [&](const auto& one) { return one.id == read.topology; });
  if (found == checkpoints.end())
    return problem(fmt::format("checkpoint {} of {} is not there", read.number, read.topology));
  if (record != store.topologies.end() && record->checkpoint == read.number &&
      record->checkpoint_assignment.incarnation != found->second.incarnation)
    return problem(fmt::format("checkpoint {} of {} is that of another incarnation", read.number,
                               read.topology));
  std::uint64_t generation = leader.generation;
  after(between(5 * ns_per_ms, 100 * ns_per_ms), [this, &leader, read,
                                                  states = found->second.states, generation] {
    to_leader(leader, [this, &leader, read, states, generation] {
      if (leader.generation != generation) return;
      ++restored;
      leader.machine->checkpoint_read(read.topology, read.number, states, leader.clock.at(now));
      drain(leader);
    });
  });
}

}  // namespace dnstorm::cluster::testing
