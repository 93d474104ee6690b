#include "cli/history/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/history/history_buckets.hpp"
#include "cli/history/history_range.hpp"
#include "operators/sinks/point_history.hpp"
#include "operators/sinks/point_rollups.hpp"

namespace dnstorm::cli {

using nlohmann::json;
using operators::HistoryExtent;
using operators::HistoryNumber;
using operators::HistorySpan;
using operators::PointHistory;

namespace {

constexpr DurationNs busy_timeout = ns_per_s;
constexpr std::size_t items_default = 20;

struct Tags {
  const std::vector<std::pair<std::string, std::string>>& of;
  json object() const {
    json out = json::object();
    for (const auto& [name, value] : of) out[name] = value;
    return out;
  }
};

// A time, and from which rollups it is read.
struct Chosen {
  HistoryExtent extent;
  HistoryRange range;
  std::int64_t step_s = 0;

  json head() const {
    return {{"from", range.from / ns_per_ms},      {"to", range.to / ns_per_ms},
            {"step", range.step / ns_per_ms},      {"read_step", step_s * 1000},
            {"oldest", extent.oldest / ns_per_ms}, {"newest", extent.newest / ns_per_ms}};
  }
};

Result<Chosen> choose(const ApiRequest& request, PointHistory& history) {
  Chosen chosen;
  chosen.extent = DNSTORM_TRY(history.extent());
  if (chosen.extent.empty) return chosen;
  AskedRange asked = DNSTORM_TRY(asked_range(request, chosen.extent.newest));
  chosen.step_s = DNSTORM_TRY(history.step_for(asked.from, asked.to));
  chosen.range = in_buckets(asked, chosen.step_s * ns_per_s);
  return chosen;
}

// Of a run whose first window has not closed.
json nothing_yet() {
  return {{"empty", true},
          {"charts", json::array()},
          {"gaps", json::array()},
          {"lists", json::array()}};
}

Result<json> points(const ApiRequest& request, PointHistory& history) {
  Chosen chosen = DNSTORM_TRY(choose(request, history));
  if (chosen.extent.empty) return nothing_yet();
  const HistoryRange& range = chosen.range;
  std::vector<HistorySpan> spans;
  DNSTORM_CHECK(history.spans(chosen.step_s, range.from, range.to,
                              [&](const HistorySpan& span) { spans.push_back(span); }));
  HistoryBuckets buckets(range, chosen.extent.oldest, DNSTORM_TRY(history.series()), spans);
  DNSTORM_CHECK(history.numbers(chosen.step_s, range.from, range.to,
                                [&](const HistoryNumber& number) { buckets.add(number); }));
  json out = chosen.head();
  out["charts"] = buckets.charts();
  out["gaps"] = buckets.gaps();
  return out;
}

// {"qname":"example.com"} as the name that people read.
std::string name_of(const std::string& item) {
  json fields = json::parse(item, nullptr, false);
  if (!fields.is_object()) return item;
  std::string name;
  for (const auto& [field, value] : fields.items())
    name +=
        (name.empty() ? "" : " ") + (value.is_string() ? value.get<std::string>() : value.dump());
  return name;
}

json list_json(const operators::HistoryList& list, const operators::TopList& top) {
  json items = json::array();
  for (const operators::TopItem& item : top.items)
    items.push_back({{"name", name_of(item.item)}, {"low", item.low}, {"high", item.high}});
  return {{"measurement", list.measurement},
          {"tags", Tags{list.tags}.object()},
          {"items", std::move(items)},
          {"floor", top.floor}};
}

Result<std::size_t> items_asked(const ApiRequest& request) {
  std::string_view text = request.argument("limit");
  if (text.empty()) return items_default;
  std::size_t limit = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (failed != std::errc() || end != text.data() + text.size() || limit < 1 ||
      limit > operators::rollup_items_max)
    return Error{
        ErrorKind::usage,
        fmt::format("limit: '{}' is no number from 1 to {}", text, operators::rollup_items_max),
        ""};
  return limit;
}

Result<json> tops(const ApiRequest& request, PointHistory& history) {
  std::size_t limit = DNSTORM_TRY(items_asked(request));
  Chosen chosen = DNSTORM_TRY(choose(request, history));
  if (chosen.extent.empty) return nothing_yet();
  std::int64_t step_s = std::max(chosen.step_s, DNSTORM_TRY(history.longest_step()));
  auto sums = DNSTORM_TRY(history.tops(step_s, chosen.range.from, chosen.range.to));
  json lists = json::array();
  for (const operators::HistoryList& list : DNSTORM_TRY(history.lists()))
    if (auto found = sums.find(list.id); found != sums.end())
      lists.push_back(list_json(list, found->second.take(limit)));
  json out = chosen.head();
  out["lists"] = std::move(lists);
  return out;
}

Result<json> catalogue(const std::vector<HistoryFile>& files, PointHistory& history) {
  HistoryExtent extent = DNSTORM_TRY(history.extent());
  json measurements = json::object();
  for (const operators::HistorySeries& series : DNSTORM_TRY(history.series())) {
    json& measurement = measurements[series.measurement];
    if (measurement.is_null()) measurement = {{"series", 0}, {"tags", json::array()}};
    measurement["series"] = measurement["series"].get<std::int64_t>() + 1;
    for (const auto& [name, value] : series.tags) {
      json& tags = measurement["tags"];
      if (std::find(tags.begin(), tags.end(), name) == tags.end()) tags.push_back(name);
    }
  }
  json lists = json::array();
  for (const operators::HistoryList& list : DNSTORM_TRY(history.lists()))
    lists.push_back({{"measurement", list.measurement}, {"tags", Tags{list.tags}.object()}});
  json stores = json::array();
  for (const HistoryFile& file : files) stores.push_back(file.store);
  json out = {{"stores", std::move(stores)},
              {"measurements", std::move(measurements)},
              {"lists", std::move(lists)}};
  if (!extent.empty) {
    out["oldest"] = extent.oldest / ns_per_ms;
    out["newest"] = extent.newest / ns_per_ms;
  }
  return out;
}

}  // namespace

Result<const HistoryFile*> History::file_of(const ApiRequest& request) const {
  std::string_view wanted = request.argument("store");
  if (wanted.empty()) {
    std::error_code ignored;
    auto there = std::find_if(files_.begin(), files_.end(), [&](const HistoryFile& file) {
      return std::filesystem::exists(file.path, ignored);
    });
    return there != files_.end() ? &*there : &files_.front();
  }
  std::string known;
  for (const HistoryFile& file : files_) {
    if (file.store == wanted) return &file;
    known += (known.empty() ? "" : ", ") + file.store;
  }
  return Error{ErrorKind::usage,
               fmt::format("store: there is no '{}'; there is: {}", wanted, known), ""};
}

Result<std::string> History::answer(const ApiRequest& request) const {
  const HistoryFile* file = DNSTORM_TRY(file_of(request));
  auto opened = PointHistory::open(file->path, busy_timeout);
  if (!opened.ok() && opened.error().kind == ErrorKind::unavailable) return nothing_yet().dump();
  PointHistory history = DNSTORM_TRY(std::move(opened));
  json out;
  if (request.path.empty() || request.path == "/")
    out = DNSTORM_TRY(catalogue(files_, history));
  else if (request.path == "/points")
    out = DNSTORM_TRY(points(request, history));
  else if (request.path == "/tops")
    out = DNSTORM_TRY(tops(request, history));
  else
    return Error{ErrorKind::usage, "the history has `points` and `tops`, and nothing of that name",
                 ""};
  // Names come from packets: bytes that are no UTF-8 are replaced.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace dnstorm::cli
