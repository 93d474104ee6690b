#include "cluster/control/stats_book.hpp"

#include <algorithm>

namespace dnstorm::cluster {

namespace {

constexpr DurationNs samples_a_window = 60;

// Between two samples.
DurationNs period_of(DurationNs window) { return std::max(window / samples_a_window, ns_per_s); }

double seconds(DurationNs ns) { return static_cast<double>(ns) / static_cast<double>(ns_per_s); }

}  // namespace

void StatsBook::take(const WorkerNews& news, TimeNs now) {
  auto told = stats_from_json(news.text);
  if (!told.ok()) {
    ++unreadable_;
    return;
  }
  auto [entry, is_new] = topologies_.try_emplace(news.topology);
  Topology& topology = entry->second;
  if (is_new) topology.begun = now;
  for (const TaskStats& stats : *told) {
    Task& task = topology.tasks[{stats.component, stats.index}];
    // A worker that is being ended may still speak.
    if (news.incarnation < task.incarnation) continue;
    bool same = news.incarnation == task.incarnation && task.told != 0;
    task.total.add(same ? stats.counts.since(task.worker) : stats.counts);
    if (!same) task.begun = now;
    task.before = same ? std::move(task.worker) : Counts{};
    task.told_before = same ? task.told : 0;
    task.worker = stats.counts;
    task.incarnation = news.incarnation;
    task.node = news.node;
    task.told = std::max<TimeNs>(now, 1);
  }
  take_process(topology, news, now);
  sample(topology, now);
}

void StatsBook::take_process(Topology& topology, const WorkerNews& news, TimeNs now) {
  auto process = process_from_json(news.text);
  Worker& worker = topology.workers[news.node];
  if (!process.ok() || news.incarnation < worker.incarnation) return;
  bool same = news.incarnation == worker.incarnation && worker.told != 0;
  worker.before = same ? std::move(worker.now) : ProcessStats{};
  worker.told_before = same ? worker.told : 0;
  worker.incarnation = news.incarnation;
  worker.now = std::move(*process);
  worker.told = std::max<TimeNs>(now, 1);
}

double StatsBook::Task::share(std::uint64_t Counts::*time) const {
  if (told_before == 0 || told <= told_before) return 0;
  const Counts grown = worker.since(before);
  return std::min(static_cast<double>(grown.*time) / static_cast<double>(told - told_before), 1.0);
}

double StatsBook::Worker::cores() const {
  if (told_before == 0 || told <= told_before || now.cpu_ns < before.cpu_ns) return 0;
  return static_cast<double>(now.cpu_ns - before.cpu_ns) / static_cast<double>(told - told_before);
}

namespace {

double grown_per_second(const StatsBook::Worker& worker, const LinkNumbers& link,
                        std::uint64_t LinkNumbers::*bytes) {
  auto same = [&](const LinkNumbers& other) { return other.node == link.node; };
  auto before = std::find_if(worker.before.links.begin(), worker.before.links.end(), same);
  bool known = worker.told_before != 0 && worker.told > worker.told_before &&
               before != worker.before.links.end() && link.*bytes >= (*before).*bytes;
  return known ? static_cast<double>(link.*bytes - (*before).*bytes) /
                     seconds(worker.told - worker.told_before)
               : 0;
}

}  // namespace

double StatsBook::Worker::sent_per_second(const LinkNumbers& link) const {
  return grown_per_second(*this, link, &LinkNumbers::bytes_sent);
}

double StatsBook::Worker::received_per_second(const LinkNumbers& link) const {
  return grown_per_second(*this, link, &LinkNumbers::bytes_received);
}

const StatsBook::Worker* StatsBook::worker(std::string_view topology, std::string_view node) const {
  auto found = topologies_.find(topology);
  if (found == topologies_.end()) return nullptr;
  auto its = found->second.workers.find(node);
  return its == found->second.workers.end() ? nullptr : &its->second;
}

ComponentCounts StatsBook::totals_of(const Topology& topology) {
  ComponentCounts totals;
  for (const auto& [key, task] : topology.tasks) totals[key.first].add(task.total);
  return totals;
}

void StatsBook::sample(Topology& topology, TimeNs now) {
  for (std::size_t i = 0; i < windows.size(); ++i) {
    std::deque<Sample>& samples = topology.samples[i];
    if (!samples.empty() && now - samples.back().at < period_of(windows[i])) continue;
    samples.push_back({now, totals_of(topology)});
    // The one before the window's beginning is what a window is counted from.
    while (samples.size() > 1 && samples[1].at <= now - windows[i]) samples.pop_front();
  }
}

StatsBook::Window StatsBook::window(std::string_view name, DurationNs length, TimeNs now) const {
  auto found = topologies_.find(name);
  if (found == topologies_.end()) return {};
  const Topology& topology = found->second;
  Window window{totals_of(topology), seconds(now - topology.begun)};
  auto which = std::find(windows.begin(), windows.end(), length);
  if (which == windows.end() || now - topology.begun <= length) return window;
  const auto& samples = topology.samples[static_cast<std::size_t>(which - windows.begin())];
  auto later = std::find_if(samples.begin(), samples.end(),
                            [&](const Sample& sample) { return sample.at > now - length; });
  // Where there is none within the window nothing was told in it.
  const Sample& start = later == samples.begin() ? samples.front() : *std::prev(later);
  for (auto& [component, counts] : window.components) {
    auto before = start.totals.find(component);
    if (before != start.totals.end()) counts = counts.since(before->second);
  }
  window.seconds = seconds(now - start.at);
  return window;
}

const StatsBook::Tasks& StatsBook::tasks(std::string_view topology) const {
  static const Tasks none;
  auto found = topologies_.find(topology);
  return found == topologies_.end() ? none : found->second.tasks;
}

}  // namespace dnstorm::cluster
