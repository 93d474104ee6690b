// What the engine itself costs: ns of CPU per row through spout -> bolt -> sink, operators that do
// next to nothing. Arguments: rows per batch; tasks of the bolt; grouping in front of the bolt.
//
//   bench_runtime --benchmark_filter=fields
#include <benchmark/benchmark.h>

#include <list>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::runtime {
namespace {

constexpr std::uint64_t rows_per_run = 2'000'000;

// 56 bytes and a name of 16 to 20: what a DNS message is once its unread fields are pruned.
const SchemaPtr& row_schema() {
  static const SchemaPtr schema =
      std::make_shared<const Schema>(std::vector<Field>{{"time", Type::time},
                                                        {"client", Type::ip},
                                                        {"id", Type::u16},
                                                        {"qtype", Type::u16},
                                                        {"qname", Type::str},
                                                        {"latency", Type::u64}});
  return schema;
}

class RowSpout final : public Spout {
 public:
  explicit RowSpout(std::uint64_t rows_per_batch) : rows_per_batch_(rows_per_batch) {}
  Result<void> open(const TaskContext& task) override {
    const Schema& schema = *task.outputs[0];
    time_ = schema.ref<std::int64_t>("time");
    qtype_ = schema.ref<std::uint16_t>("qtype");
    qname_ = schema.ref<Str>("qname");
    for (int i = 0; i < 1024; ++i) {
      names_.push_back(fmt::format("name{}.example.com", i));
      hashes_.push_back(hash_bytes(names_.back()));
    }
    return {};
  }
  Result<Next> next(Emitter& out) override {
    if (row_ == rows_per_run) return Next::end;
    for (std::uint64_t i = 0; i < rows_per_batch_ && row_ < rows_per_run; ++i, ++row_) {
      RowWriter row = out.row();
      std::size_t name = (row_ * 7) & 1023;
      row.set(time_, static_cast<std::int64_t>(row_));
      row.set(qtype_, static_cast<std::uint16_t>(row_ & 31));
      row.set_str(qname_, names_[name], hashes_[name]);
    }
    return Next::more;
  }
  TimeNs watermark() const override { return static_cast<TimeNs>(row_); }

 private:
  std::uint64_t rows_per_batch_;
  std::uint64_t row_ = 0;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> hashes_;
  FieldRef<std::int64_t> time_;
  FieldRef<std::uint16_t> qtype_;
  FieldRef<Str> qname_;
};

// Reads every row and passes it on, without a copy.
class TouchBolt final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    qtype_ = task.inputs[0].schema->ref<std::uint16_t>("qtype");
    return {};
  }
  void execute(const InputBatch& in, Emitter& out) override {
    for (RowView row : in.rows()) sum_ += row.get(qtype_);
    if (out.wanted()) out.forward(0, in.batch, in.selection);
    benchmark::DoNotOptimize(sum_);
  }

 private:
  FieldRef<std::uint16_t> qtype_;
  std::uint64_t sum_ = 0;
};

// spout -> bolt (`tasks`) -> sink
struct BenchPlan {
  BenchPlan(std::uint64_t rows_per_batch, std::uint32_t tasks, plan::GroupingType grouping) {
    spout.name = "rows";
    spout.kind = OperatorKind::spout;
    spout.make_spout = [=](const Options&) { return std::make_unique<RowSpout>(rows_per_batch); };
    bolt.name = "touch";
    bolt.make_bolt = [](const Options&) { return std::make_unique<TouchBolt>(); };
    plan.name = "bench";
    plan.config.threads = 2;
    add("rows", spout, 1, true);
    add("touch", bolt, tasks, true);
    add("sink", bolt, 1, false);
    std::vector<std::string> fields;
    if (grouping == plan::GroupingType::fields) fields = {"qname"};
    plan.components[1].inputs.push_back({0, 0, grouping, fields});
    plan.components[2].inputs.push_back({1, 0, plan::GroupingType::global, {}});
  }
  void add(const std::string& id, const OperatorDef& op, std::uint32_t tasks, bool is_read) {
    plan::ComponentPlan component;
    component.id = id;
    component.op = &op;
    component.tasks = component.executors = tasks;
    component.first_task = plan.task_count + 1;
    component.outputs.push_back({"default", is_read ? row_schema() : nullptr});
    plan.task_count += tasks;
    plan.components.push_back(std::move(component));
  }
  OperatorDef spout, bolt;
  plan::Plan plan;
};

void run(benchmark::State& state, plan::GroupingType grouping) {
  BenchPlan bench(static_cast<std::uint64_t>(state.range(0)),
                  static_cast<std::uint32_t>(state.range(1)), grouping);
  for (auto _ : state) {
    auto local = LocalRun::start(bench.plan, {});
    if (!local.ok() || !(*local)->wait().ok()) state.SkipWithError("the run failed");
  }
  // Prints as nanoseconds: CPU time of the whole process by row.
  state.counters["cpu_per_row"] = benchmark::Counter(
      static_cast<double>(rows_per_run),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void shuffle(benchmark::State& state) { run(state, plan::GroupingType::shuffle); }
void fields(benchmark::State& state) { run(state, plan::GroupingType::fields); }

void arguments(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"batch", "tasks"})->ArgsProduct({{64, 1024}, {1, 2, 4}});
  bench->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(shuffle)->Apply(arguments);
BENCHMARK(fields)->Apply(arguments);

}  // namespace
}  // namespace dnstorm::runtime

BENCHMARK_MAIN();
