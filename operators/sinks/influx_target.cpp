#include "operators/sinks/influx_target.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace dnstorm::operators {

namespace {

constexpr std::string_view env_prefix = "env:";

Error config_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

Result<std::string> resolved(const Options& options, const std::string& name) {
  const std::string& text = options.text(name);
  if (!text.starts_with(env_prefix)) return text;
  std::string variable = text.substr(env_prefix.size());
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr)
    return config_error(
        name,
        fmt::format("influx: `{}` is to come from the environment variable {}, which is not set",
                    name, variable));
  return std::string(value);
}

std::string_view host_of(std::string_view url) {
  std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

}  // namespace

bool is_loopback(std::string_view url) {
  std::string_view host = host_of(url);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

std::vector<OptionSpec> InfluxTarget::specs() {
  return {
      {"url", OptionType::text, "http://127.0.0.1:8086", "where InfluxDB listens"},
      {"database", OptionType::text, "", "database of InfluxDB 1; it must exist"},
      {"retention_policy", OptionType::text, "",
       "retention policy of InfluxDB 1; if not given, the default one"},
      {"org", OptionType::text, "", "organisation of InfluxDB 2"},
      {"bucket", OptionType::text, "", "bucket of InfluxDB 2; it must exist"},
      {"token", OptionType::text, "", "token; env:NAME takes it from the environment"},
      {"user", OptionType::text, "", "user of InfluxDB 1; env:NAME too"},
      {"password", OptionType::text, "", "password of that user; env:NAME too"},
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
  bool v2 = !options.text("bucket").empty();
  if (v2 && !options.text("database").empty())
    return config_error("bucket",
                        "`database` (InfluxDB 1) and `bucket` (InfluxDB 2) exclude each other");
  if (!v2 && options.text("database").empty())
    return config_error(
        "database",
        "say where to write: `database` for InfluxDB 1, `bucket` and `org` for InfluxDB 2");
  if (v2 && !options.text("user").empty())
    return config_error("user", "InfluxDB 2 knows a `token`, no `user`");
  return {};
}

Result<InfluxTarget> InfluxTarget::of(const Options& options) {
  InfluxTarget target;
  target.url = options.text("url");
  while (target.url.ends_with('/')) target.url.pop_back();
  target.database = options.text("database");
  target.retention_policy = options.text("retention_policy");
  target.org = options.text("org");
  target.bucket = options.text("bucket");
  target.token = DNSTORM_TRY(resolved(options, "token"));
  target.user = DNSTORM_TRY(resolved(options, "user"));
  target.password = DNSTORM_TRY(resolved(options, "password"));
  const std::string& mode = options.text("gzip");
  target.compress = mode == "on" || (mode == "auto" && !is_loopback(target.url));
  target.timeout = options.duration("timeout");
  return target;
}

std::string InfluxTarget::place() const {
  return bucket.empty() ? fmt::format("database '{}'", database)
                        : fmt::format("bucket '{}'", bucket);
}

std::string InfluxTarget::write_url() const {
  // InfluxDB takes an unknown precision silently for ns.
  if (!bucket.empty())
    return fmt::format("{}/api/v2/write?org={}&bucket={}&precision=ns", url, percent_encode(org),
                       percent_encode(bucket));
  std::string policy = retention_policy.empty() ? "" : "&rp=" + percent_encode(retention_policy);
  return fmt::format("{}/write?db={}{}&precision=ns", url, percent_encode(database), policy);
}

HttpRequest InfluxTarget::write_request(std::string_view body) const {
  HttpRequest request;
  request.url = write_url();
  request.body = body;
  request.headers.push_back("Content-Type: text/plain; charset=utf-8");
  if (compress) request.headers.push_back("Content-Encoding: gzip");
  if (!token.empty()) request.headers.push_back("Authorization: Token " + token);
  request.user = user;
  request.password = password;
  request.timeout = timeout;
  return request;
}

}  // namespace dnstorm::operators
