#include "cli/stored_events.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/parse_time.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/ecs_names.hpp"

namespace dnstorm::cli {

namespace {

using nlohmann::json;

constexpr DurationNs busy_timeout = 5 * ns_per_s;
// How much older than the newest a row may be that comes after it, without all being read again.
constexpr DurationNs late_max = 600 * ns_per_s;
constexpr std::array event_fields = {"time",     "id",       "detector", "state", "severity",
                                     "score",    "key_kind", "key",      "start", "end",
                                     "evidence", "samples",  "advice"};

FeedRow row_of(const json& object) {
  return {object.dump(-1, ' ', false, json::error_handler_t::replace), {}};
}

// A line by either names, by dnstorm's; the log passes over what is no event.
json by_own_names(const json& line) {
  json own = json::object();
  for (const char* name : event_fields) {
    auto found = line.find(name);
    if (found == line.end()) found = line.find(operators::ecs_name({.name = name}));
    if (found != line.end()) own[name] = *found;
  }
  return own;
}

// Points have ns where lines have texts.
json of_point(TimeNs time, const std::string& tags, const std::string& fields) {
  json own = json::parse(tags, nullptr, false);
  const json values = json::parse(fields, nullptr, false);
  if (!own.is_object() || !values.is_object()) return {};
  own.update(values);
  own["time"] = format_time(time);
  for (const char* name : {"start", "end"})
    if (const auto found = own.find(name); found != own.end() && found->is_number_integer())
      *found = format_time(found->get<TimeNs>());
  return own;
}

std::size_t take(const json& object, EventLog& log) {
  FeedFrame frame;
  frame.rows.push_back(row_of(object));
  if (!parse_event(frame.rows.front().key)) return 0;
  log.take(frame);
  return 1;
}

constexpr const char* are_events = "tags ->> 'detector' IS NOT NULL AND tags ->> 'id' IS NOT NULL";

}  // namespace

StoredEvents::State StoredEvents::state() const {
  State state;
  const std::array files = {path_, path_ + "-wal"};
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::error_code missing;
    state.times[i] = std::filesystem::last_write_time(files[i], missing);
    state.sizes[i] = std::filesystem::file_size(files[i], missing);
  }
  return state;
}

Result<std::size_t> StoredEvents::read() {
  // From before it is read: what comes meanwhile is seen by the next call.
  const State now = state();
  if (now == known_) return std::size_t{0};
  auto found = read_anew();
  if (!found.ok()) return std::move(found.error()).within(path_);
  known_ = now;
  return found;
}

Result<std::size_t> StoredEvents::read_anew() {
  std::ifstream file(path_, std::ios::binary);
  if (!file)
    return Error{ErrorKind::no_input, fmt::format("cannot be read: {}", std::strerror(errno)), ""};
  std::string head(16, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return head.starts_with("SQLite format 3") ? read_points() : read_lines(file);
}

Result<std::size_t> StoredEvents::read_points() {
  auto store = DNSTORM_TRY(SqliteDatabase::open_for_reading(path_, busy_timeout));
  const std::int64_t last = DNSTORM_TRY(store.integer("SELECT ifnull(max(id), 0) FROM series"));
  // Another file in its place.
  if (last < last_series_) {
    taken_.clear();
    last_series_ = 0;
  }
  // Each event has a series of its own. Points are in the order of their times: without a new
  // series of events, and with none before, none has to be looked at.
  const std::int64_t come = DNSTORM_TRY(store.integer(
      fmt::format("SELECT count(*) FROM series WHERE id > {} AND {}", last_series_, are_events)));
  std::size_t found = 0;
  if (!taken_.empty()) found = DNSTORM_TRY(read_points(store, taken_.begin()->first));
  std::set<std::int64_t> met;
  for (const auto& [time, series] : taken_)
    if (series > last_series_) met.insert(series);
  // Of a time before that, as of a capture that was replayed later.
  if (static_cast<std::int64_t>(met.size()) < come)
    found += DNSTORM_TRY(read_points(store, time_min));
  last_series_ = last;
  return found;
}

Result<std::size_t> StoredEvents::read_points(SqliteDatabase& store, TimeNs from) {
  auto points = DNSTORM_TRY(store.prepare(
      fmt::format("SELECT time, tags, fields, id FROM points JOIN series ON id = series WHERE "
                  "time >= ?1 AND {} ORDER BY time, id",
                  are_events)));
  points.bind(1, from);
  std::size_t found = 0;
  while (DNSTORM_TRY(points.step())) {
    const TimeNs time = points.column_integer(0);
    if (!taken_.emplace(time, points.column_integer(3)).second) continue;
    found += take(of_point(time, points.column_text(1), points.column_text(2)), log_);
    while (taken_.begin()->first < taken_.rbegin()->first - late_max) taken_.erase(taken_.begin());
  }
  return found;
}

Result<std::size_t> StoredEvents::read_lines(std::ifstream& file) {
  file.clear();
  file.seekg(0, std::ios::end);
  // Another file in its place.
  if (file.tellg() < read_to_) read_to_ = 0;
  file.seekg(read_to_);
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    const json object = json::parse(line, nullptr, false);
    if (object.is_object()) found += take(by_own_names(object), log_);
    if (!file.eof()) read_to_ = file.tellg();
  }
  return found;
}

}  // namespace dnstorm::cli
