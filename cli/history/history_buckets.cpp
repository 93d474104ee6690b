#include "cli/history/history_buckets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace dnstorm::cli {

using nlohmann::json;
using operators::HistoryNumber;
using operators::HistorySeries;
using operators::HistorySpan;

namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t lines_kept_max = 500;  // of a chart, each by itself
constexpr std::size_t lines_shown_max = 8;   // as many as look different
constexpr const char* others = "others";

// A tag that a count is best shown by, whatever others there are; the first that a series has.
constexpr std::array<const char*, 7> dividing_tags = {"qr",        "rcode",      "qtype",  "status",
                                                      "transport", "ip_version", "outcome"};

bool is_quantile(const std::string& field) {
  return field.size() > 1 && field[0] == 'p' &&
         field.find_first_not_of("0123456789", 1) == std::string::npos;
}

bool is_count(const std::string& field) {
  return field == "count" || field == "value" || field == "packets" || field == "bytes" ||
         field.ends_with("_sum");
}

// Fields that say something of another that is shown.
bool is_aside(const std::string& field) { return field == "error" || field == "rate"; }

Tags shown_tags(const Tags& tags, bool counts) {
  if (counts)
    for (const char* wanted : dividing_tags)
      for (const auto& tag : tags)
        if (tag.first == wanted) return {tag};
  return tags;
}

std::string name_of(const Tags& tags, const std::string& field) {
  std::string name = field;
  for (const auto& [tag, value] : tags) name += (name.empty() ? "" : " ") + value;
  return name;
}

// Whole numbers without a point.
json number(double value) {
  if (std::floor(value) == value && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

void add_to(std::vector<double>& into, const std::vector<double>& from) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] += from[i];
}

}  // namespace

HistoryBuckets::HistoryBuckets(const HistoryRange& range, TimeNs oldest,
                               const std::vector<HistorySeries>& series,
                               const std::vector<HistorySpan>& spans)
    : range_(range), oldest_(oldest), alive_(range.buckets()) {
  std::map<std::string, DurationNs> longest;
  for (const HistorySpan& span : spans)
    longest[span.measurement] = std::max(longest[span.measurement], span.longest);
  for (const auto& [name, window] : longest) {
    Measurement& measurement = measurements_[name];
    measurement.step = step_for_windows(range.step, window);
    auto buckets =
        static_cast<std::size_t>((range.to - range.from + measurement.step - 1) / measurement.step);
    measurement.covered.resize(buckets);
    measurement.windows.resize(buckets);
  }
  for (const HistorySpan& span : spans) add_span(span);
  for (const HistorySeries& one : series) {
    auto found = measurements_.find(one.measurement);
    if (found != measurements_.end()) series_[one.id] = {&found->second, one.tags};
  }
}

void HistoryBuckets::add_span(const HistorySpan& span) {
  if (span.time < range_.from || span.time >= range_.to) return;
  Measurement& measurement = measurements_[span.measurement];
  auto bucket = static_cast<std::size_t>((span.time - range_.from) / measurement.step);
  measurement.covered[bucket] += span.covered;
  measurement.windows[bucket] = true;
  measurement.end = std::max(measurement.end, span.end);
  for (TimeNs at = span.time; at == span.time || at < std::min(span.end, range_.to);
       at += range_.step)
    alive_[static_cast<std::size_t>((at - range_.from) / range_.step)] = true;
}

void HistoryBuckets::add(const HistoryNumber& number) {
  auto found = series_.find(number.series);
  if (found == series_.end() || number.time < range_.from || number.time >= range_.to) return;
  if (is_aside(number.field)) return;
  Measurement& measurement = *found->second.measurement;
  bool quantile = is_quantile(number.field);
  measurement.has_quantiles = measurement.has_quantiles || quantile;
  Chart& chart = measurement.charts[quantile ? "quantiles" : number.field];
  chart.field = quantile ? "quantiles" : number.field;
  chart.counts = is_count(number.field);
  Line& line = line_of(chart, found->second, number.field);
  if (line.sum.empty())
    for (auto* values : {&line.sum, &line.weighted, &line.weight, &line.high})
      values->resize(measurement.windows.size());
  auto bucket = static_cast<std::size_t>((number.time - range_.from) / measurement.step);
  line.high[bucket] =
      line.weight[bucket] > 0 ? std::max(line.high[bucket], number.high) : number.high;
  line.sum[bucket] += number.sum;
  line.weighted[bucket] += number.weighted;
  line.weight[bucket] += number.weight;
  line.total += number.sum;
  line.weight_all += number.weight;
}

HistoryBuckets::Line& HistoryBuckets::line_of(Chart& chart, const Series& series,
                                              const std::string& field) const {
  Tags tags = shown_tags(series.tags, chart.counts);
  std::string name = name_of(tags, chart.field == "quantiles" ? field : "");
  auto found = chart.by_name.find(name);
  if (found != chart.by_name.end()) return chart.lines[found->second];
  bool too_many = chart.lines.size() >= lines_kept_max;
  if (too_many) {
    name = others;
    tags.clear();
    found = chart.by_name.find(name);
    if (found != chart.by_name.end()) return chart.lines[found->second];
  }
  chart.by_name[name] = chart.lines.size();
  Line& line = chart.lines.emplace_back();
  line.name = name;
  line.tags = tags;
  line.field = field;
  return line;
}

