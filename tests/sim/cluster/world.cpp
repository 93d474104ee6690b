#include "tests/sim/cluster/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dnstorm::cluster::testing {

namespace {

constexpr TimeNs wall_base = 1'800'000'000 * ns_per_s;

}  // namespace

World::World(WorldSettings with) : settings(std::move(with)), random(settings.seed) {
  now = ns_per_s;
  for (int i = 0; i < settings.coordinators; ++i) {
    auto leader = std::make_unique<Leader>();
    leader->name = "coordinator" + std::to_string(i);
    leader->clock.base = between(0, 1000 * ns_per_s);
    leader->clock.rate =
        1 + settings.clock_rate * (static_cast<double>(between(0, 2000)) / 1000 - 1);
    leaders.push_back(std::move(leader));
    start_coordinator(i);
  }
}

// --- time ----------------------------------------------------------------------------------------

void World::at(TimeNs time, Action action) {
  events_.push({std::max(time, now), ++order_, std::move(action)});
}

void World::run_until(TimeNs time) {
  while (!events_.empty() && events_.top().time <= time && problems.empty()) {
    Event event = std::move(const_cast<Event&>(events_.top()));
    events_.pop();
    now = event.time;
    event.action();
  }
  now = std::max(now, time);
}

bool World::run_until_holds(const std::function<bool()>& what, DurationNs limit) {
  for (TimeNs end = now + limit; now < end;) {
    if (what()) return true;
    run_for(50 * ns_per_ms);
  }
  return what();
}

DurationNs World::between(DurationNs low, DurationNs high) {
  return low + static_cast<DurationNs>(random() % static_cast<std::uint64_t>(high - low + 1));
}

bool World::chance(double probability) {
  return probability > 0 && static_cast<double>(random() % 1'000'000) < probability * 1'000'000;
}

TimeNs World::wall(const MachineClock& clock) const { return wall_base + now + clock.wall_offset; }

void World::message(const std::string& from, const std::string& to, Action deliver) {
  ++messages;
  if (cuts.count({from, to}) || chance(settings.loss)) return;
  int copies = chance(settings.doubling) ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    DurationNs delay = between(settings.delay / 2, settings.delay * 3 / 2);
    if (settings.loss > 0 && chance(0.01)) delay *= 50;  // late, and overtaken
    if (i + 1 < copies)
      after(delay, deliver);
    else
      after(delay, std::move(deliver));
  }
}

void World::problem(std::string what) {
  problems.push_back(fmt::format("at {:.3f} s: {}", static_cast<double>(now) / ns_per_s, what));
}

bool World::logged(const std::string& text) const {
  return std::any_of(log.begin(), log.end(), [&](const LogLine& line) {
    return line.text.find(text) != std::string::npos;
  });
}

// --- users ---------------------------------------------------------------------------------------

Result<SubmitAnswer> World::submit(const Submission& submission, SubmitOptions options) {
  Result<SubmitAnswer> answer = Error{ErrorKind::unavailable, "nobody leads", {}};
  ask([&](Coordinator& machine, TimeNs own, TimeNs wall_now) {
    answer = machine.submit(submission, options, own, wall_now);
  });
  return answer;
}

std::optional<TopologyView> World::topology(const std::string& name) {
  Leader* at = leading();
  if (!at) return std::nullopt;
  for (TopologyView& view : at->machine->view(at->clock.at(now)).topologies)
    if (view.record.submission.name == name) return std::move(view);
  return std::nullopt;
}

std::optional<NodeView> World::node(const std::string& name) {
  Leader* at = leading();
  if (!at) return std::nullopt;
  for (NodeView& view : at->machine->view(at->clock.at(now)).nodes)
    if (view.report.node == name) return std::move(view);
  return std::nullopt;
}

TopologyStatus World::status(const std::string& name) {
  auto view = topology(name);
  return view ? view->status : TopologyStatus::killed;
}

}  // namespace dnstorm::cluster::testing
