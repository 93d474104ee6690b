#include "cli/cluster_boards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/accounting.hpp"
#include "cli/board_walls.hpp"
#include "cli/cluster/submission.hpp"
#include "cli/load.hpp"
#include "cli/plan_json.hpp"
#include "cli/topology_source.hpp"
#include "cluster/control/control.hpp"
#include "cluster/model/path_name.hpp"

namespace dnstorm::cli {

namespace {

using board::Live, board::Moment;
using cluster::TopologyStatus, cluster::TopologyView;
using Json = nlohmann::json;

constexpr DurationNs refresh_period = ns_per_s;
constexpr DurationNs lead_settle = 5 * ns_per_s;    // a lead is noticed within that
constexpr DurationNs watch_period = 10 * ns_per_s;  // a page that asks is one that looks

std::shared_ptr<Live> make_live(const std::string& title, const Clock& clock) {
  board::LiveOptions options;
  options.title = title;
  options.epoch = fmt::format("{:x}", clock.wall_ns());
  return std::make_shared<Live>(std::move(options));
}

// NAME of NAME-SERIAL-SECONDS.
std::string name_in(const std::string& id) {
  std::size_t end = id.rfind('-');
  if (end != std::string::npos && end > 0) end = id.rfind('-', end - 1);
  return id.substr(0, end);
}

// 14:03:27
std::string time_of_day(TimeNs wall) {
  return format_time(wall / ns_per_s * ns_per_s).substr(11, 8);
}

const char* text_of(TopologyStatus status) {
  static constexpr const char* names[] = {"waiting",     "starting", "active",   "inactive",
                                          "rebalancing", "killed",   "finished", "failed"};
  return names[static_cast<std::size_t>(status)];
}

const char* state_of(TopologyStatus status) {
  if (status == TopologyStatus::finished) return "finished";
  return status == TopologyStatus::failed ? "failed" : "running";
}

bool has_ended(const TopologyView& topology) {
  return topology.status == TopologyStatus::finished ||
         topology.record.wanted == cluster::Wanted::killed;
}

}  // namespace

ClusterBoards::ClusterBoards(const Clock& clock, ClusterBoardsSetup setup)
    : clock_(clock),
      setup_(std::move(setup)),
      history_(setup_.folder),
      registry_(builtin_registry()),
      lobby_(make_live(setup_.cluster, clock)),
      lobby_data_(std::make_shared<BoardData>()) {
  add_common(*lobby_data_);
}

void ClusterBoards::serve(cluster::CoordinatorServer* server) {
  std::lock_guard lock(mutex_);
  server_ = server;
}

ClusterBoards::Board& ClusterBoards::board_for(const std::string& id) {
  auto [entry, is_new] = boards_.try_emplace(id);
  Board& board = entry->second;
  if (is_new) {
    const std::string name = name_in(id);
    board.live = make_live(name, clock_);
    const std::string path = cluster::path_name(name);
    board.history = std::make_unique<ClusterHistory>(history_, path);
    board.events = std::make_shared<ClusterEvents>(fmt::format("{}/mutes/{}", setup_.folder, path),
                                                   clock_, setup_.refuse_change);
    board.made = clock_.steady_ns();
  }
  return board;
}

std::optional<cluster::FeedAck> ClusterBoards::take(const cluster::FeedNews& news) {
  std::lock_guard lock(mutex_);
  Board& board = board_for(news.topology);
  if (news.confirmed > 0 && !board.book.knows(news.node)) tell_late(board);
  cluster::FeedBook::Taken taken = board.book.take(news);
  std::optional<cluster::FeedAck> ack = board.history->take(news.node, taken);
  EventFeed feed(board.events->log(), *board.live);
  for (FeedFrame& frame : taken.frames) feed.publish(std::move(frame));
  for (std::string& note : taken.notes) board.live->tell(std::move(note));
  return ack;
}

// Another coordinator led before, and had what was shown until then.
void ClusterBoards::tell_late(Board& board) {
  if (std::exchange(board.late, true)) return;
  board.live->tell(fmt::format(
      "shown since {} UTC, when this coordinator took over: walls lack what was counted "
      "before",
      time_of_day(clock_.wall_ns())));
}

void ClusterBoards::take(const cluster::WorkerNews& news, TimeNs now) {
  if (news.kind != "stats") return;
  std::lock_guard lock(mutex_);
  board_for(news.topology).run.take(news, now);
}

const TopologyView* ClusterBoards::chosen(const std::string& topology) const {
  if (!topology.empty()) return cluster::find_topology(view_, topology);
  const TopologyView* best = nullptr;
  for (const TopologyView& it : view_.topologies) {
    auto rank = [](const TopologyView& of) {
      return std::pair(!has_ended(of), of.record.submitted);
    };
    if (best == nullptr || rank(it) > rank(*best)) best = &it;
  }
  return best;
}

std::shared_ptr<Live> ClusterBoards::find(const std::string& topology) {
  std::lock_guard lock(mutex_);
  const TopologyView* view = chosen(topology);
  if (view == nullptr) return topology.empty() ? lobby_ : nullptr;
  Board& board = board_for(view->record.id);
  board.asked = clock_.steady_ns();
  return board.live;
}

std::string ClusterBoards::topology_json(const std::string& topology) {
  std::lock_guard lock(mutex_);
  const TopologyView* view = chosen(topology);
  if (view == nullptr) return "";
  Board& board = board_for(view->record.id);
  const plan::Plan* plan = plan_for(board, *view);
  return plan != nullptr ? board.run.topology_json(*plan, view_, *view, clock_.wall_ns()) : "";
}

// Made anew when the assignment has changed: tasks of `per: node` are those of other nodes then.
const plan::Plan* ClusterBoards::plan_for(Board& board, const TopologyView& topology) {
  const cluster::Assignment& assignment = topology.record.assignment;
  if (!board.plan || board.planned_for != assignment.incarnation) {
    auto plan = plan_of(topology.record.submission, assignment.choices, registry_);
    if (!plan.ok()) return nullptr;
    board.plan = std::move(*plan);
    board.planned_for = assignment.incarnation;
    board.data.reset();
  }
  return &*board.plan;
}

// --- beside the stream ---------------------------------------------------------------------------

void ClusterBoards::add_common(BoardData& data) {
  data.add("cluster", [this](const ApiRequest&) { return list(); });
  data.add("explain", guarded(explain_answer));
}

// A topology may have passwords in it, and to explain one takes its time.
BoardData::Handler ClusterBoards::guarded(BoardData::Handler answer) const {
  return [this, answer = std::move(answer)](const ApiRequest& request) {
    auto refused = setup_.refuse_change(request);
    return refused ? *refused : answer(request);
  };
}

std::shared_ptr<BoardData> ClusterBoards::data_for(const std::string& topology) {
  std::lock_guard lock(mutex_);
  const TopologyView* view = chosen(topology);
  if (view == nullptr) return lobby_data_;
  Board& board = board_for(view->record.id);
  const plan::Plan* plan = plan_for(board, *view);
  if (plan == nullptr) return lobby_data_;
  if (board.data) return board.data;
  board.data = std::make_shared<BoardData>();
  BoardData& data = *board.data;
  add_common(data);
  const cluster::Submission& submission = view->record.submission;
  data.add("walls", [walls = board_walls_json(*plan)](const ApiRequest&) {
    return ApiAnswer{.body = walls};
  });
  data.add("source",
           guarded([source = TopologySource::of(submission.text, submission.file,
                                                variables_of(submission), files_of(submission))](
                       const ApiRequest& asked) { return source.answer(asked); }));
  board.events->offer(*plan, *view, data);
  board.history->offer(*plan, clock_, data);
  return board.data;
}

// Not under the lock: an answer may take its time.
ApiAnswer ClusterBoards::answer(const ApiRequest& request) {
  const std::shared_ptr<BoardData> data = data_for(std::string(request.argument("topology")));
  ApiRequest rest = request;
  std::erase_if(rest.query, [](const auto& argument) { return argument.first == "topology"; });
  return data->answer(rest);
}

// --- time ----------------------------------------------------------------------------------------

void ClusterBoards::tick(Moment now) {
  if (now.steady >= next_refresh_) refresh(now.steady);
  std::lock_guard lock(mutex_);
  for (const TopologyView& topology : view_.topologies) {
    auto found = boards_.find(topology.record.id);
    if (found != boards_.end() && is_watched(found->second, now.steady))
      account_for(found->second, topology);
  }
  for (auto& [id, board] : boards_) {
    for (std::string& note : board.history->take_notes()) board.live->tell(std::move(note));
    for (auto& [node, ack] : board.history->due_acks())
      if (server_ != nullptr) server_->confirm(node, std::move(ack));
    board.live->tick(now, board.honesty);
  }
  lobby_->tick(now, {});
}

void ClusterBoards::refresh(TimeNs now) {
  next_refresh_ = now + refresh_period;
  const TimeNs before = clock_.steady_ns();
  cluster::ClusterView view;
  std::string leader;
  {
    std::unique_lock lock(mutex_);
    cluster::CoordinatorServer* server = server_;
    lock.unlock();
    if (server == nullptr) return;
    view = server->view();
    if (!view.leads) leader = server->leader();
  }
  std::lock_guard lock(mutex_);
  const bool had_none = view_.topologies.empty();
  view_ = std::move(view);
  leader_ = std::move(leader);
  if (!view_.leads) view_.topologies.clear();
  if (had_none && !view_.topologies.empty()) leave_lobby();
  if (view_.leads != (leads_since_ != 0)) leads_since_ = view_.leads ? clock_.wall_ns() : 0;
  for (const TopologyView& topology : view_.topologies) {
    follow(topology);
    Board& board = board_for(topology.record.id);
    if (board.history->waits_for_plan()) board.history->know(plan_for(board, topology));
  }
  tell_mutes();
  for (auto at = boards_.begin(); at != boards_.end();) {
    bool there = cluster::find_topology(view_, at->first) != nullptr;
    // One that was made meanwhile is of a topology that the view does not know yet.
    if (there || (view_.leads && at->second.made >= before)) {
      ++at;
      continue;
    }
    at->second.live->close();
    at = boards_.erase(at);
  }
}

// Pages that were opened before there was a topology ask anew, and get its board.
void ClusterBoards::leave_lobby() {
  lobby_->close();
  lobby_ = make_live(setup_.cluster, clock_);
}

// What happened to it, in the words of people.
void ClusterBoards::follow(const TopologyView& topology) {
  Board& board = board_for(topology.record.id);
  if (!board.restarts && topology.record.assignment.incarnation > 1 &&
      topology.record.submitted < leads_since_ - lead_settle)
    tell_late(board);
  if (topology.restarts <= board.restarts.value_or(topology.restarts)) {
    board.restarts = topology.restarts;
    return;
  }
  board.restarts = topology.restarts;
  const plan::Plan* plan = plan_for(board, topology);
  bool exact = plan != nullptr && plan->config.delivery == plan::Delivery::exactly_once;
  board.live->tell(fmt::format(
      "restarted at {} UTC{}{}: where every packet went is told from then on{}",
      time_of_day(clock_.wall_ns()), topology.last_restart.empty() ? "" : " because ",
      topology.last_restart,
      exact ? "" : "; windows that were open then may be incomplete (topology.delivery)"));
}

void ClusterBoards::tell_mutes() {
  for (const TopologyView& topology : view_.topologies) {
    if (has_ended(topology)) continue;
    auto rules =
        board_for(topology.record.id).events->rules_to_tell(topology.record.assignment.incarnation);
    if (rules) server_->mute({topology.record.id, std::move(*rules)});
  }
}

bool ClusterBoards::is_watched(const Board& board, TimeNs now) const {
  return board.live.use_count() > 1 || now - board.asked < watch_period;
}

void ClusterBoards::account_for(Board& board, const TopologyView& topology) {
  std::string state = fmt::format("{} {}", text_of(topology.status), topology.reason);
  if (board.honesty_of == board.run.news() && board.honesty_state == state) return;
  const plan::Plan* plan = plan_for(board, topology);
  if (plan == nullptr) return;
  board.honesty_of = board.run.news();
  board.honesty_state = std::move(state);
  bool finished = topology.status == TopologyStatus::finished;
  board.honesty = account(*plan, board.run.status(finished));
  board.honesty.state = state_of(topology.status);
  if (topology.status == TopologyStatus::failed) board.honesty.failure = topology.reason;
}

ApiAnswer ClusterBoards::list() {
  std::lock_guard lock(mutex_);
  Json topologies = Json::array();
  for (const TopologyView& topology : view_.topologies)
    topologies.push_back({{"id", topology.record.id},
                          {"name", topology.record.submission.name},
                          {"status", text_of(topology.status)}});
  Json json = {{"leads", view_.leads},
               {"leader", leader_.empty() ? "" : setup_.board_of(leader_)},
               {"topologies", std::move(topologies)}};
  return {.body = json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace dnstorm::cli
