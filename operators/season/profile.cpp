#include "operators/season/profile.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "operators/season/normal.hpp"
#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint32_t minutes_min = 10;   // an hour of which less is known says nothing
constexpr std::size_t hours_min = 24;       // what a profile is made of at least
constexpr std::size_t week_hours_min = 24;  // a week of which less is known has no say in the trend
constexpr int rounds = 4, sharp_rounds = 3;
constexpr double free_slots = (7 - 1) * (24 - 1);  // of 168 around the sums of days and hours
// A slot's own spread counts like so many values of the spread of all: a spread of few is no
// spread.
constexpr double pooled_values = 8;

}  // namespace

double HourLoad::spread() const {
  return std::hypot(std::hypot(model_spread, hour_spread), minute_spread);
}
double HourLoad::at(double deviations) const {
  return std::max(0.0, std::expm1(middle + spread() * deviations));
}
double HourLoad::level(double q) const { return at(normal_quantile(q)); }
double HourLoad::exceeds(double count) const {
  double above = std::log1p(std::max(0.0, count)) - middle;
  if (spread() <= 0) return above < 0 ? 1 : 0;
  return 1 - normal_below(above / spread());
}

Band band_of(const HourLoad& load, double coverage) {
  double half =
      std::hypot(load.model_spread, load.hour_spread) * normal_quantile((1 + coverage) / 2);
  return {load.expected(), std::max(0.0, std::expm1(load.middle - half)),
          std::expm1(load.middle + half)};
}

int slot_of(Hour hour, const std::set<std::int64_t>& holidays) {
  int slot = hour_of_week(hour);
  return holidays.contains(day_of(hour)) ? 6 * 24 + slot % 24 : slot;
}

double week_at(Hour hour) { return static_cast<double>(hour + 72) / hours_per_week; }

int Profile::slot_of(Hour hour) const { return operators::slot_of(hour, options_.holidays); }

HourLoad Profile::load(Hour hour) const {
  auto slot = static_cast<std::size_t>(slot_of(hour));
  double week = week_at(hour);
  HourLoad load;
  load.middle = std::max(0.0, trend_.level(week) + shape_[slot]);
  load.model_spread = trend_.level_spread(week);
  load.hour_spread = hour_spread_[slot];
  load.minute_spread = minute_spread_[slot];
  return load;
}

// The work of Profile::fit.
class ProfileFit {
 public:
  explicit ProfileFit(const ProfileOptions& options) { profile_.options_ = options; }

  std::optional<Profile> run(const History& history, Hour end) {
    read(history, end);
    if (cells_.size() < hours_min) return {};
    polish();
    sharpen();
    lean_on_other_days();
    fill_gaps();
    fit_trend();
    find_spreads();
    return profile_;
  }

 private:
  struct Cell {
    Hour hour;
    std::size_t slot;
    double level;    // log(1 + median)
    double minutes;  // spread of the minutes around it
    bool shapes;     // young enough for the shape of the week
    double rest = 0;
  };
  struct Week {
    double level = 0, middle = 0;
    std::vector<Cell*> cells;
  };

  void read(const History& history, Hour end) {
    profile_.end_ = end;
    Hour young = end - Hour{hours_per_week} * profile_.options_.shape_weeks;
    Hour begin = std::max(history.begin(), end - profile_.options_.hours_max);
    for (Hour hour = begin; hour < end; ++hour) {
      HourSummary summary = history.at(hour);
      if (summary.minutes < minutes_min) continue;
      double level = std::log1p(summary.median);
      double minutes = (std::log1p(summary.high) - level) / normal_quantile(0.95);
      cells_.push_back(
          {hour, static_cast<std::size_t>(profile_.slot_of(hour)), level, minutes, hour >= young});
    }
    for (Cell& cell : cells_) {
      Week& week = weeks_[week_of(cell.hour)];
      week.cells.push_back(&cell);
      if (cell.shapes) slots_[cell.slot].push_back(&cell);
    }
    for (auto& [number, week] : weeks_) profile_.weeks_ += week.cells.back()->shapes ? 1 : 0;
  }

  // Weeks and slots take turns; each time the median of what the other leaves over.
  void polish() {
    for (int round = 0; round < rounds; ++round) {
      for (auto& [number, week] : weeks_)
        week.level = median(week.cells, [&](const Cell& c) { return c.level - shape(c); });
      for (std::size_t slot = 0; slot < slots_.size(); ++slot)
        profile_.shape_[slot] = median(slots_[slot], [&](const Cell& c) {
          return c.level - weeks_.at(week_of(c.hour)).level;
        });
      fill_gaps();
    }
  }

  // The same by a sharper mean than the median, which has found what is too far away to count.
  void sharpen() {
    for (int round = 0; round < sharp_rounds; ++round) {
      double scale = spread_of(rests());
      for (auto& [number, week] : weeks_)
        week.level = biweight(week.cells, week.level, scale,
                              [&](const Cell& c) { return c.level - shape(c); });
      for (std::size_t slot = 0; slot < slots_.size(); ++slot)
        profile_.shape_[slot] =
            biweight(slots_[slot], profile_.shape_[slot], scale,
                     [&](const Cell& c) { return c.level - weeks_.at(week_of(c.hour)).level; });
    }
  }

