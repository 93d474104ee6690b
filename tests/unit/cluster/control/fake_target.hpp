// A cluster of two nodes with one topology, to be asked through Control; writes down what it is
// told to do.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "cluster/control/control.hpp"

namespace dnstorm::cluster {

inline constexpr TimeNs fake_start = 1'000 * ns_per_s;  // steady
inline constexpr TimeNs fake_wall = 1'700'000'000 * ns_per_s;

class FakeTarget final : public ControlTarget {
 public:
  FakeTarget() {
    shape.components = {{"dns", 2, 2, true, {}, {}},
                        {"names", 2, 2, false, {}, {"dns"}},
                        {"out", 1, 1, false, {}, {"names"}}};
    shape.executors = {{{"dns"}, {0}, 0, {}, 0.5, 64u << 20, true},
                       {{"dns"}, {1}, 1, {}, 0.5, 64u << 20, true},
                       {{"names"}, {2}, 0, {}, 1, 128u << 20, false},
                       {{"names"}, {3}, 1, {}, 1, 128u << 20, false},
                       {{"out"}, {4}, 0, {}, 0, 0, false}};
    shape.tasks = 5;
    shape.message_timeout = 30 * ns_per_s;
    state.leads = true;
    state.term = 3;
    state.nodes = {node("a"), node("b")};
    state.topologies = {topology()};
  }

  ControlMoment now() override { return moment; }
  ClusterView view() override { return state; }
  std::vector<CoordinatorInfo> coordinators() override { return all; }
  std::vector<NumberedLine> logs(const LogQuery& query) override { return book.read(query); }

  Result<SubmitAnswer> submit(Submission submission, SubmitOptions options) override {
    told.push_back(
        fmt::format("submit {}{}{}{}", submission.name, options.inactive ? " inactive" : "",
                    options.dry_run ? " dry-run" : "", options.replace ? " replace" : ""));
    if (refuse) return *refuse;
    SubmitAnswer answer;
    answer.id = submission.name + "-2-1700000000";
    answer.assignment.node_of_executor = {"a", "a", "b", "b"};
    answer.shape = shape;
    answer.unplaced = {"out: no node has the label centre"};
    return answer;
  }
  Result<void> kill(const std::string& id, std::optional<DurationNs> wait) override {
    return tell(fmt::format("kill {} {}", id, wait ? format_duration(*wait) : "-"));
  }
  Result<void> activate(const std::string& id) override { return tell("activate " + id); }
  Result<void> deactivate(const std::string& id) override { return tell("deactivate " + id); }
  Result<void> rebalance(const std::string& id,
                         const std::map<std::string, std::uint32_t>& executors) override {
    std::string text = "rebalance " + id;
    for (const auto& [component, number] : executors)
      text += fmt::format(" {}={}", component, number);
    return tell(text);
  }
  Result<void> drain(const std::string& name, bool drained) override {
    return tell((drained ? "drain " : "undrain ") + name);
  }
  Result<void> forget(const std::string& name) override { return tell("forget " + name); }

  ClusterView state;
  TopologyShape shape;
  ControlMoment moment{fake_wall + 185 * ns_per_s, fake_start + 185 * ns_per_s};
  std::vector<CoordinatorInfo> all = {{"one", 7371, true, true, 185 * ns_per_s, "0.1.0"},
                                      {"two", 7371, false, true, 85 * ns_per_s, "0.1.0"},
                                      {"three", 7371, false, false, 0, "0.1.0"}};
  LogBook book;
  std::vector<std::string> told;
  std::optional<Error> refuse;

 private:
  Result<void> tell(std::string text) {
    told.push_back(std::move(text));
    if (refuse) return *refuse;
    return {};
  }

  static NodeView node(const std::string& name) {
    NodeView view;
    view.report.version = "0.1.0";
    view.report.node = name;
    view.report.host = name + ".example";
    view.report.labels = {"capture"};
    view.report.cores = 4;
    view.report.memory = 1024u << 20;
    view.report.workers = {worker(name)};
    view.joined = fake_start;
    view.heard = fake_start + 184 * ns_per_s;
    view.cores_used = 1.5;
    view.memory_used = 192u << 20;
    return view;
  }
  static WorkerReport worker(const std::string& name) {
    WorkerReport report;
    report.topology = "live-1-1700000000";
    report.incarnation = 1;
    report.state = WorkerState::running;
    report.endpoint = "tcp://192.0.2.1:4012" + std::string(name == "a" ? "3" : "4");
    report.pid = 77;
    return report;
  }
  TopologyView topology() const {
    TopologyView view;
    view.record.id = "live-1-1700000000";
    view.record.submission.name = "live";
    view.record.submission.file = "live.yaml";
    view.record.submitted = fake_wall;
    view.record.assignment.incarnation = 1;
    view.record.assignment.node_of_executor = {"a", "b", "a", "b", "a"};
    view.status = TopologyStatus::active;
    view.since = fake_start + 5 * ns_per_s;
    view.shape = shape;
    view.workers = {worker("a"), worker("b")};
    view.worker_nodes = {"a", "b"};
    return view;
  }
};

// Numbers as the worker on `node` tells them: of task 0 of each component.
inline WorkerNews fake_news(std::uint64_t rows, std::uint64_t incarnation = 1,
                            const std::string& node = "a") {
  TaskStats spout{"dns", 0, {}};
  spout.counts.emitted = rows;
  spout.counts.acked = rows;
  TaskStats names{"names", 0, {}};
  names.counts.executed = rows;
  names.counts.emitted = rows / 2;
  names.counts.busy_ns = rows * 1'000'000;  // a millisecond a row
  names.counts.inputs[{"dns", "default"}] = {rows, rows * 2'000'000};
  TaskStats out{"out", 0, {}};
  out.counts.executed = rows / 2;
  out.counts.latency_count = rows / 2;
  out.counts.latency_ns = rows / 2 * 5'000'000;
  out.counts.inputs[{"names", "default"}] = {rows / 2, 0};
  return {node, "live-1-1700000000", incarnation, "stats", stats_to_json({spout, names, out})};
}

}  // namespace dnstorm::cluster
