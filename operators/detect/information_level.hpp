// How much information a client has sent to a domain in the names of its queries, less what is
// normal: a bucket that leaks at a steady rate.
//
//   level.add(window_end, bytes_of_new_labels);
//   if (level.bytes() >= threshold) ...
//
// With rate r of new bytes and leak l, the threshold t is reached after t / (r - l) seconds, and
// never below l. The bucket holds 1.5 thresholds, so that an alarm is over soon after the tunnel;
// what goes over its brim still counts in total(). A value.
#pragma once

#include <algorithm>

#include "engine/api/state.hpp"
#include "engine/base/time.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

class InformationLevel {
 public:
  struct Settings {
    double threshold = 1500;  // bytes
    double leak = 0.25;       // bytes per second
  };

  void add(TimeNs now, double bytes, const Settings& settings) {
    if (bytes_ > 0) {
      double passed = static_cast<double>(time_from_to(last_, now)) / ns_per_s;
      bytes_ = std::max(0.0, bytes_ - settings.leak * passed);
    }
    if (bytes_ <= 0) total_ = 0, first_ = now;
    last_ = now;
    bytes_ = std::min(bytes_ + bytes, brim * settings.threshold);
    total_ += bytes;
    double left_s = std::min(bytes_ / std::max(settings.leak, least_leak), most_s);
    empty_ = add_time(now, static_cast<DurationNs>(left_s * ns_per_s));
  }
  double bytes() const { return bytes_; }
  // Since the bucket was last empty, and when that was.
  double total() const { return total_; }
  TimeNs first() const { return first_; }
  // When the bucket will be empty: whom to forget first where there is no room.
  TimeNs kept_until() const { return empty_; }

  void save(StateWriter& out) const {
    out.put(bytes_);
    out.put(total_);
    out.put(first_);
    out.put(last_);
    out.put(empty_);
  }
  bool restore(StateReader& in) {
    bytes_ = in.get<double>();
    total_ = in.get<double>();
    first_ = in.get<TimeNs>();
    last_ = in.get<TimeNs>();
    empty_ = in.get<TimeNs>();
    return in.ok() && bytes_ >= 0 && total_ >= 0;
  }

 private:
  static constexpr double brim = 1.5;
  static constexpr double least_leak = 0.001;
  static constexpr double most_s = 1e9;
  double bytes_ = 0;
  double total_ = 0;
  TimeNs first_ = 0;
  TimeNs last_ = 0;
  TimeNs empty_ = 0;
};

}  // namespace dnstorm::operators
