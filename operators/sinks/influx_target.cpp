#include "operators/sinks/influx_target.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "operators/sinks/secret.hpp"

namespace dnstorm::operators {

namespace {

Error config_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

std::string_view host_of(std::string_view url) {
  std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

int version_of(const Options& options) {
  const std::string& version = options.text("version");
  if (version == "auto") return options.text("bucket").empty() ? 1 : 2;
  return version[0] - '0';
}

Result<void> check_place(const Options& options) {
  int version = version_of(options);
  bool has_bucket = !options.text("bucket").empty();
  bool has_database = !options.text("database").empty();
  if (has_bucket && has_database)
    return config_error(
        "bucket", "`database` (InfluxDB 1 and 3) and `bucket` (InfluxDB 2) exclude each other");
  if (!has_bucket && !has_database)
    return config_error(
        "database",
        "say where to write: `database` for InfluxDB 1 and 3, `bucket` and `org` for InfluxDB 2");
  if (has_bucket != (version == 2))
    return config_error("version", fmt::format("InfluxDB {} has no `{}`", version,
                                               has_bucket ? "bucket" : "database"));
  if (version != 1 && !options.text("user").empty())
    return config_error("user", fmt::format("InfluxDB {} knows a `token`, no `user`", version));
  if (version != 1 && !options.text("retention_policy").empty())
    return config_error("retention_policy",
                        fmt::format("InfluxDB {} has no `retention_policy`", version));
  return {};
}

}  // namespace

bool is_loopback(std::string_view url) {
  std::string_view host = host_of(url);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

std::vector<OptionSpec> InfluxTarget::specs() {
  return {
      {"url", OptionType::text, "http://127.0.0.1:8086", "where InfluxDB listens"},
      {.name = "version",
       .type = OptionType::choice,
       .default_text = "auto",
       .help = "of the interface to write to; auto: 2 with `bucket`, else 1",
       .choices = {"auto", "1", "2", "3"}},
      {"database", OptionType::text, "", "database of InfluxDB 1, where it must exist, or 3"},
      {"retention_policy", OptionType::text, "",
       "retention policy of InfluxDB 1; if not given, the default one"},
      {"org", OptionType::text, "", "organisation of InfluxDB 2"},
      {"bucket", OptionType::text, "", "bucket of InfluxDB 2; it must exist"},
      {"token", OptionType::text, "",
       "token of InfluxDB 2 or 3; env:NAME takes it from the environment, file:PATH from a file"},
      {"user", OptionType::text, "", "user of InfluxDB 1; env: and file: too"},
      {"password", OptionType::text, "", "password of that user; env: and file: too"},
      {"ca_file", OptionType::text, "",
       "certificates (PEM) that vouch for an https server; if not given, the system's"},
      {"insecure", OptionType::flag, "false", "take any certificate of an https server"},
      {.name = "gzip",
       .type = OptionType::choice,
       .default_text = "auto",
       .help = "compress requests; auto: unless InfluxDB is on this machine",
       .choices = {"auto", "on", "off"}},
      {.name = "timeout",
       .type = OptionType::duration,
       .default_text = "10s",
       .help = "how long one request may take",
       .min = 1e8,
       .max = 600e9},
  };
}

Result<void> InfluxTarget::check(const Options& options) {
  const std::string& url = options.text("url");
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return config_error(
        "url", fmt::format("`url` is '{}', which begins with neither http:// nor https://", url));
  if (host_of(url).empty() || url.find_first_of(" \t\r\n?#") != std::string::npos)
    return config_error("url", fmt::format("`url` is '{}', which is not scheme://host:port", url));
  if (url.find('@') != std::string::npos)
    return config_error(
        "url",
        "`url` holds a password: use `user` and `password` (env:NAME keeps it out of the file)");
  if (!url.starts_with("https://") &&
      (options.flag("insecure") || !options.text("ca_file").empty()))
    return config_error("url", "`ca_file` and `insecure` are for a `url` with https://");
  if (options.flag("insecure") && !options.text("ca_file").empty())
    return config_error("insecure", "`ca_file` and `insecure` exclude each other");
  return check_place(options);
}

Result<InfluxTarget> InfluxTarget::of(const Options& options) {
  InfluxTarget target;
  target.version = version_of(options);
  target.url = options.text("url");
  while (target.url.ends_with('/')) target.url.pop_back();
  target.database = options.text("database");
  target.retention_policy = options.text("retention_policy");
  target.org = options.text("org");
  target.bucket = options.text("bucket");
  target.token = DNSTORM_TRY(secret("influx", "token", options.text("token")));
  target.user = DNSTORM_TRY(secret("influx", "user", options.text("user")));
  target.password = DNSTORM_TRY(secret("influx", "password", options.text("password")));
  target.ca_file = options.text("ca_file");
  target.insecure = options.flag("insecure");
  if (!target.ca_file.empty() && access(target.ca_file.c_str(), R_OK) != 0)
    return config_error(
        "ca_file", fmt::format("influx: `ca_file` {}: {}", target.ca_file, std::strerror(errno)));
  const std::string& mode = options.text("gzip");
  target.compress = mode == "on" || (mode == "auto" && !is_loopback(target.url));
  target.timeout = options.duration("timeout");
  return target;
}

std::string InfluxTarget::place() const {
  return version == 2 ? fmt::format("bucket '{}'", bucket) : fmt::format("database '{}'", database);
}

std::string InfluxTarget::write_url() const {
  // InfluxDB 1 and 2 take an unknown precision silently for ns, 3 guesses if there is none.
  if (version == 2)
    return fmt::format("{}/api/v2/write?org={}&bucket={}&precision=ns", url, percent_encode(org),
                       percent_encode(bucket));
  if (version == 3)
    return fmt::format("{}/api/v3/write_lp?db={}&precision=nanosecond&accept_partial=true", url,
                       percent_encode(database));
  std::string policy = retention_policy.empty() ? "" : "&rp=" + percent_encode(retention_policy);
  return fmt::format("{}/write?db={}{}&precision=ns", url, percent_encode(database), policy);
}

HttpRequest InfluxTarget::write_request(std::string_view body) const {
  HttpRequest request;
  request.url = write_url();
  request.body = body;
  request.headers.push_back("Content-Type: text/plain; charset=utf-8");
  if (compress) request.headers.push_back("Content-Encoding: gzip");
  if (!token.empty())
    request.headers.push_back((version == 3 ? "Authorization: Bearer " : "Authorization: Token ") +
                              token);
  request.user = user;
  request.password = password;
  request.ca_file = ca_file;
  request.insecure = insecure;
  request.timeout = timeout;
  return request;
}

}  // namespace dnstorm::operators
