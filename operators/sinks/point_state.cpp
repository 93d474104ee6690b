#include "operators/sinks/point_state.hpp"

namespace dnstorm::operators {

namespace {

void save_value(StateWriter& out, const PointValue& value) {
  out.put(static_cast<std::uint8_t>(value.index()));
  std::visit(
      [&](const auto& content) {
        if constexpr (std::is_same_v<std::decay_t<decltype(content)>, std::string>)
          out.put_bytes(content);
        else
          out.put(content);
      },
      value);
}

PointValue read_value(StateReader& in) {
  switch (in.get<std::uint8_t>()) {
    case 0:
      return in.get<std::int64_t>();
    case 1:
      return in.get<double>();
    case 2:
      return in.get<bool>();
    default:
      return std::string(in.get_bytes());
  }
}

}  // namespace

void save_points(StateWriter& out, const std::vector<Point>& points) {
  out.put(std::uint64_t{points.size()});
  for (const Point& point : points) {
    out.put_bytes(point.measurement);
    out.put_bytes(point.series);
    out.put(point.time);
    out.put(point.end);
    out.put(std::uint64_t{point.tags.size()});
    for (const PointTag& tag : point.tags) {
      out.put_bytes(tag.name);
      out.put_bytes(tag.value);
    }
    out.put(std::uint64_t{point.fields.size()});
    for (const PointField& field : point.fields) {
      out.put_bytes(field.name);
      save_value(out, field.value);
    }
  }
}

std::string_view RestoredPoints::name(StateReader& in) {
  std::string_view text = in.get_bytes();
  auto found = names_.find(text);
  if (found == names_.end()) found = names_.emplace(text).first;
  return *found;
}

Point RestoredPoints::read_point(StateReader& in) {
  Point point;
  point.measurement = name(in);
  point.series = in.get_bytes();
  point.time = in.get<TimeNs>();
  point.end = in.get<TimeNs>();
  for (std::uint64_t left = in.get_count(16); left != 0; --left) {
    std::string_view tag = name(in);
    point.tags.push_back({tag, std::string(in.get_bytes())});
  }
  for (std::uint64_t left = in.get_count(9); left != 0; --left) {
    std::string_view field = name(in);
    point.fields.push_back({field, read_value(in)});
  }
  return point;
}

std::vector<Point> RestoredPoints::read(StateReader& in) {
  std::vector<Point> points;
  for (std::uint64_t left = in.get_count(48); left != 0; --left) points.push_back(read_point(in));
  return points;
}

}  // namespace dnstorm::operators
