// Seeded simulation of the whole control plane: for some time everything that can go wrong does, at
// random; then all is well again, and within a minute everything must have come right.
//
//   cluster_sim [--seeds N] [--seed N] [--log]
//
// What must never happen is checked all the time (world.hpp): two leaders, two owners of a task, a
// checkpoint that is not whole, a worker that begins from another state than it should.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/sim/cluster/world.hpp"

namespace dnstorm::cluster::testing {
namespace {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t end = 500;
  bool log = false;
};
Range& seeds() {
  static Range range;
  return range;
}

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : world(settings_of(seed)) {
    int nodes = static_cast<int>(world.between(1, 5));
    for (int i = 0; i < nodes; ++i)
      world.add_node("n" + std::to_string(i),
                     i % 2 == 0 ? std::vector<std::string>{"capture"} : std::vector<std::string>{});
  }

  static WorldSettings settings_of(std::uint64_t seed) {
    WorldSettings settings;
    settings.seed = seed;
    settings.coordinators = seed % 3 == 0 ? 1 : 3;
    settings.clock_rate = 0.01;
    settings.wire = seed % 16 == 0;
    settings.coordinator.absence_max = 10 * ns_per_s;
    settings.coordinator.launch_timeout = 20 * ns_per_s;
    settings.coordinator.drain_timeout = 10 * ns_per_s;
    if (seed % 5 != 0) {
      settings.loss = 0.02;
      settings.doubling = 0.02;
      settings.delay = static_cast<DurationNs>(seed % 4) * 20 * ns_per_ms + ns_per_ms;
    }
    settings.worker_failure = seed % 7 == 0 ? 0.1 : 0;
    return settings;
  }

  void run() {
    world.run_for(3 * ns_per_s);
    TimeNs end = world.now + 30 * ns_per_s;
    while (world.now < end && world.problems.empty()) {
      world.run_for(world.between(100 * ns_per_ms, 2 * ns_per_s));
      if (world.chance(0.6))
        user();
      else
        fault();
    }
    recover();
    recovered = world.now;
    TimeNs settled_since = time_max;
    bool stays = world.run_until_holds(
        [&] {
          settled_since = settled() ? std::min(settled_since, world.now) : time_max;
          return !world.problems.empty() ||
                 (settled_since != time_max && world.now - settled_since > 5 * ns_per_s);
        },
        120 * ns_per_s);
    if (!stays) world.problem("has not settled: " + state());
  }

  World world;
  TimeNs recovered = 0;

 private:
  std::string pick_node() {
    auto at = world.machines.begin();
    std::advance(at, static_cast<long>(world.random() % world.machines.size()));
    return at->first;
  }
  int pick_coordinator() { return static_cast<int>(world.random() % world.leaders.size()); }
  std::string name() { return "t" + std::to_string(world.random() % 4); }

