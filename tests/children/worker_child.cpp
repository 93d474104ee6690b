// A worker's process with a topology of fakes: numbers -> pass (2 tasks) -> sink. Argument: the
// node's name. The rest stands in the submission's properties: until, then, out, checkpoints.
#include <fstream>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "cluster/worker/worker.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::cluster {
namespace {

using namespace runtime::testing;

using Properties = std::map<std::string, std::string>;

std::string property(const Properties& properties, const std::string& key) {
  auto at = properties.find(key);
  return at == properties.end() ? std::string() : at->second;
}

// 0, 1, ... up to `until`, ten a round; then it ends, or waits, or fails.
class CountSpout final : public Spout {
 public:
  explicit CountSpout(const Properties& properties)
      : until_(std::stoull(property(properties, "until"))), then_(property(properties, "then")) {}
  Result<void> open(const TaskContext&) override { return {}; }
  Result<Next> next(Emitter& out) override {
    if (next_ >= until_) {
      if (then_ == "fails") return Error{ErrorKind::io, "the disk is on fire", {}};
      return then_ == "waits" ? Next::idle : Next::end;
    }
    for (int row = 0; row < 10; ++row, ++next_)
      fields_.write(out.row(), {static_cast<TimeNs>(next_), next_, next_});
    return Next::more;
  }
  TimeNs watermark() const override { return static_cast<TimeNs>(next_); }
  Result<void> save(StateWriter& out) override {
    out.put(next_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    next_ = in.get<std::uint64_t>();
    return {};
  }

 private:
  std::uint64_t until_;
  std::string then_;
  RowFields fields_;
  std::uint64_t next_ = 0;
};

// At its end it writes how many numbers it has seen, their sum, and how many of them came in this
// process; the others a checkpoint knew.
class FileSink final : public Bolt {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  Result<void> prepare(const TaskContext&) override {
    if (path_.empty()) return Error{ErrorKind::config, "the sink has no file", {}};
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override {
    for (RowView row : in.rows()) {
      sum_ += fields_.read(row).seq;
      ++count_;
      ++here_;
    }
  }
  Result<void> finish(Emitter&) override {
    std::ofstream(path_) << count_ << ' ' << sum_ << ' ' << here_;
    return {};
  }
  Result<void> save(StateWriter& out) override {
    out.put(count_);
    out.put(sum_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    count_ = in.get<std::uint64_t>();
    sum_ = in.get<std::uint64_t>();
    return {};
  }

 private:
  std::string path_;
  RowFields fields_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t here_ = 0;
};

Result<plan::Plan> make_plan(const Submission& submission) {
  static std::list<PlanBuilder> builders;  // own what plans refer to
  if (submission.text != "numbers")
    return Error{ErrorKind::config, submission.name + ": there is no such topology", {}};
  PlanBuilder& build = builders.emplace_back();
  const Properties& properties = submission.properties;
  build.spout("numbers", [properties] { return std::make_unique<CountSpout>(properties); });
  build.bolt("pass", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = 2});
  build.bolt("sink", {{"pass", GroupingType::global}},
             [path = property(properties, "out")] { return std::make_unique<FileSink>(path); });
  if (property(properties, "checkpoints") == "yes") build.exactly_once(ns_per_s);
  return build.plan();
}

}  // namespace
}  // namespace dnstorm::cluster

int main(int, char** argv) {
  using namespace dnstorm::cluster;
  WorkerOptions options;
  options.node = argv[1];
  options.make_plan = [](const Submission& submission, const PlanChoices&) {
    return make_plan(submission);
  };
  options.stats_period = 20 * dnstorm::ns_per_ms;
  return run_worker(std::move(options));
}
