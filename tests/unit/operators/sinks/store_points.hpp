// Points put into a file of the store, without the operators before it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "operators/sinks/point_store.hpp"

namespace dnstorm::operators::testing {

class StorePoints {
 public:
  explicit StorePoints(const std::string& path, const PointStoreOptions& options = {})
      : store_(PointStore::open(path, options).value()) {}

  using Names = std::vector<std::pair<std::string, std::string>>;
  using Fields = std::vector<std::pair<std::string, PointValue>>;

  StorePoints& add(const std::string& measurement, const Names& tags, TimeNs time,
                   DurationNs length, const Fields& fields) {
    Point point;
    point.measurement = kept(measurement);
    point.series = measurement;
    for (const auto& [name, value] : tags) {
      point.series += fmt::format(",{}={}", name, value);
      point.tags.push_back({kept(name), value});
    }
    for (const auto& [name, value] : fields) point.fields.push_back({kept(name), value});
    point.time = time;
    point.end = time + length;
    points_.push_back(std::move(point));
    return *this;
  }
  void write() {
    auto done = store_.write(points_);
    EXPECT_TRUE(done.ok()) << done.error().what;
    points_.clear();
  }
  PointStore& store() { return store_; }

 private:
  std::string_view kept(const std::string& text) { return *names_.insert(text).first; }

  PointStore store_;
  std::set<std::string> names_;
  std::vector<Point> points_;
};

}  // namespace dnstorm::operators::testing
