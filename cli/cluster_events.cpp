#include "cli/cluster_events.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/event_desk.hpp"
#include "cli/event_sources.hpp"

namespace dnstorm::cli {

namespace {

constexpr DurationNs repeat_period = 5 * ns_per_s;  // also what a worker that begins may wait
constexpr DurationNs told_within = 2 * ns_per_s;    // a change, on its way to the workers

std::vector<PacketPlace> places_of(const plan::Plan& plan, const cluster::TopologyView& topology) {
  const std::vector<std::string>& nodes = topology.record.assignment.node_of_executor;
  const auto& executors = topology.shape.executors;
  std::vector<PacketPlace> places;
  auto add = [&](PacketPlace place) {
    if (std::ranges::find(places, place) == places.end()) places.push_back(std::move(place));
  };
  for (std::size_t i = 0; i < std::min(nodes.size(), executors.size()); ++i)
    for (const plan::ComponentPlan& component : plan.components) {
      if (component.op->name != "pcap" || executors[i].components.front() != component.id) continue;
      const std::string& spool = component.options.text("spool");
      if (!spool.empty()) add({nodes[i], spool, ""});
      for (const std::string& file : component.options.list("file")) add({nodes[i], "", file});
    }
  std::ranges::sort(places, {}, &PacketPlace::node);
  return places;
}

}  // namespace

void ClusterEvents::offer(const plan::Plan& plan, const cluster::TopologyView& topology,
                          BoardData& data) {
  EventSources sources = event_sources(plan);
  if (!sources.shown) return;
  if (sources.only_events) data.begin_with("security");
  // Files that the topology names are those of its nodes.
  sources.spools.clear();
  sources.captures.clear();
  sources.places = places_of(plan, topology);
  sources.mute_files.clear();
  if (sources.muting) sources.mute_files.push_back(file_);
  sources.reload = told_within;
  EventTokens tokens;
  tokens.refuse_change = refuse_;
  auto desk = std::make_shared<EventDesk>(log_, std::move(sources), clock_, std::move(tokens));
  data.add("events", [own = shared_from_this(), desk](const ApiRequest& request) {
    std::error_code ignored;  // shows when the file is written
    if (request.method == "POST")
      std::filesystem::create_directories(std::filesystem::path(own->file_).parent_path(), ignored);
    return desk->answer(request);
  });
}

std::optional<std::vector<std::string>> ClusterEvents::rules_to_tell(std::uint64_t incarnation) {
  std::error_code failed;
  if (!std::filesystem::exists(file_, failed)) return std::nullopt;
  std::lock_guard lock(mutex_);
  const TimeNs now = clock_.steady_ns();
  const bool changed = rules_file_.changed();
  if (!changed && incarnation == told_to_ && now < tell_again_) return std::nullopt;
  auto rules = read_mutes(file_);
  if (!rules.ok()) return std::nullopt;  // it is tried again with the next change or repetition
  told_to_ = incarnation;
  tell_again_ = now + repeat_period;
  std::vector<std::string> lines;
  for (const MuteRule& rule : *rules) lines.push_back(rule.words());
  return lines;
}

}  // namespace dnstorm::cli
