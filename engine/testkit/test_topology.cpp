#include "engine/testkit/test_topology.hpp"

#include <algorithm>

#include "engine/testkit/capture.hpp"
#include "engine/testkit/simulator.hpp"
#include "engine/testkit/test_plan.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::testkit {

namespace {

// Bounds on a run that comes to no end.
constexpr std::uint64_t moves_max = 20'000'000;
constexpr std::size_t rows_max = 2'000'000;
constexpr std::uint64_t steps_max = 1'000'000;       // of the clock
constexpr std::uint64_t waiting_max = 6'000;         // steps in which only a source was asked again
constexpr DurationNs source_pause = 10 * ns_per_ms;  // until a source of its own is asked again

Error endless() {
  return {ErrorKind::usage,
          "the topology comes to no end: limit its sources, or give the test a time to stop at",
          ""};
}

}  // namespace

struct TestTopology::State {
  OperatorRegistry registry;
  topology::Topology topology;
  std::vector<Problem> problems;
  Wanted wanted;
  TestPlan plan;
  std::unique_ptr<Simulator> simulator;
  std::uint64_t moves = 0;

  void take(const OperatorRegistry& operators) {
    registry = operators;
    registry.add(capture_operator());
    registry.add(feeder_operator());
  }

  const plan::ComponentPlan& component(const std::string& id) const {
    for (const plan::ComponentPlan& component : plan.plan.components)
      if (component.id == id) return component;
    DNSTORM_ASSERT(false, "a test asks for a component that is not there", id);
    return plan.plan.components.front();
  }

  template <class Get>
  std::uint64_t sum(const std::string& id, Get get) const {
    const std::string& known = component(id).id;
    std::uint64_t total = 0;
    for (std::uint32_t t = 0; t < plan.plan.task_count; ++t)
      if (simulator->task(t).context().component == known) total += get(simulator->task(t).stats());
    return total;
  }

  // When something is to happen next; time_max: nothing ever will.
  TimeNs due() const {
    TimeNs now = simulator->clock().now;
    TimeNs next = simulator->next_time();
    for (const auto& [id, feeding] : plan.feeds)
      if (!feeding->waiting.empty() && feeding->waiting.front().at > now)
        next = std::min(next, feeding->waiting.front().at);
    return std::max(next, now);
  }
  bool source_waits() const {
    for (const std::string& id : simulator->idle_sources())
      if (!plan.feeds.contains(id)) return true;
    return false;
  }

  Result<void> settle() {
    while (simulator->step()) {
      if (++moves > moves_max) return endless();
      if (moves % 4096 != 0) continue;
      std::size_t rows = 0;
      for (const auto& [name, captured] : plan.captured) rows += captured->lines.size();
      if (rows > rows_max) return endless();
    }
    return {};
  }

  // Until the topology has ended, or the clock has come to `until`.
  Result<void> run(TimeNs until) {
    std::uint64_t waited = 0;
    for (std::uint64_t steps = 0; steps < steps_max; ++steps) {
      DNSTORM_CHECK(settle());
      if (simulator->finished()) return outcome();
      TimeNs now = simulator->clock().now;
      TimeNs next = due();
      bool waits = source_waits() && next > now + source_pause;
      if (waits) next = now + source_pause;
      waited = waits ? waited + 1 : 0;
      if (next > until || (next == time_max && until != time_max)) {
        simulator->advance(until - now);
        DNSTORM_CHECK(settle());
        return outcome();
      }
      if (next == time_max || waited > waiting_max) return endless();
      simulator->advance(next - now);
    }
    return endless();
  }

  Result<void> outcome() const {
    if (!simulator->errors().empty()) return simulator->errors().front();
    std::string lost = simulator->finished() ? simulator->conservation() : "";
    if (!lost.empty()) return Error{ErrorKind::internal, lost, ""};
    return {};
  }
};

std::vector<Row> Captured::rows() const {
  std::vector<Row> rows;
  for (const Line& line : lines) {
    Row& row = rows.emplace_back();
    const std::vector<Field>& fields = sources[line.source].fields;
    for (std::size_t i = 0; i < fields.size(); ++i) row[fields[i].name] = line.cells[i];
  }
  return rows;
}

TestTopology::TestTopology(const OperatorRegistry& operators, const std::string& yaml)
    : state_(std::make_unique<State>()) {
  state_->take(operators);
  topology::ReadResult read = topology::read_text(yaml, "topology");
  for (const topology::Diagnostic& problem : read.problems)
    state_->problems.push_back({topology::to_string("topology", problem), ""});
  state_->topology = std::move(read.topology);
}

TestTopology::TestTopology(const OperatorRegistry& operators, const topology::Topology& topology)
    : state_(std::make_unique<State>()) {
  state_->take(operators);
  state_->topology = topology;
}

TestTopology::~TestTopology() = default;

