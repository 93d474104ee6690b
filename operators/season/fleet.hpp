// Servers that share a load: each with its past, its profile and its limit, their sum, and what the
// others carry when one of them is away. Loads are counts a minute. Values; not thread-safe.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "operators/season/profile.hpp"

namespace dnstorm::operators {

// A series that was and will be.
struct LoadView {
  std::function<HourLoad(Hour)> load;     // at any hour
  std::function<HourSummary(Hour)> past;  // minutes 0 where not all of it is known
  Hour begin = 0, end = 0;                // of what is known of the past
};

struct Member {
  std::string name;
  History history;
  Profile profile;
  double limit = 0;  // what it can carry; 0: not known
};

// How the load of a server that is away is shared among the others.
enum class LoadMove : std::uint8_t { by_load, by_limit, evenly };

class Fleet {
 public:
  explicit Fleet(std::vector<Member> members, LoadMove move = LoadMove::by_load)
      : members_(std::move(members)), move_(move) {}

  const std::vector<Member>& members() const { return members_; }
  // The views look at the fleet: it must outlive them and stay where it is.
  LoadView server(std::size_t member) const;
  LoadView total() const;
  // `member` while `away` is, and as it would have been.
  LoadView without(std::size_t member, std::size_t away) const;
  // Of all members; 0 if the limit of one is not known.
  double limit() const;

 private:
  double share(std::size_t member, std::size_t away, Hour hour) const;

  std::vector<Member> members_;
  LoadMove move_;
};

// The load of several together. What is not known of their level and what is common to an hour is
// taken to hit all of them at once: a total is no more certain than its parts. The noise of minutes
// is each one's own.
HourLoad sum_of(const std::vector<HourLoad>& loads);
// `factor` times as much.
HourLoad scaled(HourLoad load, double factor);

// What this share of the minutes of all these hours stays below.
double minute_of(const std::vector<HourLoad>& hours, double q);
// What this share of the minutes of the week around `middle` stays below: the p99 minute of a
// week for 0.99. What the week's level is expected to be is moved by `deviations` times what is not
// known of it.
double minute_of_week(const LoadView& view, Hour middle, double q, double deviations = 0);

}  // namespace dnstorm::operators