  void user() {
    static const char* texts[] = {
        "in:2 count:3",          "in:2 count:2 exactly-once",    "in@capture* count:2 exactly-once",
        "in@capture* sum@=n0",   "in count exactly-once finite", "in:2 count:2!2 exactly-once",
        "in:4 count:4 workers=2"};
    auto text = texts[world.random() % std::size(texts)];
    switch (world.random() % 12) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        (void)world.submit(submission(name(), text));
        break;
      case 5:
        (void)world.submit(submission(name(), text), {.replace = true});
        break;
      case 6:
        ask_about([&](Coordinator& machine, TimeNs now, TimeNs wall) {
          (void)machine.kill(name(), world.between(0, 3) * ns_per_s, now, wall);
        });
        break;
      case 7:
        ask_about([&](Coordinator& machine, TimeNs now, TimeNs) {
          (void)machine.rebalance(name(), {{"count", world.chance(0.5) ? 1 : 2}}, now);
        });
        break;
      case 8:
        ask_about([&](Coordinator& machine, TimeNs now, TimeNs) {
          (void)machine.drain(pick_node(), world.chance(0.4), now);
        });
        break;
      case 9:
        ask_about([&](Coordinator& machine, TimeNs now, TimeNs) {
          (void)(world.chance(0.5) ? machine.deactivate(name(), now)
                                   : machine.activate(name(), now));
        });
        break;
      case 10:
        ask_about([&](Coordinator& machine, TimeNs now, TimeNs) {
          (void)machine.rebalance(name(), {}, now);
        });
        break;
      default:
        break;
    }
  }

  template <class Call>
  void ask_about(Call call) {
    world.ask(call);
  }

  void fault() {
    std::string node = pick_node();
    int which = pick_coordinator();
    auto later = [&](World::Action action) {
      world.after(world.between(200 * ns_per_ms, 15 * ns_per_s), std::move(action));
    };
    switch (world.random() % 11) {
      case 0:
        world.kill_node(node, world.chance(0.5));
        later([this, node, same = !world.chance(0.2)] { world.start_node(node, same); });
        break;
      case 1:
        world.pause_node(node, world.chance(0.5));
        later([this, node] { world.resume_node(node); });
        break;
      case 2:
        world.kill_worker(node, "");
        break;
      case 3:
        pause_workers(node);
        later([this, node] { world.resume_node(node); });
        break;
      case 4:
        cut(node);
        later([this] { world.heal(); });
        break;
      case 5:
        split();
        later([this] { world.heal(); });
        break;
      case 6:
        world.kill_coordinator(which);
        later([this, which] { start_coordinator(which); });
        break;
      case 7:
        world.pause_coordinator(which);
        later([this, which] { world.resume_coordinator(which); });
        break;
      case 8:
        world.store_fails = true;
        later([this] { world.store_fails = false; });
        break;
      case 9:
        world.leaders[static_cast<std::size_t>(which)]->cut_off = true;
        later([this, which] { world.leaders[static_cast<std::size_t>(which)]->cut_off = false; });
        break;
      default:
        world.machines.at(node).clock.wall_offset = world.between(-ns_per_s, ns_per_s);
        break;
    }
  }

  void start_coordinator(int which) {
    if (!world.leaders[static_cast<std::size_t>(which)]->machine) world.start_coordinator(which);
  }

  void pause_workers(const std::string& node) {
    for (auto& [key, worker] : world.machines.at(node).workers) worker.paused = true;
  }

  // One node from everybody, or from the coordinators only; both ways or one.
  void cut(const std::string& node) {
    bool from_all = world.chance(0.5);
    std::uint64_t ways = 1 + world.random() % 3;
    auto between = [&](const std::string& other) {
      if (ways & 1) world.cut(node, other);
      if (ways & 2) world.cut(other, node);
    };
    for (auto& leader : world.leaders) between(leader->name);
    if (from_all)
      for (auto& [name, machine] : world.machines) between(name);
  }

  // Everybody into two parts.
  void split() {
    std::map<std::string, bool> side;
    for (auto& leader : world.leaders) side[leader->name] = world.chance(0.5);
    for (auto& [name, machine] : world.machines) side[name] = world.chance(0.5);
    for (auto& [one, left] : side)
      for (auto& [other, right] : side)
        if (left != right) world.cut(one, other);
  }

  void recover() {
    world.heal();
    world.store_fails = false;
    world.settings.loss = world.settings.doubling = world.settings.worker_failure = 0;
    for (std::size_t i = 0; i < world.leaders.size(); ++i) {
      world.leaders[i]->cut_off = false;
      if (!world.leaders[i]->machine) world.start_coordinator(static_cast<int>(i));
      if (world.leaders[i]->paused) world.resume_coordinator(static_cast<int>(i));
    }
    for (auto& [name, machine] : world.machines) {
      machine.clock.wall_offset = 0;
      world.resume_node(name);
      if (!machine.node) world.start_node(name);
    }
  }

  bool settled() {
    Coordinator* leader = world.leader();
    if (!leader) return false;
    ClusterView view = leader->view(world.leader_now());
    for (const NodeView& node : view.nodes) {
      // One whose folder was lost while it was alone: only a user can say that it is gone.
      const auto& machine = world.machines.at(node.report.node);
      bool gone = machine.node && node.status == NodeStatus::fencing &&
                  node.report.session != fmt::format("{}#{}", machine.home, machine.start);
      if (gone && world.now - recovered > 20 * ns_per_s) {
        world.ask([&](Coordinator& asked, TimeNs at, TimeNs) {
          (void)asked.forget(node.report.node, at);
        });
        return false;
      }
      bool there = node.status == NodeStatus::alive || node.status == NodeStatus::draining;
      if (!there) return false;
    }
    std::set<std::pair<std::string, std::uint64_t>> running;
    for (const TopologyView& topology : view.topologies) {
      if (topology.status == TopologyStatus::finished) continue;
      if (topology.status == TopologyStatus::waiting && !topology.reason.empty()) continue;
      if (topology.status != TopologyStatus::active && topology.status != TopologyStatus::inactive)
        return false;
      running.insert({topology.record.id, topology.record.assignment.incarnation});
    }
    for (const auto& [name, machine] : world.machines)
      for (const auto& [key, worker] : machine.workers)
        if (!running.count(key)) return false;
    return true;
  }

  std::string state() {
    Coordinator* leader = world.leader();
    if (!leader) return "nobody leads";
    std::string text;
    ClusterView view = leader->view(world.leader_now());
    for (const NodeView& node : view.nodes)
      text += fmt::format("{} is {} ({}); ", node.report.node, static_cast<int>(node.status),
                          node.reason);
    for (const TopologyView& topology : view.topologies)
      text += fmt::format("{} [{}] is {} ({}); ", topology.record.id,
                          topology.record.assignment.incarnation, static_cast<int>(topology.status),
                          topology.reason);
    for (const auto& [name, machine] : world.machines)
      for (const auto& [key, worker] : machine.workers)
        text += fmt::format("{} runs {} [{}]; ", name, key.first, key.second);
    return text;
  }
};

