// What is usual of a key: a running level of a number that comes once a window, and how far from it
// the numbers usually lie. Robust: a number far above counts as one at the edge of what is usual,
// so that an attack does not become normal within minutes; what stays does within hours.
//
//   double z = usual.score(x);   // in deviations above the level; 0 while too little is known
//   usual.add(x);
//
// A value, for each key.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

class Baseline {
 public:
  // Numbers that are taken as they are, with even weights, before any is judged.
  static constexpr std::uint32_t warm_up = 6;

  void add(double x) { learn(x, 1); }
  // A number that is in alarm is learned so slowly that an attack of an hour stays one.
  void add_alarming(double x) { learn(x, alarming); }
  // So many windows with the number x, as if each had been added.
  void add_many(double x, std::uint64_t times) {
    if (count_ == 0 || times == 0) return;
    auto n = static_cast<double>(times);
    double kept = std::pow(1 - smoothing, n);
    // The distance shrinks from window to window as the level comes nearer.
    deviation_ = kept * (deviation_ + n * smoothing / (1 - smoothing) * std::abs(x - level_));
    level_ = x + (level_ - x) * kept;
  }

  bool warm() const { return count_ > warm_up; }
  std::uint32_t count() const { return count_; }
  double level() const { return level_; }
  // At least that of a Poisson process, and a twentieth of the level.
  double deviation() const {
    return std::max({deviation_ * to_sigma, std::sqrt(std::max(level_, 1.0)), level_ / 20});
  }
  double score(double x) const { return warm() ? (x - level_) / deviation() : 0; }

  void save(StateWriter& out) const {
    out.put(count_);
    out.put(level_);
    out.put(deviation_);
  }
  bool restore(StateReader& in) {
    count_ = in.get<std::uint32_t>();
    level_ = in.get<double>();
    deviation_ = in.get<double>();
    return in.ok() && count_ <= counted_max && std::isfinite(level_) && std::isfinite(deviation_) &&
           deviation_ >= 0;
  }

 private:
  void learn(double x, double weight) {
    if (count_ < counted_max) ++count_;
    double share = std::max(1.0 / count_, smoothing) * weight;
    if (warm()) x = std::clamp(x, level_ - reach * deviation(), level_ + reach * deviation());
    double distance = std::abs(x - level_);
    level_ += share * (x - level_);
    if (count_ > 1) deviation_ += share * (distance - deviation_);
  }
  static constexpr double smoothing = 1.0 / 60;  // ten minutes of windows of 10 s
  static constexpr double alarming = 0.02;
  static constexpr double reach = 4;
  static constexpr std::uint32_t counted_max = 1'000'000;
  static constexpr double to_sigma = 1.2533;  // of a mean absolute deviation, if normal
  std::uint32_t count_ = 0;
  double level_ = 0;
  double deviation_ = 0;
};

}  // namespace dnstorm::operators
