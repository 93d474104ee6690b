#include "cli/history/frame_points.hpp"

#include <algorithm>
#include <cmath>

#include "operators/sinks/line_protocol.hpp"
#include "operators/sinks/point_frame.hpp"

namespace dnstorm::cli {

namespace {

using operators::Point, operators::PointTag;

constexpr std::string_view whole_key = "name";  // the tag of a key that is not taken apart

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    all.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

std::vector<PointTag> tags_of(const SeriesFrame& series, std::string_view key) {
  const std::vector<std::string>& names = series.fields.names;
  std::vector<PointTag> tags;
  const std::vector<std::string> parts =
      names.size() == 1 ? std::vector<std::string>{std::string(key)} : words(key);
  if (!names.empty() && parts.size() == names.size()) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!parts[i].empty()) tags.push_back({names[i], parts[i]});
  } else if (!key.empty()) {
    tags.push_back({whole_key, std::string(key)});
  }
  std::sort(tags.begin(), tags.end(),
            [](const PointTag& a, const PointTag& b) { return a.name < b.name; });
  return tags;
}

// The key of a line that is one of several numbers, without the number's name.
std::string_view without_number(std::string_view key, std::string_view number) {
  if (!key.ends_with(number)) return key;
  key.remove_suffix(number.size());
  if (key.ends_with(' ')) key.remove_suffix(1);
  return key;
}

Point point_of(const SeriesFrame& series, std::string_view key) {
  const FeedFrame& frame = series.frame;
  Point point;
  point.measurement = frame.panel;
  point.tags = tags_of(series, key);
  std::vector<std::pair<std::string, std::string>> tags;
  for (const PointTag& tag : point.tags) tags.emplace_back(tag.name, tag.value);
  point.series = series_name(frame.panel, tags);
  point.time = frame.start;
  point.end = frame.end;
  return point;
}

void add_number(Point& point, std::string_view name, double value) {
  if (std::isfinite(value)) point.fields.push_back({name, value});
}

}  // namespace

std::string series_name(std::string_view measurement,
                        const std::vector<std::pair<std::string, std::string>>& tags) {
  std::string name;
  operators::append_measurement(name, measurement);
  for (const auto& [tag, value] : tags) {
    name += ',';
    operators::append_tag_text(name, tag);
    name += '=';
    operators::append_tag_text(name, value);
  }
  return name;
}

std::vector<Point> points_of(const SeriesFrame& series, operators::RestoredPoints& names_kept) {
  const FeedFrame& frame = series.frame;
  if (frame.view == operators::points_view) return operators::points_of_frame(frame, names_kept);
  const auto& [names, numbers] = series.fields;
  // A line of the page has one value: several numbers of a row, or the number of one without a key,
  // have become lines of their own, one after the other.
  const bool parted = !numbers.empty() && frame.columns != numbers;
  std::vector<Point> points;
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    const FeedRow& row = frame.rows[i];
    if (!parted) {
      Point& point = points.emplace_back(point_of(series, row.key));
      for (std::size_t c = 0; c < std::min(row.values.size(), frame.columns.size()); ++c)
        add_number(point, frame.columns[c], row.values[c]);
      continue;
    }
    const std::string& number = numbers[i % numbers.size()];
    if (i % numbers.size() == 0)
      points.push_back(point_of(series, without_number(row.key, number)));
    if (!row.values.empty()) add_number(points.back(), number, row.values[0]);
  }
  std::erase_if(points, [](const Point& point) { return point.fields.empty(); });
  return points;
}

}  // namespace dnstorm::cli