std::string told(const LogLine& line) {
  return fmt::format("{:.3f} {} {} {}: {}\n",
                     static_cast<double>(line.wall % (1000 * ns_per_s)) / ns_per_s, line.level,
                     line.node, line.topology, line.text);
}

TEST(Cluster, ComesRightAfterWhateverGoesWrong) {
  std::uint64_t checkpoints = 0, restored = 0, messages = 0, incarnations = 0;
  for (std::uint64_t seed = seeds().first; seed < seeds().end; ++seed) {
    Chaos chaos(seed);
    chaos.run();
    checkpoints += chaos.world.checkpoints_written;
    restored += chaos.world.restored;
    messages += chaos.world.messages;
    for (const TopologyRecord& record : chaos.world.store.topologies)
      incarnations += record.assignment.incarnation;
    if (seeds().log) {
      std::vector<LogLine> lines = chaos.world.log;
      for (auto& [name, machine] : chaos.world.machines)
        lines.insert(lines.end(), machine.notes.begin(), machine.notes.end());
      std::stable_sort(lines.begin(), lines.end(),
                       [](const auto& a, const auto& b) { return a.wall < b.wall; });
      for (const LogLine& line : lines) fmt::print("{}", told(line));
    }
    ASSERT_TRUE(chaos.world.problems.empty())
        << "--seed " << seed << ": " << chaos.world.problems.front();
  }
  fmt::print("{} messages, {} incarnations of what is left, {} checkpoints, {} restored\n",
             messages, incarnations, checkpoints, restored);
  if (seeds().end - seeds().first >= 100) {
    EXPECT_GT(checkpoints, 100u);
    EXPECT_GT(restored, 100u);
  }
}

}  // namespace
}  // namespace dnstorm::cluster::testing

int main(int argc, char** argv) {
  using namespace dnstorm::cluster::testing;
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--log")) seeds().log = true;
    if (i + 1 >= argc) continue;
    if (!std::strcmp(argv[i], "--from")) seeds().first = std::stoull(argv[i + 1]);
    if (!std::strcmp(argv[i], "--seeds")) seeds().end = std::stoull(argv[i + 1]);
    if (!std::strcmp(argv[i], "--seed")) {
      seeds().first = std::stoull(argv[i + 1]);
      seeds().end = seeds().first + 1;
    }
  }
  return RUN_ALL_TESTS();
}