json HistoryBuckets::charts() const {
  json all = json::array();
  for (const auto& [name, measurement] : measurements_)
    for (const auto& [field, chart] : measurement.charts)
      // The other numbers of a row of quantiles (sum, min, max) would be charts of little use.
      if (!measurement.has_quantiles || field == "quantiles" || field == "count")
        all.push_back(chart_json(name, measurement, chart));
  return all;
}

json HistoryBuckets::chart_json(const std::string& name, const Measurement& measurement,
                                const Chart& chart) const {
  std::vector<const Line*> lines;
  for (const Line& line : chart.lines) lines.push_back(&line);
  auto weight = [&](const Line& line) { return chart.counts ? line.total : line.weight_all; };
  std::stable_sort(lines.begin(), lines.end(), [&](const Line* a, const Line* b) {
    bool last_a = a->name == others, last_b = b->name == others;
    if (last_a != last_b) return last_b;
    if (weight(*a) != weight(*b)) return weight(*a) > weight(*b);
    return a->name < b->name;
  });
  json shown = json::array();
  Line rest;
  rest.name = others;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool keep = lines.size() <= lines_shown_max || i < lines_shown_max - 1;
    if (keep && lines[i]->name != others)
      shown.push_back(line_json(measurement, *lines[i], chart.counts));
    else if (chart.counts) {
      if (rest.sum.empty()) rest.sum.resize(measurement.windows.size());
      add_to(rest.sum, lines[i]->sum);
      rest.total += lines[i]->total;
    }
  }
  if (!rest.sum.empty()) shown.push_back(line_json(measurement, rest, true));
  json seconds = json::array();
  bool overlap = false;
  for (std::size_t i = 0; i < measurement.windows.size(); ++i) {
    seconds.push_back(number(seconds_of(measurement, i)));
    overlap = overlap || measurement.covered[i] > measurement.step;
  }
  return {{"measurement", name},
          {"field", chart.field},
          {"how", chart.counts ? "sum" : "mean"},
          {"step", measurement.step / ns_per_ms},
          {"overlap", overlap},
          {"seconds", std::move(seconds)},
          {"lines", std::move(shown)},
          {"lines_all", lines.size()}};
}

json HistoryBuckets::line_json(const Measurement& measurement, const Line& line,
                               bool counts) const {
  json values = json::array();
  json high = json::array();
  for (std::size_t i = 0; i < measurement.windows.size(); ++i) {
    if (counts) {
      // A series without a row in a window counted nothing there.
      values.push_back(alive(measurement, i) ? number(line.sum[i]) : json());
    } else if (line.weight[i] > 0) {
      values.push_back(line.weighted[i] / line.weight[i]);
      high.push_back(line.high[i]);
    } else {
      values.push_back(json());
      high.push_back(json());
    }
  }
  json tags = json::object();
  for (const auto& [tag, value] : line.tags) tags[tag] = value;
  json out = {{"name", line.name}, {"tags", tags}, {"values", std::move(values)}};
  if (!line.field.empty()) out["field"] = line.field;
  if (counts)
    out["total"] = number(line.total);
  else
    out["high"] = std::move(high);
  return out;
}

// The part of a bucket of which there can be windows; more, if they overlap.
double HistoryBuckets::seconds_of(const Measurement& measurement, std::size_t bucket) const {
  TimeNs begin = range_.from + static_cast<DurationNs>(bucket) * measurement.step;
  TimeNs end = std::min(begin + measurement.step, measurement.end);
  DurationNs there = std::max<DurationNs>(0, end - std::max(begin, oldest_));
  return static_cast<double>(std::max(there, measurement.covered[bucket])) / ns_per_s;
}

bool HistoryBuckets::alive(const Measurement& measurement, std::size_t bucket) const {
  if (measurement.windows[bucket]) return true;
  TimeNs begin = range_.from + static_cast<DurationNs>(bucket) * measurement.step;
  // Behind its newest window nobody knows yet.
  if (begin >= measurement.end) return false;
  auto first = static_cast<std::size_t>((begin - range_.from) / range_.step);
  auto last =
      std::min(first + static_cast<std::size_t>(measurement.step / range_.step), alive_.size());
  return std::any_of(alive_.begin() + static_cast<std::ptrdiff_t>(first),
                     alive_.begin() + static_cast<std::ptrdiff_t>(last),
                     [](bool there) { return there; });
}

json HistoryBuckets::gaps() const {
  json gaps = json::array();
  std::size_t before = alive_.size();  // the last bucket with windows; none yet
  for (std::size_t i = 0; i < alive_.size(); ++i) {
    if (!alive_[i]) continue;
    if (before < alive_.size() && i > before + 1) {
      auto at = [&](std::size_t bucket) {
        return (range_.from + static_cast<DurationNs>(bucket) * range_.step) / ns_per_ms;
      };
      gaps.push_back({at(before + 1), at(i)});
    }
    before = i;
  }
  return gaps;
}

}  // namespace dnstorm::cli
