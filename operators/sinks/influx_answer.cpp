#include "operators/sinks/influx_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace dnstorm::operators {

namespace {

constexpr std::size_t message_bytes_max = 300;
constexpr std::string_view unreadable_mark = "unable to parse '";
constexpr std::string_view dropped_mark = "dropped=";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// One line, not too long, without what is said of the request and not of the points.
std::string tidy(std::string text) {
  for (std::string_view prefix : {"failure writing points to database: ", "partial write: "})
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
  if (std::size_t at = text.rfind(dropped_mark); at != std::string::npos) text.resize(at);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > message_bytes_max) text = text.substr(0, message_bytes_max) + "...";
  return text;
}

// "... dropped=12": points that were understood but not taken (type conflict, too old).
std::uint64_t dropped(std::string_view text) {
  std::size_t at = text.rfind(dropped_mark);
  if (at == std::string_view::npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(text.data() + at + dropped_mark.size(), text.data() + text.size(), count);
  return count;
}

// What a body says: its sentence, and the lines that InfluxDB 3 lists with a reason each.
struct Told {
  std::string text;
  nlohmann::json lines = nlohmann::json::array();
};

Told told(const HttpAnswer& answer) {
  if (answer.status == 0) return {answer.failure};
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  Told all{answer.body};
  if (!json.is_object()) return all;
  for (const char* key : {"message", "error"})
    if (auto text = json.find(key); text != json.end() && text->is_string())
      all.text = text->get<std::string>();
  if (auto lines = json.find("data"); lines != json.end() && lines->is_array())
    all.lines = std::move(*lines);
  return all;
}

std::string_view without_end(std::string_view line) {
  return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
}

// {"line_number": 2, "original_line": "...", "error_message": "..."}: an entry is believed if that
// line begins as it says (a long one comes shortened).
void add_listed(const nlohmann::json& listed, const LineChunk& chunk, std::vector<RefusedAt>& out) {
  for (const auto& entry : listed) {
    if (!entry.is_object()) continue;
    std::size_t number = 0;
    std::string line, why;
    if (auto it = entry.find("line_number"); it != entry.end() && it->is_number_unsigned())
      number = it->get<std::size_t>();
    if (auto it = entry.find("original_line"); it != entry.end() && it->is_string())
      line = it->get<std::string>();
    if (auto it = entry.find("error_message"); it != entry.end() && it->is_string())
      why = it->get<std::string>();
    if (number == 0 || number > chunk.points() || line.empty()) continue;
    if (chunk.line(number - 1).starts_with(line)) out.push_back({number - 1, tidy(why)});
  }
}

// "unable to parse 'LINE': why\nunable to parse ...": a line may hold whatever delimits it here, so
// it is looked up.
void add_quoted(std::string_view text, const LineChunk& chunk, std::vector<RefusedAt>& out) {
  if (!contains(text, unreadable_mark)) return;
  std::unordered_map<std::string_view, std::size_t> by_text;
  for (std::size_t i = 0; i < chunk.points(); ++i) by_text.emplace(without_end(chunk.line(i)), i);
  std::size_t next = text.find(unreadable_mark);
  while (next != std::string_view::npos) {
    std::size_t begin = next + unreadable_mark.size();
    next = text.find(unreadable_mark, begin);
    std::string_view part =
        text.substr(begin, next == std::string_view::npos ? next : next - begin);
    for (std::size_t end = part.find("': "); end != std::string_view::npos;
         end = part.find("': ", end + 1)) {
      auto found = by_text.find(part.substr(0, end));
      if (found == by_text.end()) continue;
      out.push_back({found->second, tidy("unable to parse: " + std::string(part.substr(end + 3)))});
      break;
    }
  }
}

std::vector<RefusedAt> named_lines(const Told& told, const LineChunk& chunk) {
  std::vector<RefusedAt> lines;
  add_listed(told.lines, chunk, lines);
  add_quoted(told.text, chunk, lines);
  std::stable_sort(lines.begin(), lines.end(),
                   [](const RefusedAt& a, const RefusedAt& b) { return a.line < b.line; });
  auto same = [](const RefusedAt& a, const RefusedAt& b) { return a.line == b.line; };
  lines.erase(std::unique(lines.begin(), lines.end(), same), lines.end());
  return lines;
}

std::uint64_t occurrences(std::string_view text, std::string_view part) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

// field type conflict: input field "x" on measurement "a" is type float, already exists as ...
std::string measurement_in(std::string_view text) {
  constexpr std::string_view before = "on measurement \"";
  std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  at += before.size();
  std::size_t end = text.find("\" is type", at);
  return end == std::string_view::npos ? "" : std::string(text.substr(at, end - at));
}

InfluxVerdict judge_refused(const Told& told, const LineChunk& chunk) {
  InfluxVerdict verdict;
  verdict.action = InfluxAction::refused;
  verdict.others_are_in = contains(told.text, "partial write");
  std::uint64_t unreadable = occurrences(told.text, unreadable_mark);
  verdict.count = told.lines.empty() ? unreadable + dropped(told.text) : told.lines.size();
  // 2.x takes nothing of a body with one line that it cannot read.
  if (!verdict.others_are_in && unreadable < chunk.points()) verdict.count = 0;
  verdict.lines = named_lines(told, chunk);
  verdict.measurement = measurement_in(told.text);
  return verdict;
}

}  // namespace

std::string influx_message(const HttpAnswer& answer) {
  std::string text = tidy(told(answer).text);
  return text.empty() ? fmt::format("status {}", answer.status) : text;
}

InfluxVerdict judge(const HttpAnswer& answer, const LineChunk& chunk) {
  InfluxVerdict verdict;
  verdict.reason = influx_message(answer);
  int status = answer.status;
  if (status / 100 == 2) return {};
  if ((status == 400 || status == 422) && !contains(verdict.reason, "database is required")) {
    std::string reason = std::move(verdict.reason);
    verdict = judge_refused(told(answer), chunk);
    verdict.reason = std::move(reason);
  } else if (status == 413) {
    verdict.action = InfluxAction::too_large;
  } else if (status == 0 || status == 408 || status == 429) {
    verdict.action = InfluxAction::retry;
  } else if (status >= 500 && !contains(verdict.reason, "retention policy not found")) {
    // Also {"error":"timeout"}, after which the points are stored nevertheless: they overwrite
    // themselves.
    verdict.action = InfluxAction::retry;
  } else {
    verdict.action = InfluxAction::stop;
    verdict.reason = fmt::format("{} (HTTP {})", verdict.reason, status);
  }
  return verdict;
}

Refusal refusal_of(std::string_view reason) {
  if (contains(reason, "type conflict") || contains(reason, "column type"))
    return Refusal::type_conflict;
  if (contains(reason, "retention")) return Refusal::too_old;
  if (contains(reason, "max-series-per-database") || contains(reason, "max-values-per-tag"))
    return Refusal::series_limit;
  if (contains(reason, "unable to parse") || contains(reason, "invalid"))
    return Refusal::unreadable;
  return Refusal::other;
}

std::string_view refusal_name(Refusal refusal) {
  constexpr std::string_view names[refusal_kinds] = {"type_conflict", "too_old", "unreadable",
                                                     "series_limit", "other"};
  return names[static_cast<std::size_t>(refusal)];
}

}  // namespace dnstorm::operators
