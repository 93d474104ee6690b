#include "operators/season/load_response.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t minutes_min = 5;  // a load of which less is known says nothing
constexpr double reach_max = 2;
constexpr double drops_min = 20;    // of a load; fewer are chance
constexpr double part_min = 0.001;  // of its messages; less is no shortage

int step_of(double value, int steps) {
  return static_cast<int>(std::floor(std::log2(std::clamp(value, 1.0, 1e15)) * steps));
}
double middle_of(int step, int steps) { return std::exp2((step + 0.5) / steps); }

}  // namespace

void LoadResponse::add(double count, double latency_us, double drops) {
  int load = step_of(count, steps);
  Minutes& minutes = loads_[load];
  ++minutes.all;
  minutes.count += count;
  minutes.drops += drops;
  if (latency_us > 0) ++latencies_[{load, step_of(latency_us, steps)}];
}

void LoadResponse::merge(const LoadResponse& other) {
  for (const auto& [load, minutes] : other.loads_) {
    loads_[load].all += minutes.all;
    loads_[load].count += minutes.count;
    loads_[load].drops += minutes.drops;
  }
  for (const auto& [key, minutes] : other.latencies_) latencies_[key] += minutes;
}

double LoadResponse::latency_of(int load) const {
  auto first = latencies_.lower_bound({load, -1});
  std::uint64_t all = 0, seen = 0;
  for (auto it = first; it != latencies_.end() && it->first.first == load; ++it) all += it->second;
  if (all < minutes_min) return 0;
  for (auto it = first; it != latencies_.end(); ++it) {
    // Within the step in which the middle lies, in proportion.
    if (2 * (seen + it->second) >= all) {
      double into = (static_cast<double>(all) / 2 - static_cast<double>(seen)) /
                    static_cast<double>(it->second);
      return std::exp2((it->first.second + into) / steps);
    }
    seen += it->second;
  }
  return 0;
}

std::optional<LearnedLimit> LoadResponse::by_losses() const {
  // What is lost without load: of the quarter of loads that lose least.
  std::vector<double> parts;
  for (const auto& [load, minutes] : loads_)
    if (minutes.all >= minutes_min) parts.push_back(minutes.part());
  double usual = quantile_of(parts, 0.25);
  std::optional<int> full;
  bool begins = false;  // with less load there are few: they come of the load
  for (auto it = loads_.rbegin(); it != loads_.rend(); ++it) {
    const Minutes& minutes = it->second;
    if (minutes.all < minutes_min) continue;
    bool lossy = minutes.drops >= drops_min && minutes.part() > std::max(part_min, 3 * usual);
    begins = !lossy;
    if (begins) break;
    full = it->first;
  }
  if (!full || !begins) return {};
  return LearnedLimit{std::exp2(*full / static_cast<double>(steps)), LimitSource::losses, 1};
}

std::optional<LearnedLimit> LoadResponse::by_response_time() const {
  std::vector<Point> points;
  double busiest = 0;
  for (const auto& [load, minutes] : loads_) {
    double latency = latency_of(load);
    if (latency <= 0) continue;
    points.push_back({middle_of(load, steps), 1 / latency, static_cast<double>(minutes.all)});
    busiest = points.back().load;
  }
  if (points.size() < 6) return {};
  std::vector<double> slopes, rests;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j)
      slopes.push_back((points[j].inverse - points[i].inverse) / (points[j].load - points[i].load));
  double slope = median_of(slopes);
  for (const Point& point : points) rests.push_back(point.inverse - slope * point.load);
  double idle = median_of(rests);
  // Three of four pairs of loads must say that more load means more time.
  auto falling = std::ranges::count_if(slopes, [](double one) { return one < 0; });
  if (slope >= 0 || idle <= 0 || 4 * falling < 3 * static_cast<std::ptrdiff_t>(slopes.size()))
    return {};
  double limit = -idle / slope;
  if (limit > reach_max * busiest) return {};
  return LearnedLimit{limit, LimitSource::response_time, limit / busiest};
}

std::optional<LearnedLimit> LoadResponse::limit() const {
  if (auto learned = by_losses()) return learned;
  return by_response_time();
}

void LoadResponse::save(StateWriter& out) const {
  out.put(std::uint64_t{loads_.size()});
  for (const auto& [load, minutes] : loads_) {
    out.put(std::int32_t{load});
    out.put(minutes.all);
    out.put(minutes.count);
    out.put(minutes.drops);
  }
  out.put(std::uint64_t{latencies_.size()});
  for (const auto& [key, minutes] : latencies_) {
    out.put(std::int32_t{key.first});
    out.put(std::int32_t{key.second});
    out.put(minutes);
  }
}

bool LoadResponse::restore(StateReader& in) {
  constexpr int step_max = 400;  // steps of 2^50
  auto sound = [](int step) { return step >= 0 && step <= step_max; };
  loads_.clear();
  latencies_.clear();
  for (std::uint64_t left = in.get_count(28); left > 0; --left) {
    auto load = in.get<std::int32_t>();
    Minutes minutes{in.get<std::uint64_t>(), in.get<double>(), in.get<double>()};
    bool sums =
        minutes.count >= 0 && minutes.drops >= 0 && std::isfinite(minutes.count + minutes.drops);
    if (!sound(load) || !sums || minutes.all > UINT32_MAX) return false;
    loads_[load] = minutes;
  }
  for (std::uint64_t left = in.get_count(16); left > 0; --left) {
    auto load = in.get<std::int32_t>();
    auto latency = in.get<std::int32_t>();
    auto minutes = in.get<std::uint64_t>();
    if (!sound(load) || !sound(latency) || minutes == 0 || minutes > UINT32_MAX) return false;
    latencies_[{load, latency}] = minutes;
  }
  return in.ok();
}

}  // namespace dnstorm::operators
