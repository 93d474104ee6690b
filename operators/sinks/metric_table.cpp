#include "operators/sinks/metric_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace dnstorm::operators {

namespace {

constexpr double seconds_of_ns = 1e-9;
constexpr std::string_view other = "OTHER";

bool listed(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.empty() ? "{" : ",";
  out += label_name(name);
  out += "=\"";
  append_label_value(out, value);
  out += '"';
}

bool negative(const MetricNumber& number) {
  return std::visit([](auto value) { return value < 0; }, number);
}

// Sums stay at the largest number rather than beginning anew below zero.
void add_up(MetricNumber& sum, const MetricNumber& number) {
  if (const auto* real = std::get_if<double>(&number)) {
    sum = std::get<double>(sum) + *real;
    return;
  }
  std::int64_t out = 0;
  bool overflow =
      __builtin_add_overflow(std::get<std::int64_t>(sum), std::get<std::int64_t>(number), &out);
  sum = overflow ? std::numeric_limits<std::int64_t>::max() : out;
}

// Of text there is none: declare() makes no family of it.
MetricNumber number_of(const PointValue& value, bool time) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* flag = std::get_if<bool>(&value)) return std::int64_t{*flag ? 1 : 0};
  const auto* whole = std::get_if<std::int64_t>(&value);
  std::int64_t number = whole == nullptr ? 0 : *whole;
  if (time) return static_cast<double>(number) * seconds_of_ns;
  return number;
}

}  // namespace

MetricTable::MetricTable(const MetricFamilies& families, MetricTableSettings settings)
    : settings_(std::move(settings)) {
  for (const auto& [key, family] : families)
    measurements_[key.first].families[key.second].info = family;
}

MetricTable::Labels MetricTable::labels_of(const Point& point) const {
  Labels labels;
  auto add = [&](std::string_view name, std::string_view value, bool constant) {
    append_label(labels.own, name, value);
    append_label(labels.folded, name, constant ? value : other);
  };
  for (const PointTag& tag : point.tags)
    add(tag.name, tag.value, listed(settings_.constant_labels, tag.name));
  for (const PointField& field : point.fields)
    if (const auto* text = std::get_if<std::string>(&field.value);
        text != nullptr && !text->empty() && listed(settings_.labels, field.name))
      add(field.name, *text, false);
  for (std::string* text : {&labels.own, &labels.folded})
    if (!text->empty()) *text += '}';
  return labels;
}

MetricTable::Taken MetricTable::add(Family& family, const Labels& labels, const PointValue& value) {
  MetricNumber number = number_of(value, family.info.time);
  if (family.info.counter && negative(number)) return Taken::refused;
  auto found = family.series.find(labels.own);
  bool fits = found != family.series.end() || family.series.size() < settings_.series_max;
  const std::string& key = fits ? labels.own : labels.folded;
  // A rate or a share of many has no sum: what is beyond the limit is not shown.
  if (!fits && !family.info.whole) return Taken::folded;
  auto [place, is_new] = family.series.try_emplace(key, number);
  if (!is_new && family.info.whole)
    add_up(place->second, number);
  else
    place->second = number;
  return fits ? Taken::as_it_is : Taken::folded;
}

void MetricTable::forget_gauges(Measurement& measurement) {
  for (auto& [field, family] : measurement.families)
    if (!family.info.counter) family.series.clear();
}

MetricTable::Shown MetricTable::show(const std::vector<Point>& points, TimeNs now) {
  Shown shown;
  std::lock_guard lock(mutex_);
  for (const Point& point : points) {
    auto measurement = measurements_.find(point.measurement);
    if (measurement == measurements_.end()) continue;
    Measurement& of = measurement->second;
    bool newer = point.end > of.end || !of.windowed;
    if (point.end > point.time && newer) {
      forget_gauges(of);
      of.begin = point.time;
      of.end = point.end;
      of.windowed = true;
    }
    bool late = of.windowed && point.end < of.end;
    Labels labels = labels_of(point);
    bool folded = false;
    for (const PointField& field : point.fields) {
      auto family = of.families.find(field.name);
      if (family == of.families.end() || (late && !family->second.info.counter)) continue;
      Taken taken = add(family->second, labels, field.value);
      folded = folded || taken == Taken::folded;
      if (taken == Taken::refused) ++shown.refused;
    }
    if (folded) ++shown.folded;
  }
  // The window that would have followed has closed without a row. At the end the last one stays.
  for (auto& [name, of] : measurements_)
    if (of.windowed && now != time_max && now - of.end >= of.end - of.begin) forget_gauges(of);
  return shown;
}

void MetricTable::append(std::string& out) const {
  std::lock_guard lock(mutex_);
  for (const auto& measurement : measurements_)
    for (const auto& entry : measurement.second.families) {
      const Family& family = entry.second;
      if (family.series.empty()) continue;
      append_metric_head(out, family.info.name, family.info.help,
                         family.info.counter ? "counter" : "gauge");
      for (const auto& [labels, number] : family.series) {
        out += family.info.name + labels + ' ';
        std::visit([&out](auto value) { fmt::format_to(std::back_inserter(out), "{}\n", value); },
                   number);
      }
    }
}

}  // namespace dnstorm::operators
