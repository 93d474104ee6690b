#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "cluster/model/assignment.hpp"
#include "cluster/model/codec.hpp"
#include "cluster/model/report.hpp"

namespace dnstorm::cluster {

namespace {

// FNV-1a, 64 bits, from two beginnings: names one of a few texts of people who may submit anyway;
// nobody gains by making two alike.
std::uint64_t fnv(std::string_view text, std::uint64_t hash) {
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::string digest(const Submission& submission) {
  std::string text = to_json(submission);
  return fmt::format("{:016x}{:016x}", fnv(text, 0xcbf29ce484222325ULL),
                     fnv(text, 0x84222325cbf29ce4ULL));
}

std::string torn_edge(const std::vector<WorkerReport>& workers) {
  struct Rows {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Rows> edges;
  for (const WorkerReport& worker : workers)
    for (const EdgeRows& edge : worker.rows) {
      Rows& rows = edges[{edge.from, edge.to}];
      (edge.sent ? rows.sent : rows.received) += edge.rows;
    }
  for (const auto& [edge, rows] : edges)
    if (rows.sent != rows.received)
      return fmt::format("task {} has sent {} rows to task {}, which has received {}", edge.first,
                         rows.sent, edge.second, rows.received);
  return {};
}

std::vector<std::string> Assignment::nodes() const {
  std::vector<std::string> names = node_of_executor;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace dnstorm::cluster
