// All that `dnstorm advise` says, as values: of what is known of servers, when to do maintenance,
// when capacity becomes short, what happens when a server is away. Pure: the same past, the same
// advice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operators/season/capacity.hpp"
#include "operators/season/past.hpp"
#include "operators/season/quiet_windows.hpp"

namespace dnstorm::operators {

struct AdviceQuestion {
  DurationNs window = 2 * ns_per_hour;
  int weeks = 4;
  std::optional<Hour> now = {};               // nothing: the end of what is known
  std::map<std::string, double> limits = {};  // by server, counts a minute; "": of all others
  double share = 0.8;                         // of a limit that must not be passed
  double threshold = 0;  // of windows, counts a minute; 0: see watched_of() in advice.cpp
  double risk_max = 0.05;
  std::size_t top = 5;
  LoadMove move = LoadMove::by_load;
  std::vector<std::string> away = {};  // servers that may fail; none: each of them
  // Details of one server only ("": of all together): windows, and the weeks ahead. What happens
  // when servers are away is then said of those in `away` only.
  std::optional<std::string> focus = {};
  std::set<std::int64_t> holidays = {};
};

// `server` empty: of all together.
struct ServerAdvice {
  std::string server;
  double limit = 0;  // 0: not known
  LimitSource source = LimitSource::given;
  int weeks = 0;  // of the past that the profile is made of
  CapacityForecast capacity;
  std::vector<Shortage> shortages;
  std::vector<Band> week;  // the 168 hours of the week to come, from Monday
  std::vector<WeekAhead> ahead;  // of the focus
};

struct WindowAdvice {
  std::string server;
  double threshold = 0;  // of the risk; 0: those of the other servers, without this one
  std::vector<QuietWindow> windows;
};

// What `server` carries while `away` is.
struct AwayAdvice {
  std::string away, server;
  double limit = 0;
  CapacityForecast capacity;
  std::vector<Band> week;  // as of ServerAdvice; only if it was asked for by name
};

struct Advice {
  Hour now = 0;
  AdviceQuestion question;
  std::vector<ServerAdvice> servers;  // all together come last, if there are several
  std::vector<WindowAdvice> windows;  // all together come first
  std::vector<AwayAdvice> away;
  std::vector<std::string> unknown;  // servers of which too little is known
};

Advice advise(const Pasts& pasts, const AdviceQuestion& question);

}  // namespace dnstorm::operators
