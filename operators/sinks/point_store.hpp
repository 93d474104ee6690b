// The SQLite file of the `store` sink. Belongs to one thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

inline constexpr std::int64_t store_schema_version = 1;

class PointStore {
 public:
  // Makes the file or checks that it is one of ours and not of a newer dnstorm. retention: how much
  // event time is kept before the newest window; 0: everything. busy_timeout: how long a lock of
  // another process is waited for, here and in write().
  static Result<PointStore> open(const std::string& path, DurationNs retention,
                                 DurationNs busy_timeout);

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

  SqliteDatabase database_;
  SqliteStatement insert_point_;
  SqliteStatement insert_series_;
  SqliteStatement find_series_;
  std::unordered_map<std::string, std::int64_t> series_ids_;
  DurationNs retention_ = 0;
  TimeNs newest_ = time_min;
  TimeNs expired_at_ = time_min;
  TimeNs swept_at_ = time_min;  // when series without points were last looked for
  std::string text_;
};

}  // namespace dnstorm::operators
