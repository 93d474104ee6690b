#include "cli/cluster_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/board_capacity.hpp"
#include "cli/board_history.hpp"
#include "cli/board_walls.hpp"
#include "cluster/feed/frame_codec.hpp"
#include "cluster/model/path_name.hpp"

namespace dnstorm::cli {

namespace {

constexpr std::size_t waiting_max = 10'000;  // a second's, at most
constexpr std::size_t stores_max = 64;       // of a topology

bool shows_series(const plan::Plan& plan) {
  return std::ranges::any_of(plan.components, [](const plan::ComponentPlan& component) {
    return component.op->name == "board" && component.options.text("view") == "series";
  });
}

}  // namespace

bool is_kept(const plan::ComponentPlan& component) {
  return component.op->name == "store" && component.options.flag("board") &&
         !component.options.flag("unbounded_tags");
}

ClusterHistory::~ClusterHistory() {
  for (const Series& series : waiting_) writer_.settle(series.mark);
}

std::string ClusterHistory::name_of_store(const std::string& component) const {
  return fmt::format("{}.{}", name_, cluster::path_name(component));
}

std::optional<cluster::FeedAck> ClusterHistory::take(const std::string& node,
                                                     cluster::FeedBook::Taken& taken) {
  std::vector<std::uint64_t> marks;
  for (const FeedFrame& frame : taken.frames) {
    if (frame.view == "series") {
      marks.push_back(writer_.mark());
      waiting_.push_back({frame, marks.back()});
    } else if (cluster::is_points(frame)) {
      if (stores_.size() >= stores_max && !stores_.contains(frame.panel)) continue;
      stores_.insert(frame.panel);
      marks.push_back(writer_.mark());
      writer_.add(name_of_store(frame.panel), {frame}, marks.back());
    }
  }
  std::erase_if(taken.frames, cluster::is_points);
  while (waiting_.size() > waiting_max) {
    writer_.settle(waiting_.front().mark);
    waiting_.pop_front();
    if (!std::exchange(too_few_, true))
      notes_.emplace_back(
          "series came faster than they are kept: the page Traffic lacks some of them");
  }
  if (!taken.ack) return std::nullopt;
  acks_.hold(node, *taken.ack, std::move(marks));
  return acks_.of(node, [this](std::uint64_t mark) { return is_settled(mark); });
}

void ClusterHistory::know(const plan::Plan* plan) {
  // Without a plan they go on waiting, but nobody is to wait for them.
  if (plan == nullptr) {
    for (const Series& series : waiting_) writer_.settle(series.mark);
    return;
  }
  for (Series& series : waiting_) {
    operators::PanelFields fields = series_fields(*plan, series.frame);
    writer_.add(name_, {std::move(series.frame), std::move(fields)}, series.mark);
  }
  waiting_.clear();
}

std::vector<std::pair<std::string, cluster::FeedAck>> ClusterHistory::due_acks() {
  return acks_.due([this](std::uint64_t mark) { return is_settled(mark); });
}

std::vector<std::string> ClusterHistory::take_notes() {
  std::vector<std::string> notes = std::exchange(notes_, {});
  auto add = [&](const std::string& name) {
    for (std::string& note : writer_.take_notes(name)) notes.push_back(std::move(note));
  };
  add(name_);
  for (const std::string& store : stores_) add(name_of_store(store));
  return notes;
}

void ClusterHistory::offer(const plan::Plan& plan, const Clock& clock, BoardData& data) const {
  std::vector<HistoryFile> files;
  for (const plan::ComponentPlan& component : plan.components)
    if (is_kept(component))
      files.push_back({component.id, writer_.history_file(name_of_store(component.id))});
  if (shows_series(plan)) files.push_back({"board", writer_.history_file(name_)});
  offer_history(std::move(files), data);
  auto source = capacity_source_of_copies(plan, [this](const plan::ComponentPlan& store) {
    return is_kept(store) ? writer_.minutes_file(name_of_store(store.id)) : std::string();
  });
  if (!source) source = capacity_source_of_series(plan, writer_.minutes_file(name_));
  if (!source) return;
  data.add("capacity", [capacity = std::make_shared<BoardCapacity>(std::move(*source), clock)](
                           const ApiRequest& request) { return capacity->answer(request); });
}

}  // namespace dnstorm::cli
