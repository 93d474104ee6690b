#include "operators/sinks/series_guard.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "operators/sinks/line_protocol.hpp"
#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

namespace {

// A part of the budget is kept for the series that others are folded into.
std::uint64_t kept_for_folded(std::uint64_t series_max) {
  return std::max<std::uint64_t>(1, series_max / 10);
}

using Names = std::set<std::string, std::less<>>;

void write_series(Point& point) {
  point.series.clear();
  append_measurement(point.series, point.measurement);
  for (const PointTag& tag : point.tags) {
    point.series += ',';
    append_tag_text(point.series, tag.name);
    point.series += '=';
    append_tag_text(point.series, tag.value);
  }
}

void replace_tags(Point& point, const Names& names) {
  for (PointTag& tag : point.tags)
    if (names.contains(tag.name)) tag.value = SeriesGuard::other;
  write_series(point);
}

// Those that the point does not have, because they are empty, too: it is one series.
void replace_all_tags(Point& point, const Names& names) {
  std::erase_if(point.tags, [&](const PointTag& tag) { return names.contains(tag.name); });
  for (const std::string& name : names) point.tags.push_back({name, SeriesGuard::other});
  std::sort(point.tags.begin(), point.tags.end(),
            [](const PointTag& a, const PointTag& b) { return a.name < b.name; });
  write_series(point);
}

struct FoldValues {
  Fold fold;
  PointValue operator()(std::int64_t a, std::int64_t b) const {
    if (fold == Fold::least) return std::min(a, b);
    if (fold == Fold::greatest) return std::max(a, b);
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a > 0 ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min();
  }
  PointValue operator()(double a, double b) const {
    if (fold == Fold::least) return std::min(a, b);
    return fold == Fold::greatest ? std::max(a, b) : a + b;
  }
  // Values that are no numbers have no fold, and a field has one type.
  template <class A, class B>
  PointValue operator()(const A& a, const B&) const {
    return a;
  }
};

Fold fold_of(const std::map<std::string, Fold, std::less<>>& folds, std::string_view field) {
  auto found = folds.find(field);
  return found == folds.end() ? Fold::none : found->second;
}

}  // namespace

OptionSpec SeriesGuard::spec() {
  return {.name = "series_max",
          .type = OptionType::integer,
          .default_text = "100000",
          .help =
              "series of a measurement at most; what is beyond goes to series whose tags say "
              "OTHER; 0: no limit",
          .max = 1e9};
}

void SeriesGuard::prepare(const TaskContext& task, const PointOptions& options,
                          std::uint64_t series_max) {
  series_max_ = series_max;
  folded_ = &task.counter("points_folded");
  series_ = &task.counter("series");
  for (const Input& input : task.inputs) {
    Measurement& measurement =
        measurements_[options.measurement.empty()
                          ? default_measurement(input.component, input.stream)
                          : options.measurement];
    for (const Field& field : input.schema->fields()) {
      if (field.role == Role::value) measurement.fields[field.name] = field.fold;
      if (field.role != Role::key) continue;
      measurement.row_tags.insert(field.name);
      if (field.unbounded) measurement.open_tags.insert(field.name);
    }
  }
}

SeriesGuard::Measurement& SeriesGuard::measurement_of(const Point& point) {
  auto found = measurements_.find(point.measurement);
  if (found == measurements_.end())
    found = measurements_.emplace(point.measurement, Measurement{}).first;
  return found->second;
}

bool SeriesGuard::admit(Measurement& measurement, const Point& point, std::uint64_t most) {
  std::uint64_t hash = hash_bytes(point.series);
  if (measurement.series.contains(hash)) return true;
  if (series_max_ != 0 && measurement.series.size() >= most) return false;
  measurement.series.insert(hash);
  series_->add();
  return true;
}

// First the tags from open sets only: what is left says as much as it can.
void SeriesGuard::fold(Measurement& measurement, Point& point) {
  folded_->add();
  if (!measurement.open_tags.empty()) {
    replace_tags(point, measurement.open_tags);
    if (admit(measurement, point, series_max_ - 1)) return;
  }
  replace_all_tags(point, measurement.row_tags);
  admit(measurement, point, series_max_);
}

void SeriesGuard::keep_foldable(const Measurement& measurement, Point& point) const {
  std::erase_if(point.fields, [&](const PointField& field) {
    return fold_of(measurement.fields, field.name) == Fold::none;
  });
}

void SeriesGuard::apply(std::vector<Point>& points) {
  if (series_max_ == 0) return;
  std::uint64_t most = series_max_ - std::min(series_max_, kept_for_folded(series_max_));
  std::vector<bool> folded(points.size());
  bool any = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    Measurement& measurement = measurement_of(points[i]);
    if (admit(measurement, points[i], most)) continue;
    fold(measurement, points[i]);
    any = folded[i] = true;
  }
  if (any) unite_folded(points, folded);
}

void SeriesGuard::unite_folded(std::vector<Point>& points, const std::vector<bool>& folded) {
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    TimeNs a_end = WindowBuffer::end_of(points[a]);
    TimeNs b_end = WindowBuffer::end_of(points[b]);
    return a_end != b_end ? a_end < b_end : canonical_less(points[a], points[b]);
  });
  std::vector<Point> united;
  bool last_folded = false;
  for (std::size_t i : order) {
    Point& point = points[i];
    const Measurement& measurement = measurement_of(point);
    bool same =
        !united.empty() && united.back().series == point.series && united.back().time == point.time;
    if (folded[i]) keep_foldable(measurement, point);
    // A series that has those tags by itself is one of the others.
    if (!same || !(last_folded || folded[i])) {
      united.push_back(std::move(point));
      last_folded = folded[i];
      continue;
    }
    Point& into = united.back();
    if (!last_folded) keep_foldable(measurement, into);
    last_folded = true;
    for (PointField& field : point.fields) {
      Fold fold = fold_of(measurement.fields, field.name);
      if (fold == Fold::none) continue;
      auto known = std::find_if(into.fields.begin(), into.fields.end(),
                                [&](const PointField& old) { return old.name == field.name; });
      if (known == into.fields.end())
        into.fields.push_back(std::move(field));
      else
        known->value = std::visit(FoldValues{fold}, known->value, field.value);
    }
  }
  std::erase_if(united, [](const Point& point) { return point.fields.empty(); });
  points = std::move(united);
}

void SeriesGuard::save(StateWriter& out) const {
  out.put(std::uint64_t{measurements_.size()});
  for (const auto& [name, measurement] : measurements_) {
    out.put_bytes(name);
    std::vector<std::uint64_t> series(measurement.series.begin(), measurement.series.end());
    std::sort(series.begin(), series.end());
    out.put(std::uint64_t{series.size()});
    for (std::uint64_t hash : series) out.put(hash);
  }
}

void SeriesGuard::restore(StateReader& in) {
  for (std::uint64_t left = in.get_count(16); left != 0; --left) {
    Measurement& measurement = measurements_[std::string(in.get_bytes())];
    for (std::uint64_t more = in.get_count(8); more != 0; --more) {
      bool fresh = measurement.series.insert(in.get<std::uint64_t>()).second;
      if (fresh && series_ != nullptr) series_->add();
    }
  }
}

}  // namespace dnstorm::operators
