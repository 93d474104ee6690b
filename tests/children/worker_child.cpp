// A worker's process with a topology of fakes: numbers -> pass (2 tasks) -> sink, which writes the
// numbers that it gets into the file "out" names. Arguments: the node's name. The submission says
// the rest, in its properties.
#include <fstream>
#include <list>
#include <memory>
#include <string>

#include "cluster/worker/worker.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::cluster {
namespace {

using namespace runtime::testing;

// Writes what it has seen when it ends, or goes on from what a checkpoint has of it.
class FileSink final : public Bolt {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  Result<void> prepare(const TaskContext&) override {
    if (path_.empty()) return Error{ErrorKind::config, "the sink has no file", {}};
    return {};
  }
  void execute(const InputBatch& in, Emitter&) override {
    for (RowView row : in.rows()) sum_ += fields_.read(row).seq, ++count_;
  }
  Result<void> finish(Emitter&) override {
    std::ofstream(path_) << count_ << ' ' << sum_ << '\n';
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
};

Result<plan::Plan> make_plan(const Submission& submission) {
  static std::list<PlanBuilder> builders;  // own what plans refer to
  auto property = [&](const std::string& key) {
    auto at = submission.properties.find(key);
    return at == submission.properties.end() ? std::string() : at->second;
  };
  if (submission.text != "numbers")
    return Error{ErrorKind::config, submission.name + ": there is no such topology", {}};
  NumberSettings settings{.rounds = 2000, .rows_per_batch = 10};
  settings.endless = property("endless") == "yes";
  if (property("fails") == "yes") settings.error_after = 100;
  PlanBuilder& build = builders.emplace_back();
  build.spout("numbers", [settings] { return std::make_unique<NumberSpout>(settings); });
  build.bolt("pass", {{"numbers"}}, [] { return std::make_unique<PassBolt>(); }, {.tasks = 2});
  build.bolt("sink", {{"pass", GroupingType::global}},
             [path = property("out")] { return std::make_unique<FileSink>(path); });
  if (property("checkpoints") == "yes") build.exactly_once(ns_per_s);
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
