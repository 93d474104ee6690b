#include "board/server/live.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::board {
namespace {

constexpr std::size_t notes_max = 8;
constexpr std::size_t totals_rows_max = 64;

double to_ms(TimeNs ns) { return static_cast<double>(ns) / ns_per_ms; }

void write_row(JsonWriter& json, const FeedRow& row) {
  json.begin_array().value(row.key);
  for (const double value : row.values) json.value(value);
  json.end_array();
}

// What a frame asks for, as far as is allowed: each cell costs the page and every viewer.
WallLimits wall_limits(const FeedFrame& frame, const LiveOptions& options) {
  WallLimits limits = options.wall;
  if (frame.cells != 0) limits.slots = std::min(frame.cells, wall_slots_max);
  limits.tracked_max = std::max(limits.tracked_max, 2 * limits.slots);
  return limits;
}

}  // namespace

struct Live::Panel {
  Panel(const FeedFrame& frame, const LiveOptions& options)
      : id(frame.panel),
        view(frame.view),
        title(frame.title),
        columns(frame.columns),
        wall(wall_limits(frame, options)),
        series(options.series_windows_max) {}

  std::string id, view, title;
  std::vector<std::string> columns;
  TimeNs start = 0, end = 0;  // the newest window
  bool announced = false;
  Wall wall;
  bool wall_ranks_changed = false;
  Series series;
  std::vector<FeedRow> rows;  // table, totals
  std::size_t rows_all = 0;   // before the cut
  bool rows_news = false;

  void write_rows(JsonWriter& json) const {
    json.begin_object().member("rows_all", std::uint64_t{rows_all}).key("rows").begin_array();
    for (const FeedRow& row : rows) write_row(json, row);
    json.end_array().end_object();
  }
  void write_window(JsonWriter& json) const {
    json.member("start", to_ms(start)).member("end", to_ms(end));
  }
  bool has_news(bool slow) const {
    if (view == "wall") return wall.has_news();
    return slow && (view == "series" ? series.has_news() : rows_news);
  }
};

Live::Live(LiveOptions options)
    : options_(std::move(options)), ring_(options_.epoch, options_.ring), rewind_(options_.rewind) {
  DNSTORM_ASSERT(options_.wall.tracked_max >= 2 * options_.wall.slots,
                 "a wall must remember twice the keys it shows", options_.wall.tracked_max);
  honesty_json_ = honesty_json({});
}

Live::~Live() = default;

// --- in -----------------------------------------------------------------------------------------

void Live::publish(FeedFrame frame) {
  const std::size_t rows = frame.rows.size() + 1;
  bool full = false;
  {
    std::lock_guard lock(inbox_mutex_);
    inbox_rows_ += rows;
    inbox_.push_back(std::move(frame));
    full = inbox_rows_ > options_.inbox_rows_max;
  }
  if (!full) return;
  std::lock_guard lock(mutex_);
  take_in();
}

void Live::take_in() {
  std::vector<FeedFrame> frames;
  {
    std::lock_guard lock(inbox_mutex_);
    frames.swap(inbox_);
    inbox_rows_ = 0;
  }
  for (const FeedFrame& frame : frames) apply(frame, now_.steady);
}

void Live::apply(const FeedFrame& frame, TimeNs now) {
  Panel* panel = panel_for(frame);
  if (!panel) return;
  if (frame.view == "wall") apply_wall(*panel, frame, now);
  if (frame.view == "table") apply_table(*panel, frame);
  if (frame.view == "totals") apply_totals(*panel, frame);
  if (frame.view == "series" && !panel->series.add(frame))
    note(fmt::format("panel \"{}\" has more than {} lines; the others are not shown", panel->id,
                     series_lines_max));
  if (frame.end < panel->end) return;
  panel->start = frame.start;
  panel->end = frame.end;
}

