// The boards of a coordinator: a Live for each topology, fed by the frames and the numbers that its
// workers tell, wherever they run. One that does not lead shows only where the leader is.
//
//   ClusterBoards boards(clock, config.name);   // outlives coordinator and HTTP server
//   boards.serve(server);
//   boards.take(feed_news); boards.take(news, now);   // on the coordinator's thread
//   board::Server::start(web, boards);
//
// Thread-safe. The coordinator is asked what there is once a second, never under the lock: its
// thread may be waiting for it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "board/server/server.hpp"
#include "cli/cluster_run.hpp"
#include "cluster/coordinator/server.hpp"
#include "cluster/feed/book.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::cli {

class ClusterBoards final : public board::Boards {
 public:
  // `board_of`: where the board of a coordinator is, by its name.
  ClusterBoards(const Clock& clock, const std::string& cluster,
                std::function<std::string(const std::string&)> board_of);
  void serve(cluster::CoordinatorServer* server);

  std::optional<cluster::FeedAck> take(const cluster::FeedNews& news);
  void take(const cluster::WorkerNews& news, TimeNs now);

  std::shared_ptr<board::Live> find(const std::string& topology) override;
  std::string topology_json(const std::string& topology) override;
  void tick(board::Moment now) override;

  // {"leads":true,"leader":"","topologies":[{"id","name","status"},...]}: GET /api/data/cluster,
  // for the page to choose from.
  ApiAnswer list(const ApiRequest& request);

 private:
  struct Board {
    std::shared_ptr<board::Live> live;
    cluster::FeedBook book;
    ClusterRun run;
    std::optional<plan::Plan> plan;
    std::uint64_t planned_for = 0;  // incarnation
    board::Honesty honesty;
    std::uint64_t honesty_of = 0;  // ClusterRun::news
    std::string honesty_state;
    TimeNs made = 0;                        // steady
    TimeNs asked = 0;                       // likewise, when somebody last did
    std::optional<std::uint64_t> restarts;  // nothing: not looked at yet
    bool late = false;                      // that is told
  };

  Board& board_for(const std::string& id);
  void tell_late(Board& board);
  void refresh(TimeNs now);
  void follow(const cluster::TopologyView& topology);
  void account_for(Board& board, const cluster::TopologyView& topology);
  const plan::Plan* plan_for(Board& board, const cluster::TopologyView& topology);
  const cluster::TopologyView* chosen(const std::string& topology) const;
  bool is_watched(const Board& board, TimeNs now) const;

  const Clock& clock_;
  const std::function<std::string(const std::string&)> board_of_;
  cluster::CoordinatorServer* server_ = nullptr;
  std::mutex mutex_;  // guards all below
  OperatorRegistry registry_;
  std::shared_ptr<board::Live> lobby_;   // where there is no topology
  std::map<std::string, Board> boards_;  // by id
  cluster::ClusterView view_;
  std::string leader_;  // name; "": not known, or itself
  TimeNs next_refresh_ = time_min;
  TimeNs leads_since_ = 0;  // wall; 0: it does not
};

}  // namespace dnstorm::cli
