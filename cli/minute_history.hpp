// Where `dnstorm advise` finds counts per minute and server: in the points of a SQLite store or of
// an InfluxDB, or in captures, by counting. Each adds to MinuteRows; see docs/capacity.md.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/season/past.hpp"
#include "operators/sinks/http_client.hpp"

namespace dnstorm::cli {

// Which points are counts: their measurement, field and the tag with the server's name.
struct PointNames {
  std::string measurement = "minutes";
  std::string field = "count";
  std::string server = "server";
  std::vector<std::pair<std::string, std::string>> where = {};  // tag, value
  std::string latency = {};  // MEASUREMENT.FIELD of response times in us, with the same tags
  std::string drops = {};    // the same of messages lost
};

// Points of windows longer than a minute are spread over their minutes. A series without the tag is
// the server "all". Fails if there is no such measurement, and names those there are.
Result<void> read_store(const std::string& path, const PointNames& names, TimeNs since,
                        operators::MinuteRows& rows);

// Of other points, named MEASUREMENT.FIELD: the highest value of each minute, as its count. Windows
// longer than a minute stand in their first one.
Result<void> read_store_values(const std::string& path, const PointNames& names,
                               const std::string& values, operators::MinuteRows& rows);

// The query interface of InfluxDB 1 (/query).
struct InfluxSource {
  std::string url = "http://127.0.0.1:8086";
  std::string database = {};
  std::string retention_policy = {};
  std::string user = {}, password = {};
  std::string ca_file = {};
  DurationNs window = operators::ns_per_minute;  // of the points, if longer than a minute
};

// Of the weeks from `since` to `until`, a query each.
Result<void> read_influx(const InfluxSource& source, const PointNames& names, TimeNs since,
                         TimeNs until, operators::HttpTransport& http, operators::MinuteRows& rows);

// Captures, dnstap and C-DNS files, through configs/topologies/minutes.yaml: queries, the median of
// response times, and queries without a response as losses.
Result<void> read_captures(const std::vector<std::string>& files, const std::string& ports,
                           operators::MinuteRows& rows);

// A count of the window [start, start + length), a minute's share for each of its minutes.
void add_window(operators::MinuteRows& rows, const std::string& server, TimeNs start,
                DurationNs length, const operators::MinuteRow& row);

}  // namespace dnstorm::cli