Live::Panel* Live::panel_for(const FeedFrame& frame) {
  for (const auto& panel : panels_) {
    if (panel->id != frame.panel) continue;
    if (panel->view == frame.view) return panel.get();
    note(fmt::format(
        "panel \"{}\" is fed as {} and as {}: give one of the board sinks another panel", panel->id,
        panel->view, frame.view));
    return nullptr;
  }
  constexpr std::string_view views[] = {"wall", "series", "table", "totals"};
  if (std::find(std::begin(views), std::end(views), frame.view) == std::end(views)) {
    // Those of a run never come here (cli/event_log.hpp).
    note(frame.view == "events"
             ? "security events are shown on the board of `dnstorm run`, not on this one"
             : fmt::format("panel \"{}\": there is no view \"{}\"", frame.panel, frame.view));
    return nullptr;
  }
  if (panels_.size() >= options_.panels_max) {
    note(fmt::format("more than {} panels; \"{}\" is not shown", options_.panels_max, frame.panel));
    return nullptr;
  }
  panels_.push_back(std::make_unique<Panel>(frame, options_));
  return panels_.back().get();
}

void Live::apply_wall(Panel& panel, const FeedFrame& frame, TimeNs now) {
  for (const FeedRow& row : frame.rows)
    if (!row.values.empty()) panel.wall.add(row.key, row.values[0], now, now_.wall);
  panel.wall_ranks_changed |= !frame.rows.empty();
}

void Live::apply_table(Panel& panel, const FeedFrame& frame) {
  if (frame.end < panel.end) return;  // an older window that was overtaken
  panel.rows_all = frame.rows.size();
  const std::size_t shown = std::min(frame.rows.size(), options_.table_rows_max);
  panel.rows.assign(frame.rows.begin(), frame.rows.begin() + static_cast<std::ptrdiff_t>(shown));
  panel.rows_news = true;
}

void Live::apply_totals(Panel& panel, const FeedFrame& frame) {
  for (const FeedRow& row : frame.rows) {
    const auto same = [&](const FeedRow& other) { return other.key == row.key; };
    const auto at = std::find_if(panel.rows.begin(), panel.rows.end(), same);
    if (at != panel.rows.end())
      *at = row;
    else if (panel.rows.size() < totals_rows_max)
      panel.rows.push_back(row);
  }
  panel.rows_all = panel.rows.size();
  panel.rows_news = true;
}

void Live::tell(std::string text) {
  std::lock_guard lock(mutex_);
  note(std::move(text));
}

void Live::note(std::string text) {
  if (notes_.size() >= notes_max) return;
  if (std::find(notes_.begin(), notes_.end(), text) != notes_.end()) return;
  notes_.push_back(std::move(text));
  notes_news_ = true;
}

// --- tick ---------------------------------------------------------------------------------------

void Live::tick(Moment now, const Honesty& honesty) {
  std::lock_guard lock(mutex_);
  now_ = now;
  take_in();
  // The end of a run is told at once, with everything that came before it.
  const bool turned = honesty.state != state_;
  state_ = honesty.state;
  const bool slow = turned || now.steady >= next_slow_;
  if (slow) {
    next_slow_ = now.steady + slow_period;
    std::string text = honesty_json(honesty);
    honesty_news_ |= text != honesty_json_;
    honesty_json_ = std::move(text);
  }
  announce_panels();
  settle_walls(slow, now.steady);
  append_moves();
  append_delta(slow);
  // Only when all is told: a snapshot has what the next events bring anew.
  if (slow && rewind_.wants_snapshot(now.wall)) rewind_.begin(write_snapshot(), now.wall);
  if (now.steady - ring_.last_append() >= keep_alive_period)
    ring_.append_comment("keep-alive", now.steady);
}

void Live::append(std::string_view event, std::string_view json) {
  ring_.append(event, json, now_.steady);
  rewind_.add(event, json, now_.wall);
}

void Live::announce_panels() {
  for (const auto& panel : panels_) {
    if (panel->announced) continue;
    panel->announced = true;
    JsonWriter json;
    write_panel(json, *panel);
    append("panel", json.text());
  }
}

void Live::settle_walls(bool slow, TimeNs now) {
  for (const auto& panel : panels_) {
    if (!panel->wall_ranks_changed) continue;
    if (!slow && !panel->wall.has_free_slot()) continue;
    panel->wall.settle(now);
    panel->wall_ranks_changed = false;
  }
}

