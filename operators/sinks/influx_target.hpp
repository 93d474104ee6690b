// Where points go: a database of InfluxDB 1 (/write?db=), a bucket of InfluxDB 2 (/api/v2/write) or
// a database of InfluxDB 3 (/api/v3/write_lp). A value; makes requests, sends none.
#pragma once

#include <string>
#include <string_view>

#include "engine/api/options.hpp"
#include "operators/sinks/http_client.hpp"

namespace dnstorm::operators {

struct InfluxTarget {
  int version = 1;  // of the interface: 1, 2, 3
  std::string url;  // without a slash at the end
  std::string database;
  std::string retention_policy;
  std::string org;
  std::string bucket;
  std::string token;
  std::string user;
  std::string password;
  std::string ca_file;    // empty: the system's
  bool insecure = false;  // https without a look at the certificate
  bool compress = false;
  DurationNs timeout = 10 * ns_per_s;

  // The options that name a target.
  static std::vector<OptionSpec> specs();
  // Pure checks, for `declare`.
  static Result<void> check(const Options& options);
  // With secrets resolved: "env:NAME" is the value of that environment variable.
  static Result<InfluxTarget> of(const Options& options);

  // "database 'dns'" or "bucket 'dns'", for sentences.
  std::string place() const;
  std::string write_url() const;
  // `body` as it goes out: see packed().
  HttpRequest write_request(std::string_view body) const;
  std::string packed(std::string_view lines) const {
    return compress ? gzip(lines) : std::string(lines);
  }
};

// Whether the host of that URL is this machine itself.
bool is_loopback(std::string_view url);

}  // namespace dnstorm::operators
