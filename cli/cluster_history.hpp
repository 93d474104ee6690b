// What the coordinator of a cluster keeps of a topology for the pages Traffic and Capacity:
//
//   history NAME.STORE   what each `store` sink writes, as far as it has no unbounded tags
//   history NAME         what `board` sinks of view `series` show
//
// of cli/history/history_writer.hpp. A word is confirmed to its worker when what it brings is on
// the disk. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/board_data.hpp"
#include "cli/history/history_writer.hpp"
#include "cluster/feed/book.hpp"
#include "cluster/feed/held_acks.hpp"
#include "engine/base/time.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

class ClusterHistory {
 public:
  // `writer` outlives it. `name`: of the topology, as a file's.
  ClusterHistory(HistoryWriter& writer, std::string name)
      : writer_(writer), name_(std::move(name)) {}
  ~ClusterHistory();
  ClusterHistory(const ClusterHistory&) = delete;
  ClusterHistory& operator=(const ClusterHistory&) = delete;

  // Of a word: what is kept of it; what is not to be shown besides is taken out. The answer is what
  // may be confirmed now.
  std::optional<cluster::FeedAck> take(const std::string& node, cluster::FeedBook::Taken& taken);
  // What lines of series are made of, the plan says: until it is known they wait.
  bool waits_for_plan() const { return !waiting_.empty(); }
  void know(const plan::Plan* plan);

  // What may be confirmed by now, by node, each once.
  std::vector<std::pair<std::string, cluster::FeedAck>> due_acks();
  std::vector<std::string> take_notes();

  // Adds what the pages ask for. `clock` outlives `data`.
  void offer(const plan::Plan& plan, const Clock& clock, BoardData& data) const;

 private:
  struct Series {
    FeedFrame frame;
    std::uint64_t mark = 0;
  };
  std::string name_of_store(const std::string& component) const;
  bool is_settled(std::uint64_t mark) const { return writer_.is_settled(mark); }

  HistoryWriter& writer_;
  const std::string name_;
  cluster::HeldAcks acks_;
  std::deque<Series> waiting_;
  std::set<std::string> stores_;  // that have told something
  std::vector<std::string> notes_;
  bool too_few_ = false;  // some found no room, and that is told
};

// Whether what a sink `store` writes is kept.
bool is_kept(const plan::ComponentPlan& component);

}  // namespace dnstorm::cli
