// The boards of a coordinator: a Live for each topology, fed by the frames and the numbers that its
// workers tell, wherever they run. One that does not lead shows only where the leader is.
//
//   ClusterBoards boards(clock, setup);         // outlives coordinator and HTTP server
//   boards.serve(server);
//   boards.take(feed_news); boards.take(news, now);   // on the coordinator's thread
//   web.data = [&](const ApiRequest& request) { return boards.answer(request); };
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
#include "cli/board_data.hpp"
#include "cli/cluster_events.hpp"
#include "cli/cluster_history.hpp"
#include "cli/cluster_run.hpp"
#include "cli/history/history_writer.hpp"
#include "cluster/coordinator/server.hpp"
#include "cluster/feed/book.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::cli {

struct ClusterBoardsSetup {
  std::string cluster;  // its name
  std::string folder;   // of what boards keep; made when it is needed
  // Where the board of a coordinator is, by its name.
  std::function<std::string(const std::string&)> board_of = {};
  RefuseChange refuse_change = {};
};

class ClusterBoards final : public board::Boards {
 public:
  ClusterBoards(const Clock& clock, ClusterBoardsSetup setup);
  void serve(cluster::CoordinatorServer* server);

  std::optional<cluster::FeedAck> take(const cluster::FeedNews& news);
  void take(const cluster::WorkerNews& news, TimeNs now);

  std::shared_ptr<board::Live> find(const std::string& topology) override;
  std::string topology_json(const std::string& topology) override;
  void tick(board::Moment now) override;

  // What pages ask for beside the stream, below /api/data (?topology=NAME or id): what a board of a
  // run would be asked for, and `cluster`: {"leads":true,"leader":"","topologies":[{"id","name",
  // "status"},...]}, to choose from. On several threads of the server.
  ApiAnswer answer(const ApiRequest& request);

 private:
  struct Board {
    std::shared_ptr<board::Live> live;
    cluster::FeedBook book;
    ClusterRun run;
    std::shared_ptr<ClusterEvents> events;
    std::unique_ptr<ClusterHistory> history;
    std::optional<plan::Plan> plan;
    std::uint64_t planned_for = 0;    // incarnation
    std::shared_ptr<BoardData> data;  // of that plan; null: not asked for yet
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
  void leave_lobby();
  void follow(const cluster::TopologyView& topology);
  void account_for(Board& board, const cluster::TopologyView& topology);
  const plan::Plan* plan_for(Board& board, const cluster::TopologyView& topology);
  std::shared_ptr<BoardData> data_for(const std::string& topology);
  ApiAnswer list();
  void add_common(BoardData& data);
  BoardData::Handler guarded(BoardData::Handler answer) const;
  void tell_mutes();
  const cluster::TopologyView* chosen(const std::string& topology) const;
  bool is_watched(const Board& board, TimeNs now) const;

  const Clock& clock_;
  const ClusterBoardsSetup setup_;
  cluster::CoordinatorServer* server_ = nullptr;
  HistoryWriter history_;
  std::mutex mutex_;  // guards all below
  OperatorRegistry registry_;
  std::shared_ptr<board::Live> lobby_;   // where there is no topology
  std::shared_ptr<BoardData> lobby_data_;
  std::map<std::string, Board> boards_;  // by id
  cluster::ClusterView view_;
  std::string leader_;  // name; "": not known, or itself
  TimeNs next_refresh_ = time_min;
  TimeNs leads_since_ = 0;  // wall; 0: it does not
};

}  // namespace dnstorm::cli
