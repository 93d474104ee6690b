#include "tests/sim/cases.hpp"

namespace dnstorm::runtime::testing {

Seeds& seeds() {
  static Seeds seeds;
  return seeds;
}

namespace {

auto numbers(NumberSettings settings) {
  return [settings] { return std::make_unique<NumberSpout>(settings); };
}
auto pass(PassBolt::Settings settings = {}) {
  return [settings] { return std::make_unique<PassBolt>(settings); };
}
auto window(DurationNs length) {
  return [length] { return std::make_unique<WindowBolt>(length); };
}

const GroupingType shuffle = GroupingType::shuffle;
const GroupingType fields = GroupingType::fields;
const GroupingType all = GroupingType::all;

// By the number of the row: one task or, every third, two.
class NumberGrouping final : public Grouping {
 public:
  void prepare(const GroupingContext& context) override {
    seq_ = context.schema->ref<std::uint64_t>("seq");
    tasks_ = context.target_tasks;
  }
  void choose(const RowView& row, std::vector<std::uint32_t>& tasks) const override {
    std::uint64_t seq = row.get(seq_);
    tasks.push_back(static_cast<std::uint32_t>(seq % tasks_));
    if (seq % 3 == 0) tasks.push_back(static_cast<std::uint32_t>((seq + 1) % tasks_));
  }

 private:
  FieldRef<std::uint64_t> seq_;
  std::uint32_t tasks_ = 1;
};

const GroupingDef& by_number() {
  static const GroupingDef def = [] {
    GroupingDef by_number;
    by_number.name = "by_number";
    by_number.make = [](const Options&) { return std::make_unique<NumberGrouping>(); };
    return by_number;
  }();
  return def;
}

}  // namespace

std::vector<Case> cases() {
  std::vector<Case> list;
  list.push_back({"line", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .batches_per_round = 3}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"a", shuffle}}, pass({.forward = true}), s.spec());
                    b.bolt("out", {{"b", GroupingType::local_or_shuffle}}, pass(), s.spec());
                  }});
  list.push_back({"diamond", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .batches_per_round = 2}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"in", shuffle}}, pass({.copies = 2}), s.spec());
                    b.bolt("out", {{"b", shuffle}, {"a", shuffle}}, pass(), s.spec());
                  }});
  // A short cut around a bolt, and rounds of many more events than there are credits: the shape in
  // which credits by event come to a deadlock.
  for (bool short_cut_first : {false, true}) {
    list.push_back(
        {short_cut_first ? "triangle_short_cut_first" : "triangle", Canon::exact,
         [short_cut_first](PlanBuilder& b, Scale s) {
           b.spout("in", numbers({.rounds = 9, .batches_per_round = 4}));
           b.bolt("a", {{"in", shuffle}}, pass({.copies = 6, .forward = true}), s.spec());
           b.bolt("b", {{"a", shuffle}}, pass({.copies = 2, .forward = true}), s.spec());
           std::vector<InputSpec> inputs = {{"b", shuffle}, {"a", shuffle}};
           if (short_cut_first) std::swap(inputs[0], inputs[1]);
           b.bolt("out", inputs, pass({.forward = true}), s.spec());
         }});
  }
  list.push_back({"keyed", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .rows_per_batch = 20}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"a", fields, {"key"}}}, pass(), s.spec());
                    b.bolt("out", {{"b", fields, {"name"}}}, pass({.forward = true}), s.spec());
                  }});
  list.push_back({"partial_key", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 25, .rows_per_batch = 20}));
                    b.bolt("a", {{"in", GroupingType::partial_key, {"name"}}}, pass(), s.spec());
                    b.bolt("out", {{"a", fields, {"name"}}}, pass({.forward = true}), s.spec());
                  }});
  list.push_back(
      {"window", Canon::by_round, [](PlanBuilder& b, Scale s) {
         b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 40, .disorder = 9}));
         b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
         b.bolt("out", {{"a", fields, {"name"}}}, window(50), s.keyed());
       }});
  // One window closes in a round at most: then key groups make even the order that of one task.
  list.push_back({"window_in_order", Canon::exact, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 40}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
                    b.bolt("out", {{"a", fields, {"name"}}}, window(60), s.keyed());
                  }});
  list.push_back({"two_stage_window", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 30, .rows_per_batch = 12, .keys = 9}));
                    b.bolt("a", {{"in", fields, {"name"}}}, window(20), s.keyed());
                    b.bolt("out", {{"a", fields, {"name"}}}, window(100), s.keyed());
                  }});
  list.push_back({"broadcast", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 20, .idle_every = 3}));
                    b.bolt("out", {{"in", all}}, pass({.own_share = true}), s.spec());
                  }});
  list.push_back({"two_streams", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 20, .rows_per_batch = 6}));
                    b.bolt("a", {{"in", shuffle}}, pass(), s.spec(2));
                    b.bolt("out", {{"a", shuffle}, {"a", fields, {"key"}, 1}}, pass(), s.spec());
                  }});
  // Each row is counted where it goes, however many tasks share the work.
  list.push_back({"custom", Canon::by_round, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 20, .rows_per_batch = 9}));
                    b.bolt("a", {{"in", GroupingType::custom, {}, 0, &by_number()}},
                           pass({.forward = true}),
                           {.tasks = 3, .executors = std::min(s.executors, 3u)});
                    b.bolt("out", {{"a", shuffle}}, pass(), s.spec());
                  }});
  list.push_back({"two_sources", Canon::as_a_whole, [](PlanBuilder& b, Scale s) {
                    b.spout("in", numbers({.rounds = 12, .batches_per_round = 3}));
                    b.spout("more",
                            numbers({.rounds = 17, .batches_per_round = 2, .first_seq = 500'000}),
                            {.tasks = 2});
                    b.bolt("a", {{"in", shuffle}, {"more", shuffle}}, pass(), s.spec());
                    b.bolt("b", {{"more", shuffle}, {"in", shuffle}},
                           pass({.copies = 2, .forward = true}), s.spec());
                    b.bolt("out", {{"a", fields, {"key"}}, {"b", fields, {"key"}}},
                           pass({.forward = true}), s.spec());
                  }});
  list.push_back(
      {"two_sources_window", Canon::as_a_whole, [](PlanBuilder& b, Scale s) {
         b.spout("in", numbers({.rounds = 30, .batches_per_round = 3, .step = 3, .disorder = 5}));
         b.spout("more", numbers({.rounds = 40, .rows_per_batch = 9, .step = 2, .idle_every = 4}));
         b.bolt("a", {{"in", shuffle}}, pass(), s.spec());
         b.bolt("b", {{"more", shuffle}, {"a", shuffle}}, pass(), s.spec());
         b.bolt("c", {{"b", fields, {"name"}}, {"in", fields, {"name"}}}, window(20), s.keyed());
         b.bolt("out", {{"c", fields, {"name"}}}, window(80), s.keyed());
       }});
  return list;
}

}  // namespace dnstorm::runtime::testing
