#include "cluster/control/log_book.hpp"

#include <algorithm>
#include <optional>

namespace dnstorm::cluster {

namespace {

bool fits(const NumberedLine& entry, const LogQuery& query, int worst) {
  if (entry.number <= query.after) return false;
  const LogLine& line = entry.line;
  if (!query.node.empty() && line.node != query.node) return false;
  if (!query.topology.empty() && !is_of_topology(line, query.topology)) return false;
  // A line whose level nobody knows is shown rather than hidden.
  return log_level(line.level).value_or(0) <= worst;
}

}  // namespace

std::optional<int> log_level(std::string_view name) {
  if (name == "error") return 0;
  if (name == "warning") return 1;
  if (name == "info") return 2;
  return std::nullopt;
}

bool is_of_topology(const LogLine& line, std::string_view topology) {
  if (line.topology == topology) return true;
  if (!line.topology.starts_with(topology)) return false;
  std::string_view rest = std::string_view(line.topology).substr(topology.size());
  // -SERIAL-SECONDS
  return rest.starts_with('-') && std::count(rest.begin(), rest.end(), '-') == 2 &&
         rest.find_first_not_of("-0123456789") == std::string_view::npos;
}

void LogBook::add(LogLine line) {
  lines_.push_back({++last_, std::move(line)});
  if (lines_.size() > lines_max_) lines_.pop_front();
}

std::vector<NumberedLine> LogBook::read(const LogQuery& query) const {
  const int worst = log_level(query.level).value_or(2);
  std::vector<NumberedLine> found;
  for (auto entry = lines_.rbegin(); entry != lines_.rend() && found.size() < query.limit; ++entry)
    if (fits(*entry, query, worst)) found.push_back(*entry);
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace dnstorm::cluster