  // What a slot has of its own, beside its day and its hour of the day, is noise in part: as much
  // as so few weeks explain. So much is taken off (empirical Bayes: B. Efron, C. Morris, JASA 70,
  // 1975).
  void lean_on_other_days() {
    if (std::ranges::any_of(slots_, [](const auto& cells) { return cells.empty(); })) return;
    std::array<double, hours_per_week> common = day_and_hour(), noise{};
    double variance = std::pow(spread_of(rests()), 2), own = 0, explained = 0;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      auto weeks = static_cast<double>(slots_[slot].size());
      noise[slot] = variance / std::max(1.0, weeks - 1);
      explained += noise[slot] / hours_per_week;
      own += std::pow(profile_.shape_[slot] - common[slot], 2) / free_slots;
    }
    double real = std::max(0.0, own - explained);
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      if (noise[slot] > 0)
        profile_.shape_[slot] =
            std::lerp(common[slot], profile_.shape_[slot], real / (real + noise[slot]));
  }

  // The sum of what day and hour of the day have in common.
  std::array<double, hours_per_week> day_and_hour() const {
    std::array<double, 7> days{};
    std::array<double, 24> hours{};
    double all = 0;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      days[slot / 24] += profile_.shape_[slot] / 24;
      hours[slot % 24] += profile_.shape_[slot] / 7;
      all += profile_.shape_[slot] / hours_per_week;
    }
    std::array<double, hours_per_week> sum{};
    for (std::size_t slot = 0; slot < sum.size(); ++slot)
      sum[slot] = days[slot / 24] + hours[slot % 24] - all;
    return sum;
  }

  // Of the cells that make the shape, what slots and weeks leave over.
  std::vector<double> rests() const {
    std::vector<double> rests;
    for (const Cell& cell : cells_)
      if (cell.shapes)
        rests.push_back(cell.level - weeks_.at(week_of(cell.hour)).level - shape(cell));
    return rests;
  }

  // An hour of the week that nothing is known of is like that of the other days.
  void fill_gaps() {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (!slots_[slot].empty()) continue;
      std::vector<double> alike;
      for (std::size_t other = slot % 24; other < slots_.size(); other += 24)
        if (!slots_[other].empty()) alike.push_back(profile_.shape_[other]);
      profile_.shape_[slot] = median_of(alike);
    }
  }

  void fit_trend() {
    std::vector<WeekLevel> levels, all;
    for (auto& [number, week] : weeks_) {
      double middle = 0;
      for (const Cell* cell : week.cells)
        middle +=
            (week_at(cell->hour) + 0.5 / hours_per_week) / static_cast<double>(week.cells.size());
      all.push_back({middle, week.level});
      if (week.cells.size() >= week_hours_min) levels.push_back(all.back());
    }
    profile_.trend_ = Trend::fit(levels.empty() ? all : levels);
  }

  void find_spreads() {
    std::vector<double> rests, minutes;
    for (Cell& cell : cells_) {
      cell.rest = cell.level - weeks_.at(week_of(cell.hour)).level - shape(cell);
      if (!cell.shapes) continue;
      rests.push_back(cell.rest);
      minutes.push_back(cell.minutes);
    }
    double common_rest = spread_of(rests), common_minutes = median_of(minutes);
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      double own = 1.4826 * median(slots_[slot], [](const Cell& c) { return std::abs(c.rest); });
      double minute = median(slots_[slot], [](const Cell& c) { return c.minutes; });
      auto n = static_cast<double>(slots_[slot].size());
      auto pooled = [n](double mine, double common) {
        return std::sqrt((n * mine * mine + pooled_values * common * common) / (n + pooled_values));
      };
      profile_.hour_spread_[slot] = pooled(own, common_rest);
      profile_.minute_spread_[slot] = pooled(minute, common_minutes);
    }
  }

  double shape(const Cell& cell) const { return profile_.shape_[cell.slot]; }

  template <class Value>
  double median(const std::vector<Cell*>& cells, Value&& value) {
    scratch_.clear();
    for (const Cell* cell : cells) scratch_.push_back(value(*cell));
    return median_of(scratch_);
  }

  template <class Value>
  double biweight(const std::vector<Cell*>& cells, double middle, double scale, Value&& value) {
    scratch_.clear();
    for (const Cell* cell : cells) scratch_.push_back(value(*cell));
    return biweight_of(scratch_, middle, scale);
  }

  Profile profile_;
  std::vector<Cell> cells_;
  std::map<std::int64_t, Week> weeks_;
  std::array<std::vector<Cell*>, hours_per_week> slots_;
  std::vector<double> scratch_;
};

std::optional<Profile> Profile::fit(const History& history, const ProfileOptions& options,
                                    std::optional<Hour> end) {
  return ProfileFit(options).run(history, std::min(history.end(), end.value_or(history.end())));
}

}  // namespace dnstorm::operators
