// Learns the minutes of one series while they come, and says what was expected of each: of those
// of a day, by what was known when it began. Minutes wait until event time has passed them, because
// several rows may make up one. A value; belongs to one thread.
#pragma once

#include <map>
#include <optional>

#include "operators/season/past.hpp"
#include "operators/season/profile.hpp"

namespace dnstorm::operators {

class SeasonLearner {
 public:
  explicit SeasonLearner(std::size_t hours_max)
      // A profile must be the same after a checkpoint: the hours that it was made of are kept until
      // the next one is made.
      : hours_max_(hours_max), past_(hours_max + 48) {}

  // What is known from before, in place of what was learned here; with `now`, there is a profile at
  // once.
  void start_from(const ServerPast& past, std::optional<TimeNs> now = {});
  // False: event time has passed that minute, or too many wait.
  bool add(TimeNs minute, const MinuteRow& row);
  // use(minute, count, profile or null) for the minutes that end at or before `now`.
  template <class Use>
  void advance(TimeNs now, Use&& use) {
    while (!open_.empty() && open_.begin()->first <= now - ns_per_minute) {
      auto [minute, row] = *open_.begin();
      open_.erase(open_.begin());
      passed_ = minute;
      if (past_.add(minute, row)) use(minute, row.count, profile_of(hour_of(minute)));
    }
  }
  // Of the newest day that a minute came of, made of the hours before it; null: too little is
  // known.
  const Profile* profile() const { return profile_ ? &*profile_ : nullptr; }
  // All closed hours, and the open one as far as it is known.
  ServerPast past() const;

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  static constexpr std::size_t open_max = 24 * 60;
  const Profile* profile_of(Hour hour);
  void fit(Hour end);

  std::size_t hours_max_;
  ServerPast past_;
  std::map<TimeNs, MinuteRow> open_;
  std::optional<TimeNs> passed_;
  std::optional<Hour> fitted_;  // the profile is made of the hours before it
  std::optional<Profile> profile_;
};

}  // namespace dnstorm::operators
