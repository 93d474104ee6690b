// What is known of servers: by name, the history of each and how it answered under load. It comes
// from rows of minutes, and stays in a file:
//
//   MinuteRows rows;
//   rows.add("ns1", minute, {.count = 5200, .latency_us = 310});
//   Pasts pasts = rows.take(64);
//   std::string bytes = season_file(pasts);         // "dnstorm season 1\n", then a checkpoint's
//   form Result<Pasts> again = read_season_file(bytes);
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/season/history.hpp"
#include "operators/season/load_response.hpp"

namespace dnstorm::operators {

struct MinuteRow {
  double count = 0;
  double latency_us = 0;  // 0: not known
  double drops = 0;
};

struct ServerPast {
  explicit ServerPast(std::size_t hours_max = History::hours_max_default) : history(hours_max) {}
  // Minutes in the order of time, each once. False: it is before one that has been added.
  bool add(TimeNs minute, const MinuteRow& row);
  void merge(const ServerPast& other);
  void save(StateWriter& out) const;
  bool restore(StateReader& in);

  History history;
  LoadResponse response;
};

using Pasts = std::map<std::string, ServerPast>;

// Rows in any order. Those of the same server and minute are one: counts and drops are added up,
// the response time is that of the row with the most.
class MinuteRows {
 public:
  void add(const std::string& server, TimeNs minute, const MinuteRow& row);
  bool empty() const { return servers_.empty(); }
  // All closed hours, and the last one. A minute without a count is a hole. Servers beyond the
  // busiest `servers_max` are one, "OTHER". Empties this.
  Pasts take(std::size_t servers_max, std::size_t hours_max = History::hours_max_default);

 private:
  using Timed = std::pair<TimeNs, MinuteRow>;
  void put_rest_together(std::size_t servers_max);
  std::map<std::string, std::vector<Timed>> servers_;
};

void merge(Pasts& into, const Pasts& from);

std::string season_file(const Pasts& pasts);
bool is_season_file(std::string_view bytes);
// Fails with kind `data` if it is none, or damaged.
Result<Pasts> read_season_file(std::string_view bytes);
// Of the file with that path; none: nothing is known. Errors are `who`'s, with the subject `file`:
// the option that names it.
Result<Pasts> load_season_file(const std::string& who, const std::string& path);

}  // namespace dnstorm::operators
