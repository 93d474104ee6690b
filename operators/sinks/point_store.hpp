// The SQLite file of the `store` sink. Belongs to one thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_rollups.hpp"

namespace dnstorm::operators {

// 1: without rollups; 2: without those of days.
inline constexpr std::int64_t store_schema_version = 3;

struct PointStoreOptions {
  // How much event time is kept before the newest window; 0: everything. Of rollups no less.
  DurationNs retention = 0;
  DurationNs rollup_retention = 0;
  // How long a lock of another process is waited for, when it is opened and in write().
  DurationNs busy_timeout = 0;
  bool rollups = true;
};

class PointStore {
 public:
  // Makes the file or checks that it is one of ours and not of a newer dnstorm; adds to one of an
  // older what it has not.
  static Result<PointStore> open(const std::string& path, const PointStoreOptions& options);

  // All of them or none. A point of the same series and time is overwritten; fields that the new
  // one does not have are kept.
  Result<void> write(const std::vector<Point>& points);
  // What has been written is on the disk, whatever happens to the machine.
  Result<void> sync();
  // Deletes what is older than the retention; returns the number of points deleted. For now and
  // then, not for each window.
  Result<std::int64_t> expire();
  // Whether event time has moved far enough since the last expire().
  bool expiry_due() const;

 private:
  PointStore() = default;
  Result<void> set_up();
  Result<void> prepare_statements();
  Result<void> write_all(const std::vector<Point>& points);
  Result<std::int64_t> delete_old();
  Result<std::int64_t> series_id(const Point& point);
  RollupExpiry rollup_expiry() const;

  SqliteDatabase database_;
  SqliteStatement insert_point_;
  SqliteStatement insert_series_;
  SqliteStatement find_series_;
  std::unordered_map<std::string, std::int64_t> series_ids_;
  PointStoreOptions options_;
  PointRollups rollups_;
  TimeNs newest_ = time_min;
  TimeNs expired_at_ = time_min;
  TimeNs swept_at_ = time_min;  // when series without points were last looked for
  std::string text_;
};

}  // namespace dnstorm::operators
