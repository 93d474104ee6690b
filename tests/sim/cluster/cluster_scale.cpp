// What a coordinator costs: 25 to 200 nodes, 100 topologies (10 with a task on each node, 90 with
// eight executors), its messages through the codec. Prints a table; ends with 1 if something does
// not run. CPU time is that of the coordinator's side alone.
#include <fmt/format.h>
#include <malloc.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>

#include "cluster/coordinator/coordinator.hpp"
#include "cluster/model/codec.hpp"
#include "cluster/node/node.hpp"
#include "tests/sim/cluster/planner.hpp"

namespace {

std::int64_t allocated = 0;  // by all of the program

void* counted(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  allocated += static_cast<std::int64_t>(malloc_usable_size(memory));
  return memory;
}

void discounted(void* memory) noexcept {
  allocated -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { discounted(memory); }
void operator delete(void* memory, std::size_t) noexcept { discounted(memory); }

namespace dnstorm::cluster::testing {
namespace {

constexpr int topologies = 100;
constexpr DurationNs step = 50 * ns_per_ms;

class Scale {
 public:
  explicit Scale(int nodes) : coordinator_(CoordinatorOptions{}, planner_) {
    timed([&] { coordinator_.lead(1, {}, now_, now_); });
    for (int i = 0; i < nodes; ++i) {
      NodeOptions options;
      options.name = fmt::format("node{:03}", i);
      options.session = options.name + "#1";
      options.host = options.name + ".example.net";
      options.labels = {"capture"};
      nodes_[options.name] = std::make_unique<Node>(options, now_ + i * ns_per_ms);
      nodes_[options.name]->bound("tcp://" + options.host + ":7400");
    }
  }

  bool run() {
    pass(3 * ns_per_s);
    CpuMeter placing(cpu_);
    for (int i = 0; i < topologies; ++i)
      timed([&] {
        (void)coordinator_.submit(
            submission(fmt::format("t{}", i), i % 10 == 0 ? "in@capture* sum:1" : "in:4 count:4"),
            {}, now_, now_);
      });
    double placed = placing.seconds();
    CpuMeter starting(cpu_);
    pass(5 * ns_per_s);
    double started = starting.seconds();
    bool all = true;
    std::size_t workers = 0;
    for (const TopologyView& view : coordinator_.view(now_).topologies) {
      all = all && view.status == TopologyStatus::active;
      workers += view.workers.size();
    }
    messages_ = bytes_ = 0;
    CpuMeter idle(cpu_);
    pass(20 * ns_per_s);
    double idled = idle.seconds();
    std::int64_t before = allocated;
    coordinator_.step_down();  // what it held is given back
    fmt::print("{:>6} {:>8} {:>10.0f} {:>10.0f} {:>12.0f} {:>10.1f} {:>10.2f} {:>10.1f}\n",
               nodes_.size(), workers, placed * 1000, started * 1000,
               static_cast<double>(messages_) / 20, static_cast<double>(bytes_) / 20 / 1000,
               idled / 20 * 100, static_cast<double>(before - allocated) / 1e6);
    std::fflush(stdout);
    return all;
  }

 private:
  struct CpuMeter {
    explicit CpuMeter(const double& meter) : of(meter), begin(meter) {}
    double seconds() const { return of - begin; }
    const double& of;
    double begin;
  };
  static double cpu_now() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }

  // A call of the coordinator's, and what goes out of it as bytes.
  template <class Call>
  void timed(Call call) {
    std::vector<std::pair<std::string, std::string>> out;
    double begin = cpu_now();
    call();
    for (Output& output : coordinator_.take_outputs())
      if (auto* send = std::get_if<Send>(&output))
        out.emplace_back(send->node, encode(send->orders));
    cpu_ += cpu_now() - begin;
    for (auto& [node, bytes] : out) {
      ++messages_;
      bytes_ += bytes.size();
      Node& to = *nodes_.at(node);
      to.take(std::get<Orders>(*decode(bytes)), now_);
      perform(to);
    }
  }

  // Workers are ready and run as soon as they are told to.
  void perform(Node& node) {
    for (NodeOutput& output : node.take_outputs()) {
      if (auto* report = std::get_if<SendReport>(&output))
        reports_.push_back(encode(report->report));
      if (auto* start = std::get_if<StartWorker>(&output)) {
        say(node, start->order, WorkerState::prepared);
      } else if (auto* tell = std::get_if<TellWorker>(&output)) {
        if (tell->order.phase == WorkerPhase::run) say(node, tell->order, WorkerState::running);
      }
    }
  }
  void say(Node& node, const WorkerOrder& order, WorkerState state) {
    WorkerReport report;
    report.topology = order.topology;
    report.incarnation = order.assignment.incarnation;
    report.state = state;
    report.endpoint = "tcp://node.example.net:40123";
    node.worker_says(report, now_);
    perform(node);
  }

  void pass(DurationNs time) {
    for (TimeNs end = now_ + time; now_ < end; now_ += step) {
      for (auto& [name, node] : nodes_) {
        if (node->next_time() > now_) continue;
        node->tick(now_, now_);
        perform(*node);
      }
      while (!reports_.empty()) {
        auto reports = std::exchange(reports_, {});
        for (const std::string& bytes : reports) {
          ++messages_;
          bytes_ += bytes.size();
          timed([&] { coordinator_.take(std::get<Report>(*decode(bytes)), now_, now_); });
        }
      }
      if (coordinator_.next_time() <= now_) timed([&] { coordinator_.tick(now_, now_); });
    }
  }

  TestPlanner planner_;
  TimeNs now_ = 1000 * ns_per_s;
  Coordinator coordinator_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
  std::vector<std::string> reports_;
  double cpu_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace
}  // namespace dnstorm::cluster::testing

int main() {
  fmt::print("{} topologies\n{:>6} {:>8} {:>10} {:>10} {:>12} {:>10} {:>10} {:>10}\n",
             dnstorm::cluster::testing::topologies, "nodes", "workers", "placed ms", "started ms",
             "messages/s", "kB/s", "idle CPU %", "memory MB");
  bool all = true;
  for (int nodes : {25, 50, 100, 200}) all = dnstorm::cluster::testing::Scale(nodes).run() && all;
  return all ? 0 : 1;
}
