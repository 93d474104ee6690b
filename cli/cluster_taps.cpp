#include "cli/cluster_taps.hpp"

#include <fmt/format.h>

#include "cli/cluster/submission.hpp"
#include "cli/load.hpp"
#include "cli/tap_desk.hpp"
#include "cluster/control/control.hpp"
#include "cluster/control/tap_merge.hpp"

namespace dnstorm::cli {

namespace {

// Of the topology's plan, as a tap in this process would have it: the first line that it gives.
Result<std::string> head_of(const cluster::TopologyView& topology, const TapRequest& request,
                            const Clock& clock) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = DNSTORM_TRY(
      plan_of(topology.record.submission, topology.record.assignment.choices, registry));
  runtime::TapHub nobody;
  return DNSTORM_TRY(Tap::open(plan, nobody, clock, request))->take();
}

}  // namespace

struct ClusterTaps::Shared {
  explicit Shared(cluster::TapMerge merge) : lines(std::move(merge)) {}
  std::mutex mutex;
  cluster::TapMerge lines;
};

class ClusterTaps::Source final : public board::LineSource {
 public:
  Source(ClusterTaps& taps, cluster::TapOrder order, std::shared_ptr<Shared> shared)
      : taps_(taps), order_(std::move(order)), shared_(std::move(shared)) {}
  ~Source() override {
    std::lock_guard lock(taps_.mutex_);
    taps_.open_.erase(order_.id);
  }

  std::string take() override {
    TimeNs now = taps_.clock_.steady_ns();
    if (now >= ask_at_) {
      ask_at_ = now + cluster::tap_order_period;
      taps_.server_->tap(order_, [shared = shared_](const std::string& why) {
        std::lock_guard lock(shared->mutex);
        shared->lines.end(why);
      });
    }
    std::lock_guard lock(shared_->mutex);
    return shared_->lines.take_lines(now);
  }
  bool ended() const override {
    std::lock_guard lock(shared_->mutex);
    return shared_->lines.ended();
  }

 private:
  ClusterTaps& taps_;
  const cluster::TapOrder order_;
  std::shared_ptr<Shared> shared_;
  TimeNs ask_at_ = time_min;
};

Result<std::unique_ptr<board::LineSource>> ClusterTaps::open(const board::TapQuery& query) {
  TapRequest request = tap_request(query);
  cluster::ClusterView view = server_->view();
  const cluster::TopologyView* topology = cluster::find_topology(view, query.topology);
  if (topology == nullptr)
    return Error{ErrorKind::unavailable,
                 fmt::format("tap: there is no topology '{}'", query.topology), "topology"};
  std::string head = DNSTORM_TRY(head_of(*topology, request, clock_));
  auto shared = std::make_shared<Shared>(
      cluster::TapMerge(std::move(head), request.rate, clock_.steady_ns()));
  std::lock_guard lock(mutex_);
  if (open_.size() >= open_max)
    return Error{ErrorKind::unavailable,
                 fmt::format("tap: {} are open already, which is the limit: close one", open_max),
                 "edge"};
  // Another life of this coordinator, and another coordinator, never have the same.
  std::string id = fmt::format("{:x}-{}", clock_.wall_ns(), ++last_);
  open_[id] = shared;
  cluster::TapOrder order{id, topology->record.id, request.edge, request.where, request.rate};
  return std::unique_ptr<board::LineSource>(
      std::make_unique<Source>(*this, std::move(order), std::move(shared)));
}

void ClusterTaps::take(const cluster::WorkerNews& news, TimeNs now) {
  if (!news.kind.starts_with(cluster::tap_news)) return;
  std::shared_ptr<Shared> shared;
  {
    std::lock_guard lock(mutex_);
    auto found = open_.find(news.kind.substr(std::string_view(cluster::tap_news).size()));
    if (found == open_.end()) return;  // its reader has gone
    shared = found->second;
  }
  std::lock_guard lock(shared->mutex);
  shared->lines.take(news.node, news.text, now);
}

}  // namespace dnstorm::cli
