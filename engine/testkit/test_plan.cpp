#include "engine/testkit/test_plan.hpp"

#include <algorithm>

#include "engine/api/options.hpp"
#include "engine/testkit/capture.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::testkit {

namespace {

struct Place {  // of what is captured
  std::string component, stream;
};

Place place_of(const std::string& what) {
  std::size_t colon = what.rfind(':');
  if (colon == std::string::npos) return {what, "default"};
  return {what.substr(0, colon), what.substr(colon + 1)};
}

std::string hint(const std::string& word, const std::vector<std::string>& known) {
  std::string close = nearest(word, known);
  if (!close.empty()) return fmt::format(", did you mean '{}'?", close);
  return fmt::format("; there are {}", fmt::join(known, ", "));
}

// Says what of a test does not fit its topology.
class Check {
 public:
  Check(const topology::Topology& topology, const plan::Plan& plan, std::vector<Problem>& problems)
      : topology_(topology), plan_(plan), problems_(problems) {}

  const plan::ComponentPlan* find(const std::string& id, const std::string& subject) {
    std::vector<std::string> known;
    for (const plan::ComponentPlan& component : plan_.components) {
      if (component.id == id) return &component;
      known.push_back(component.id);
    }
    add(fmt::format("'{}' is no component of the topology{}", id, hint(id, known)), subject);
    return nullptr;
  }
  void mock(const std::string& id) {
    const plan::ComponentPlan* component = find(id, id);
    if (component != nullptr && !component->is_spout())
      add(fmt::format("'{}' is no spout; only spouts are fed", id), id);
  }
  void keep(const std::string& id) {
    const plan::ComponentPlan* component = find(id, id);
    if (component != nullptr && component->op->kind != OperatorKind::sink)
      add(fmt::format("'{}' is no sink; all others work as they are", id), id);
  }
  void capture(const std::string& what) {
    Place place = place_of(what);
    const plan::ComponentPlan* component = find(place.component, what);
    if (component == nullptr || component->op->kind == OperatorKind::sink) return;
    std::vector<std::string> known;
    for (const plan::OutputPlan& output : component->outputs) known.push_back(output.name);
    if (std::find(known.begin(), known.end(), place.stream) == known.end())
      add(fmt::format("'{}' has no stream '{}'{}", place.component, place.stream,
                      hint(place.stream, known)),
          what);
    for (const topology::Stream& stream : topology_.streams)
      if (stream.from == place.component && stream.stream_id == place.stream &&
          stream.grouping == topology::GroupingType::direct)
        add(fmt::format("stream '{}' of '{}' is direct: look at what its readers give",
                        place.stream, place.component),
            what);
  }

 private:
  void add(std::string what, std::string subject) {
    problems_.push_back({std::move(what), std::move(subject)});
  }
  const topology::Topology& topology_;
  const plan::Plan& plan_;
  std::vector<Problem>& problems_;
};

bool add_problems(const topology::Topology& topology, const plan::ExpandResult& expanded,
                  std::vector<Problem>& problems) {
  for (const topology::Diagnostic& problem : expanded.problems)
    problems.push_back({topology::to_string(topology.file, problem), ""});
  return expanded.ok();
}

// The id comes behind all others, so that tasks keep their numbers.
void look_at(topology::Topology& topology, const std::string& what) {
  Place place = place_of(what);
  topology::Component& component = topology.bolts.emplace_back();
  component.id = "~" + what;
  component.class_name = capture_operator().name;
  topology::Stream& stream = topology.streams.emplace_back();
  stream.from = place.component;
  stream.stream_id = place.stream;
  stream.to = component.id;
  stream.grouping = topology::GroupingType::global;
}

void feed(plan::ComponentPlan& component, const MockOptions& mock, const Labels& labels,
          TestPlan& into) {
  auto feeding = std::make_shared<Feeding>();
  feeding->options = mock;
  feeding->labels = labels;
  auto declared = component.op->declare(component.options, {});
  DNSTORM_ASSERT(declared.ok(), "a source of a plan declares itself", component.id);
  for (const StreamDecl& stream : declared->outputs) feeding->streams.emplace_back(stream.fields);
  OperatorDef& op = into.doubles.emplace_back(*component.op);
  op.make_spout = [feeding](const Options&) { return make_feeder(feeding); };
  component.op = &op;
  into.feeds[component.id] = feeding;
}

void remember(plan::ComponentPlan& component, const std::string& name, const Labels& labels,
              TestPlan& into) {
  auto captured = std::make_shared<Captured>();
  OperatorDef& op = into.doubles.emplace_back(*component.op);
  op.make_bolt = [captured, labels](const Options&) { return make_capture(captured, labels); };
  component.op = &op;
  into.captured[name] = captured;
}

void put_in_doubles(const Wanted& wanted, const Labels& labels, TestPlan& into) {
  std::vector<std::string> streams;
  for (plan::ComponentPlan& component : into.plan.components) {
    auto mock = wanted.mocks.find(component.id);
    if (mock != wanted.mocks.end()) {
      feed(component, mock->second, labels, into);
    } else if (component.op->kind == OperatorKind::sink && !wanted.kept.contains(component.id)) {
      bool stream = component.id.starts_with('~');
      std::string name = stream ? component.id.substr(1) : component.id;
      remember(component, name, labels, into);
      (stream ? streams : into.captures).push_back(name);
    }
  }
  std::sort(streams.begin(), streams.end());
  into.captures.insert(into.captures.end(), streams.begin(), streams.end());
}

// What must not decide on results, as the seed says.
void vary(std::uint64_t seed, plan::Plan& plan) {
  if (seed % 2 == 1)
    for (plan::ComponentPlan& component : plan.components) component.chained_to.reset();
  if (seed % 3 == 2) plan.config.credits = 1;
}

}  // namespace

std::string capture_name(const std::string& what) {
  return what.ends_with(":default") ? what.substr(0, what.size() - 8) : what;
}

void make_test_plan(const topology::Topology& topology, const OperatorRegistry& registry,
                    Wanted wanted, const TestOptions& options, TestPlan& into) {
  plan::ExpandResult plain = plan::expand(topology, registry, {.parallelism = options.parallelism});
  if (!add_problems(topology, plain, into.problems)) return;
  for (const plan::ComponentPlan& component : plain.plan.components)
    if (component.op->name == feeder_operator().name) wanted.mocks.try_emplace(component.id);
  Check check(topology, plain.plan, into.problems);
  for (const auto& [id, mock] : wanted.mocks) check.mock(id);
  for (const std::string& id : wanted.kept) check.keep(id);
  for (const std::string& what : wanted.captures) check.capture(what);
  if (!into.problems.empty()) return;
  topology::Topology looked_at = topology;
  std::set<std::string> names;
  for (const std::string& what : wanted.captures) {
    auto component =
        std::find_if(plain.plan.components.begin(), plain.plan.components.end(),
                     [&](const auto& one) { return one.id == place_of(what).component; });
    if (component->op->kind != OperatorKind::sink && names.insert(capture_name(what)).second)
      look_at(looked_at, capture_name(what));
  }
  plan::ExpandResult expanded =
      plan::expand(looked_at, registry, {.parallelism = options.parallelism});
  if (!add_problems(looked_at, expanded, into.problems)) return;
  into.plan = std::move(expanded.plan);
  if (!wanted.mocks.empty()) into.plan.config.round_rows = 1;
  put_in_doubles(wanted, options.labels, into);
  vary(options.seed, into.plan);
}

}  // namespace dnstorm::testkit
