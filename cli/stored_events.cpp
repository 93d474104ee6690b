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

Result<std::size_t> read_points(const std::string& path, EventLog& log) {
  auto store = DNSTORM_TRY(SqliteDatabase::open_for_reading(path, busy_timeout));
  // Points are in the order of their times: without a series of events none has to be looked at.
  constexpr const char* are_events =
      "tags ->> 'detector' IS NOT NULL AND tags ->> 'id' IS NOT NULL";
  if (DNSTORM_TRY(store.integer(
          fmt::format("SELECT EXISTS (SELECT 1 FROM series WHERE {})", are_events))) == 0)
    return std::size_t{0};
  auto points = DNSTORM_TRY(store.prepare(
      fmt::format("SELECT time, tags, fields FROM points JOIN series ON id = series WHERE {} "
                  "ORDER BY time",
                  are_events)));
  std::size_t found = 0;
  while (DNSTORM_TRY(points.step()))
    found +=
        take(of_point(points.column_integer(0), points.column_text(1), points.column_text(2)), log);
  return found;
}

Result<std::size_t> read_lines(std::ifstream& file, EventLog& log) {
  std::size_t found = 0;
  for (std::string line; std::getline(file, line);) {
    const json object = json::parse(line, nullptr, false);
    if (object.is_object()) found += take(by_own_names(object), log);
  }
  return found;
}

}  // namespace

Result<std::size_t> read_stored_events(const std::string& path, EventLog& log) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", path, std::strerror(errno)), ""};
  std::string head(16, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (!head.starts_with("SQLite format 3")) {
    file.clear();
    file.seekg(0);
    return read_lines(file, log);
  }
  auto found = read_points(path, log);
  if (!found.ok()) return std::move(found.error()).within(path);
  return found;
}

}  // namespace dnstorm::cli
