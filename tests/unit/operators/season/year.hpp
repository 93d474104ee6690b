// A year of minutes whose truth is known: made of a seed, minute by minute, with a weekly pattern,
// growth, noise, holidays, attacks and holes.
//
//   Year year(seed);
//   year.fill(history, 0, 12 * hours_per_week)   // what a server was seen to do in these hours
//   year.truth(hour)                             // what its minutes are around, undisturbed
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "operators/season/history.hpp"

namespace dnstorm::operators::testing {

inline constexpr Hour year_begin = 473'352;  // Monday 2024-01-01
inline constexpr int year_weeks = 60;

// How many cases an oracle tries: few in every run, DNSTORM_SEASON_CASES when there is time.
inline unsigned season_cases(unsigned usual) {
  const char* wanted = std::getenv("DNSTORM_SEASON_CASES");
  return wanted == nullptr ? usual : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
}

class Year {
 public:
  explicit Year(std::uint64_t seed) : seed_(seed), dice_(seed * 0x9E3779B97F4A7C15ULL + 1) {
    base_ = std::exp(between(std::log(2e3), std::log(5e6)));
    growth_ = between(-0.1, 0.6);
    linear_ = dice_() % 2 == 0;
    hour_noise_ = between(0.02, 0.06);
    minute_noise_ = between(0.02, 0.10);
    draw_pattern();
    for (int i = 0; i < 11; ++i) holidays_.insert(day_of(year_begin) + any(year_weeks * 7));
    for (int i = 0; i < 20; ++i)
      attacks_.push_back({any(minutes()), 5 + any(12 * 60), between(2, 30)});
    for (int i = 0; i < 20; ++i) holes_.push_back({any(minutes()), 2 + any(2 * 24 * 60), 0});
    holes_.push_back({any(minutes()), 10 * 24 * 60, 0});
    std::ranges::sort(attacks_, {}, &Stretch::begin);
    std::ranges::sort(holes_, {}, &Stretch::begin);
  }

  // Of a minute in an hour of the week, at the beginning of the year.
  double pattern(int slot) const { return base_ * pattern_[static_cast<std::size_t>(slot)]; }
  // By which factor the level has grown since the beginning of the year.
  double grown(double weeks) const {
    return linear_ ? 1 + growth_ * weeks / 52 : std::pow(1 + growth_, weeks / 52);
  }
  double yearly_growth() const { return growth_; }
  double truth(Hour hour) const {
    return pattern(hour_of_week(hour)) *
           grown((static_cast<double>(hour - year_begin) + 0.5) / hours_per_week);
  }
  // With holidays and noise, without attacks and holes.
  double minute(std::int64_t index) const {
    Hour hour = year_begin + index / 60;
    double level = truth(hour);
    if (holidays_.contains(day_of(hour)))
      level *= 0.9 * pattern_[static_cast<std::size_t>(144 + hour % 24)] /
               pattern_[static_cast<std::size_t>(hour_of_week(hour))];
    return level * std::exp(hour_noise_ * noise(2 * static_cast<std::uint64_t>(hour)) +
                            minute_noise_ * noise(2 * static_cast<std::uint64_t>(index) + 1));
  }
  // Nearly normal: the sum of four even ones.
  static double noise_of(std::uint64_t bits) {
    auto sum = static_cast<double>((bits & 0xffff) + ((bits >> 16) & 0xffff) +
                                   ((bits >> 32) & 0xffff) + (bits >> 48));
    return (sum / 65536 - 2) * std::sqrt(3.0);
  }
  double minute_noise() const { return minute_noise_; }
  double hour_noise() const { return hour_noise_; }

  // The minutes of the hours [from, to) since the beginning of the year, as they were seen.
  void fill(History& history, Hour from, Hour to) const {
    std::size_t attack = 0, hole = 0;
    for (std::int64_t index = from * 60; index < to * 60; ++index) {
      if (inside(holes_, hole, index) != nullptr) continue;
      const Stretch* attacked = inside(attacks_, attack, index);
      double count = minute(index) * (attacked == nullptr ? 1 : 1 + attacked->factor);
      history.add((year_begin * 60 + index) * ns_per_minute, std::floor(count));
    }
    history.close();
  }
  // The median of an hour's minutes, undisturbed.
  double actual(Hour hour) const {
    std::vector<double> minutes;
    for (std::int64_t m = 0; m < 60; ++m) minutes.push_back(minute((hour - year_begin) * 60 + m));
    std::ranges::nth_element(minutes, minutes.begin() + 30);
    return minutes[30];
  }

 private:
  struct Stretch {
    std::int64_t begin, length;
    double factor;
  };

  static std::int64_t minutes() { return std::int64_t{year_weeks} * hours_per_week * 60; }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(dice_() >> 11) / 9007199254740992.0;
  }
  std::int64_t any(std::int64_t below) {
    return static_cast<std::int64_t>(dice_() % static_cast<std::uint64_t>(below));
  }

  // Days with a deep night and one or two peaks, weekends that are lower or higher, and every hour
  // of the week a little of its own.
  void draw_pattern() {
    double depth = between(0.25, 0.75), second = between(0, 0.25), night = between(0, 24);
    std::array<double, 7> days{};
    for (double& day : days) day = between(0.85, 1.0);
    double weekend = between(0.6, 1.1);
    days[5] *= weekend;
    days[6] *= weekend * between(0.9, 1.05);
    for (std::size_t slot = 0; slot < pattern_.size(); ++slot) {
      double angle = 2 * M_PI * (static_cast<double>(slot % 24) - night) / 24;
      double curve = 1 - depth * std::cos(angle) - second * std::cos(2 * angle);
      pattern_[slot] = std::max(0.05, curve) * days[slot / 24] * between(0.96, 1.04);
    }
  }

  // A function of seed and place: any minute of the year can be asked for.
  double noise(std::uint64_t place) const {
    std::uint64_t bits = (seed_ + 1) * 0xD1B54A32D192ED03ULL + place * 0x9E3779B97F4A7C15ULL;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBULL;
    return noise_of(bits ^ (bits >> 31));
  }

  // `first` goes along: the stretches before it are over. They may overlap.
  static const Stretch* inside(const std::vector<Stretch>& all, std::size_t& first,
                               std::int64_t index) {
    while (first < all.size() && all[first].begin + all[first].length <= index) ++first;
    for (std::size_t i = first; i < all.size() && all[i].begin <= index; ++i)
      if (index < all[i].begin + all[i].length) return &all[i];
    return nullptr;
  }

  std::uint64_t seed_;
  std::mt19937_64 dice_;
  double base_, growth_, hour_noise_, minute_noise_;
  bool linear_;
  std::array<double, hours_per_week> pattern_{};
  std::set<std::int64_t> holidays_;
  std::vector<Stretch> attacks_, holes_;
};

}  // namespace dnstorm::operators::testing