Result<void> TestTopology::set(const std::string& assignment) {
  return topology::set_property(state_->topology, assignment);
}

void TestTopology::config(const std::string& name, const std::string& value) {
  state_->topology.config[name] = {{value}, false, 0, 0};
}

void TestTopology::mock(const std::string& spout, MockOptions options) {
  state_->wanted.mocks[spout] = options;
}

void TestTopology::keep(const std::string& sink) { state_->wanted.kept.insert(sink); }

void TestTopology::capture(const std::string& what) { state_->wanted.captures.push_back(what); }

Result<void> TestTopology::start(const TestOptions& options) {
  if (state_->problems.empty()) {
    make_test_plan(state_->topology, state_->registry, state_->wanted, options, state_->plan);
    state_->problems = state_->plan.problems;
  }
  if (!state_->problems.empty())
    return Error{ErrorKind::config, state_->problems.front().what,
                 state_->problems.front().subject};
  state_->simulator =
      std::make_unique<Simulator>(state_->plan.plan, options.seed, SimOptions{.stepped = true});
  DNSTORM_CHECK(state_->simulator->prepare());
  return settle();
}

const std::vector<Problem>& TestTopology::problems() const { return state_->problems; }

Result<void> TestTopology::feed(const std::string& spout, const Row& row, TimeNs at,
                                const std::string& stream) {
  auto found = state_->plan.feeds.find(spout);
  DNSTORM_ASSERT(found != state_->plan.feeds.end(), "a spout that is not mocked is fed", spout);
  Feeding& feeding = *found->second;
  const std::vector<plan::OutputPlan>& outputs = state_->component(spout).outputs;
  auto output = std::find_if(outputs.begin(), outputs.end(),
                             [&](const plan::OutputPlan& one) { return one.name == stream; });
  if (output == outputs.end()) {
    std::vector<std::string> known;
    for (const plan::OutputPlan& one : outputs) known.push_back(one.name);
    return Error{
        ErrorKind::data,
        fmt::format("'{}' has no stream '{}'; there are {}", spout, stream, fmt::join(known, ", ")),
        stream};
  }
  auto index = static_cast<std::size_t>(output - outputs.begin());
  DNSTORM_CHECK(feeding.check(index, row));
  auto place = std::upper_bound(feeding.waiting.begin(), feeding.waiting.end(), at,
                                [](TimeNs time, const FedRow& fed) { return time < fed.at; });
  feeding.waiting.insert(place, {row, at, index, feeding.fed++});
  // The spout has said that it has nothing.
  state_->simulator->advance(0);
  return {};
}

Result<void> TestTopology::settle() {
  DNSTORM_CHECK(state_->settle());
  return state_->outcome();
}

Result<void> TestTopology::advance(DurationNs by) { return state_->run(now() + by); }

Result<void> TestTopology::complete() {
  for (auto& [id, feeding] : state_->plan.feeds) feeding->closed = true;
  state_->simulator->advance(0);
  return state_->run(time_max);
}

TimeNs TestTopology::now() const { return state_->simulator->clock().now; }

const Captured& TestTopology::captured(const std::string& what) const {
  auto found = state_->plan.captured.find(capture_name(what));
  DNSTORM_ASSERT(found != state_->plan.captured.end(), "capture() it before start()", what);
  return *found->second;
}

std::vector<std::string> TestTopology::captures() const { return state_->plan.captures; }

std::uint64_t TestTopology::executed(const std::string& component) const {
  return state_->sum(component, [](const TaskStats& stats) { return stats.executed.value(); });
}
std::uint64_t TestTopology::emitted(const std::string& component) const {
  return state_->sum(component, [](const TaskStats& stats) { return stats.emitted.value(); });
}
std::uint64_t TestTopology::acked(const std::string& spout) const {
  return state_->sum(spout, [](const TaskStats& stats) { return stats.acked.value(); });
}
std::uint64_t TestTopology::failed(const std::string& spout) const {
  return state_->sum(spout, [](const TaskStats& stats) { return stats.failed.value(); });
}
std::uint64_t TestTopology::counter(const std::string& component, const std::string& name) const {
  return state_->sum(component, [&](const TaskStats& stats) {
    std::uint64_t total = 0;
    for (const NamedValue& value : stats.own.values())
      if (value.name == name) total += value.value;
    return total;
  });
}

std::vector<std::string> TestTopology::spouts() const {
  std::vector<std::string> ids;
  for (const plan::ComponentPlan& component : state_->plan.plan.components)
    if (component.is_spout()) ids.push_back(component.id);
  return ids;
}

const std::vector<std::uint64_t>& TestTopology::acked_rows(const std::string& spout) const {
  return state_->plan.feeds.at(spout)->acked;
}
const std::vector<std::uint64_t>& TestTopology::failed_rows(const std::string& spout) const {
  return state_->plan.feeds.at(spout)->failed;
}

}  // namespace dnstorm::testkit
