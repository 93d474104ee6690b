#include "operators/sinks/influx_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace dnstorm::operators {

namespace {

constexpr std::size_t message_bytes_max = 300;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::uint64_t occurrences(const std::string& text, std::string_view part) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size()))
    ++count;
  return count;
}

// "... dropped=12": points that were understood but not taken (type conflict, too old).
std::uint64_t dropped(const std::string& text) {
  constexpr std::string_view mark = "dropped=";
  std::size_t at = text.rfind(mark);
  if (at == std::string::npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), count);
  return count;
}

// InfluxDB 3 lists the lines that it did not take, each with its own reason.
const nlohmann::json* refused_lines(const nlohmann::json& body) {
  if (!body.is_object()) return nullptr;
  auto lines = body.find("data");
  return lines != body.end() && lines->is_array() && !lines->empty() ? &*lines : nullptr;
}

// What a body says, and of how many lines it says it (0: it lists none).
struct Told {
  std::string text;
  std::uint64_t lines = 0;
};

Told told(const HttpAnswer& answer) {
  if (answer.status == 0) return {answer.failure};
  auto json = nlohmann::json::parse(answer.body, nullptr, false);
  Told all{answer.body};
  if (!json.is_object()) return all;
  for (const char* key : {"message", "error"})
    if (auto text = json.find(key); text != json.end() && text->is_string())
      all.text = text->get<std::string>();
  const nlohmann::json* lines = refused_lines(json);
  if (lines == nullptr) return all;
  all.lines = lines->size();
  if (const auto& first = lines->front(); first.is_object())
    if (auto why = first.find("error_message"); why != first.end() && why->is_string())
      all.text += ": " + why->get<std::string>();
  return all;
}

InfluxVerdict judge_unusable(const Told& told, std::uint64_t points) {
  const std::string& text = told.text;
  std::uint64_t unparsed = occurrences(text, "unable to parse");
  if (contains(text, "partial write")) {
    // The rest is in. A body must not be sent again for the sake of its bad lines.
    std::uint64_t counted = told.lines != 0 ? told.lines : unparsed + dropped(text);
    std::uint64_t rejected = std::max<std::uint64_t>(1, counted);
    return {InfluxAction::done, std::min(rejected, points), text};
  }
  if (contains(text, "database is required")) return {InfluxAction::stop, 0, text};
  // 1.x answers so when no line could be read, 2.x when any could not: then none is in.
  if (unparsed >= points && unparsed > 0) return {InfluxAction::done, points, text};
  if (unparsed > 0) return {InfluxAction::split, 0, text};
  return {InfluxAction::refuse, 0, text};
}

}  // namespace

std::string influx_message(const HttpAnswer& answer) {
  std::string text = told(answer).text;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (text.size() > message_bytes_max) text = text.substr(0, message_bytes_max) + "...";
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? fmt::format("status {}", answer.status) : text;
}

InfluxVerdict judge(const HttpAnswer& answer, std::uint64_t points) {
  std::string reason = influx_message(answer);
  int status = answer.status;
  if (status == 0) return {InfluxAction::retry, 0, reason};
  if (status / 100 == 2) return {InfluxAction::done, 0, ""};
  if (status == 400 || status == 422) {
    // Counts are taken from the whole text, the reason is for people.
    InfluxVerdict verdict = judge_unusable(told(answer), points);
    verdict.reason = reason;
    return verdict;
  }
  if (status == 413) return {InfluxAction::split, 0, reason};
  if (status == 408 || status == 429) return {InfluxAction::retry, 0, reason};
  if (status == 500 && contains(reason, "retention policy not found"))
    return {InfluxAction::stop, 0, reason};
  // Also {"error":"timeout"}, after which the points are stored nevertheless: they overwrite
  // themselves.
  if (status >= 500) return {InfluxAction::retry, 0, reason};
  return {InfluxAction::stop, 0, fmt::format("{} (HTTP {})", reason, status)};
}

}  // namespace dnstorm::operators