void Live::append_moves() {
  JsonWriter json;
  json.begin_object();
  bool any = false;
  for (const auto& panel : panels_) {
    JsonWriter moves;
    if (!panel->wall.write_moves(moves)) continue;
    json.key(panel->id).raw(moves.text());
    any = true;
  }
  if (any) append("slot", json.end_object().text());
}

void Live::append_delta(bool slow) {
  JsonWriter json;
  json.begin_object().member("t", to_ms(now_.wall));
  json.key("panels").begin_object();
  bool any = false;
  for (const auto& panel : panels_) {
    if (!panel->has_news(slow)) continue;
    any = true;
    json.key(panel->id).begin_object();
    panel->write_window(json);
    json.key(panel->view);
    if (panel->view == "wall")
      panel->wall.write_delta(json);
    else if (panel->view == "series")
      panel->series.write_delta(json);
    else
      panel->write_rows(json), panel->rows_news = false;
    json.end_object();
  }
  json.end_object();
  if (slow && honesty_news_) json.key("honesty").raw(honesty_json_);
  if (notes_news_) {
    json.key("notes").begin_array();
    for (const std::string& note : notes_) json.value(note);
    json.end_array();
  }
  any |= (slow && honesty_news_) || notes_news_;
  if (slow) honesty_news_ = false;
  notes_news_ = false;
  if (any) append("delta", json.end_object().text());
}

// --- out ----------------------------------------------------------------------------------------

void Live::write_panel(JsonWriter& json, const Panel& panel) const {
  json.begin_object()
      .member("id", panel.id)
      .member("view", panel.view)
      .member("title", panel.title);
  panel.write_window(json);
  json.key("columns").begin_array();
  for (const std::string& column : panel.columns) json.value(column);
  json.end_array().key(panel.view);
  if (panel.view == "wall")
    panel.wall.write_state(json);
  else if (panel.view == "series")
    panel.series.write_state(json);
  else
    panel.write_rows(json);
  json.end_object();
}

std::string Live::write_snapshot() const {
  JsonWriter json;
  json.begin_object().member("t", to_ms(now_.wall)).member("title", options_.title);
  json.key("panels").begin_array();
  for (const auto& panel : panels_)
    if (panel->announced) write_panel(json, *panel);
  json.end_array().key("honesty").raw(honesty_json_).key("notes").begin_array();
  for (const std::string& note : notes_) json.value(note);
  json.end_array().end_object();
  return json.take();
}

// Made at most once per change, whatever the number of clients that ask.
const Snapshot& Live::snapshot() {
  const std::uint64_t last = ring_.head() - 1;
  if (!snapshot_.text || snapshot_.number != last) {
    snapshot_.number = last;
    snapshot_.text =
        std::make_shared<const std::string>(ring_.frame(last, "snapshot", write_snapshot()));
  }
  return snapshot_;
}

Subscription Live::subscribe(std::string_view last_id) const {
  std::lock_guard lock(mutex_);
  return Subscription(ring_, last_id);
}

std::size_t Live::read(Subscription& subscription, char* out, std::size_t size) {
  std::lock_guard lock(mutex_);
  return subscription.read(
      ring_, [this] { return snapshot(); }, out, size);
}

std::string Live::snapshot_json() const {
  std::lock_guard lock(mutex_);
  return write_snapshot();
}

std::string Live::rewind_json(std::optional<TimeNs> moment) const {
  std::lock_guard lock(mutex_);
  return rewind_.json(moment);
}

std::optional<std::string> Live::cell_json(std::string_view id, std::size_t slot) const {
  std::lock_guard lock(mutex_);
  for (const auto& panel : panels_) {
    if (panel->id != id) continue;
    JsonWriter json;
    json.begin_object();
    if (!panel->wall.write_trail(json, slot, now_.steady)) return std::nullopt;
    return json.member("end", to_ms(now_.wall)).end_object().take();
  }
  return std::nullopt;
}

std::string Live::honesty_text() const {
  std::lock_guard lock(mutex_);
  return honesty_json_;
}

}  // namespace dnstorm::board
