#include "operators/sinks/window_buffer.hpp"

#include <algorithm>
#include <iterator>

namespace dnstorm::operators {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view digits_at(std::string_view text, std::size_t from) {
  std::size_t to = from;
  while (to < text.size() && is_digit(text[to])) ++to;
  return text.substr(from, to - from);
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

std::uint64_t unite(Point& into, Point&& from) {
  std::uint64_t overwritten = 0;
  for (PointField& field : from.fields) {
    auto same = std::find_if(into.fields.begin(), into.fields.end(),
                             [&](const PointField& other) { return other.name == field.name; });
    if (same == into.fields.end()) {
      into.fields.push_back(std::move(field));
    } else {
      same->value = std::move(field.value);
      ++overwritten;
    }
  }
  into.end = from.end;
  return overwritten;
}

}  // namespace

bool canonical_less(const Point& a, const Point& b) {
  if (a.series != b.series) return natural_less(a.series, b.series);
  return a.time < b.time;
}

bool natural_less(std::string_view a, std::string_view b) {
  // What both begin with decides nothing, but for a run of digits that goes on behind it.
  auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  auto i = static_cast<std::size_t>(differ.first - a.begin());
  while (i > 0 && is_digit(a[i - 1])) --i;
  std::size_t j = i;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i, ++j;
      continue;
    }
    std::string_view a_run = digits_at(a, i);
    std::string_view b_run = digits_at(b, j);
    std::string_view a_number = without_zeros(a_run);
    std::string_view b_number = without_zeros(b_run);
    if (a_number.size() != b_number.size()) return a_number.size() < b_number.size();
    if (a_number != b_number) return a_number < b_number;
    i += a_run.size();
    j += b_run.size();
  }
  std::size_t a_left = a.size() - i;
  std::size_t b_left = b.size() - j;
  // Numbers that differ by leading zeros only are told apart here, so that the order is total.
  return a_left != b_left ? a_left < b_left : a < b;
}

TimeNs WindowBuffer::end_of(const Point& point) {
  // A point without a window is complete when event time is beyond it, not when it is reached.
  bool windowed = point.end > point.time;
  return windowed || point.time == time_max ? point.end : point.time + 1;
}

void WindowBuffer::add(Point point) {
  by_end_[end_of(point)].push_back(std::move(point));
  ++size_;
}

std::vector<Point> WindowBuffer::take(TimeNs now) {
  std::vector<Point> out;
  auto closed = by_end_.upper_bound(now);
  for (auto it = by_end_.begin(); it != closed; ++it) {
    std::stable_sort(it->second.begin(), it->second.end(), canonical_less);
    std::move(it->second.begin(), it->second.end(), std::back_inserter(out));
  }
  by_end_.erase(by_end_.begin(), closed);
  size_ -= out.size();
  return out;
}

std::vector<Point> WindowBuffer::all() const {
  std::vector<Point> out;
  for (const auto& [end, points] : by_end_) out.insert(out.end(), points.begin(), points.end());
  return out;
}

void PointCollector::prepare(const TaskContext& task, const PointOptions& options) {
  empty_ = &task.counter("points_without_value");
  for (const Input& input : task.inputs) readers_.push_back(make_point_reader(input, options));
}

void PointCollector::limit_series(const TaskContext& task, const PointOptions& options,
                                  std::int64_t series_max) {
  guard_.prepare(task, options, static_cast<std::uint64_t>(series_max));
}

std::vector<Point> PointCollector::take(TimeNs now) {
  std::vector<Point> points = windows_.take(now);
  guard_.apply(points);
  return points;
}

void PointCollector::save(StateWriter& out) const {
  save_points(out, windows_.all());
  guard_.save(out);
}

void PointCollector::restore(StateReader& in) {
  for (Point& point : restored_.read(in)) windows_.add(std::move(point));
  guard_.restore(in);
}

void PointCollector::add(const InputBatch& in) {
  RowReader& reader = *readers_[in.input];
  for (RowView row : in.rows()) {
    Point point = reader.read(row);
    if (point.fields.empty())
      empty_->add();
    else
      windows_.add(std::move(point));
  }
}

std::uint64_t merge_same(std::vector<Point>& points) {
  std::uint64_t overwritten = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (kept > 0 && points[kept - 1].time == points[i].time &&
        points[kept - 1].series == points[i].series) {
      overwritten += unite(points[kept - 1], std::move(points[i]));
    } else {
      if (kept != i) points[kept] = std::move(points[i]);
      ++kept;
    }
  }
  points.resize(kept);
  return overwritten;
}

}  // namespace dnstorm::operators
