#include "operators/season/trend.hpp"

#include <algorithm>
#include <cmath>

#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t weeks_min = 4;     // with fewer no slope is believed
constexpr std::size_t newest_weeks = 4;  // that may move the line
// How wrong the level and "no growth" (a week) may be as long as there are fewer.
constexpr double unknown_level = 0.05, unknown_slope = 0.01;
constexpr double sigmas_of_90 = 1.645;  // half of the width of an interval of 90 %

}  // namespace

// Sen's interval: the slopes whose ranks lie 1.645 standard deviations of Kendall's sum away from
// the middle.
void Trend::find_slope(const std::vector<WeekLevel>& points, Line& line) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t j = i + 1; j < points.size(); ++j)
      if (points[j].week - points[i].week >= 0.5)
        slopes.push_back((points[j].level - points[i].level) / (points[j].week - points[i].week));
  if (points.size() < weeks_min || slopes.empty()) return;
  auto n = static_cast<double>(points.size());
  auto pairs = static_cast<double>(slopes.size());
  double half = sigmas_of_90 * std::sqrt(n * (n - 1) * (2 * n + 5) / 18) / 2 / pairs;
  line.slope = median_of(slopes);
  double low = quantile_of(slopes, std::clamp(0.5 - half, 0.0, 1.0));
  double high = quantile_of(slopes, std::clamp(0.5 + half, 0.0, 1.0));
  line.slope_spread = (high - low) / (2 * sigmas_of_90);
}

// Through the middle of all weeks; moved to that of the newest by as much as their distance is more
// than noise.
void Trend::find_place(const std::vector<WeekLevel>& points, bool linear, Line& line) {
  std::vector<double> rests, newest;
  line.week = points.back().week;
  for (const WeekLevel& point : points) rests.push_back(point.level - line.at(point.week));
  newest.assign(rests.end() - static_cast<std::ptrdiff_t>(std::min(rests.size(), newest_weeks)),
                rests.end());
  std::vector<double> all = rests;
  double middle = median_of(all);
  for (double& rest : rests) rest -= middle;
  double step = median_of(newest) - middle;
  double noise = spread_of(rests) * 1.2533 / std::sqrt(static_cast<double>(newest.size()));
  double believed = step == 0 ? 0 : step * step / (step * step + 4 * noise * noise);
  line.value = middle + believed * step;
  double level = linear ? std::max(1.0, line.value) : 1;
  line.slope_spread /= level;
  line.rest_spread = spread_of(rests) / level;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double here = linear ? std::max(1.0, points[i].level - rests[i]) : 1;
    line.misfit += std::abs(rests[i]) / here;
  }
}

Trend::Line Trend::fit_line(const std::vector<WeekLevel>& points, bool linear) {
  Line line;
  find_slope(points, line);
  find_place(points, linear, line);
  if (points.size() >= weeks_min) return line;
  line.slope_spread = unknown_slope;
  line.rest_spread = std::max(line.rest_spread, unknown_level);
  return line;
}

Trend Trend::fit(const std::vector<WeekLevel>& levels) {
  std::vector<WeekLevel> counts = levels;
  for (WeekLevel& point : counts) point.level = std::expm1(point.level);
  Trend trend;
  trend.last_week_ = levels.back().week;
  trend.log_ = fit_line(levels, false);
  trend.count_ = fit_line(counts, true);
  // The likelihood of n Laplace errors of unknown scale is that of their sum to the power of -n.
  constexpr double exact = 1e-9;  // a fit without any misfit at all
  double odds = std::pow((trend.log_.misfit + exact) / (trend.count_.misfit + exact),
                         static_cast<double>(levels.size()));
  trend.linear_ = std::isfinite(odds) ? odds / (1 + odds) : 1;
  return trend;
}

double Trend::by_count(double week) const { return std::log1p(std::max(0.0, count_.at(week))); }
double Trend::by_log(double week) const { return std::max(0.0, log_.at(week)); }

double Trend::level(double week) const {
  return linear_ * by_count(week) + (1 - linear_) * by_log(week);
}

double Trend::level_spread(double week) const {
  double ahead = std::max(0.0, week - last_week_);
  const Line& line = linear_ > 0.5 ? count_ : log_;
  double apart = std::sqrt(linear_ * (1 - linear_)) * (by_count(week) - by_log(week));
  return std::hypot(std::hypot(line.rest_spread, line.slope_spread * ahead), apart);
}

double Trend::growth() const { return level(last_week_ + 1) - level(last_week_); }

}  // namespace dnstorm::operators
