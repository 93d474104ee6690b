#include "tests/e2e/influx_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace dnstorm::e2e {

namespace {

constexpr const char* program = "/usr/bin/influxd";
constexpr int start_ms_max = 120'000;

void drain(int in) {
  char buffer[4096];
  while (read(in, buffer, sizeof buffer) > 0) {
  }
  close(in);
}

std::string series_text(const nlohmann::json& series) {
  std::string name = series["name"];
  auto tags = series.value("tags", nlohmann::json::object());
  for (const auto& [tag, value] : tags.items()) name += "," + tag + "=" + value.get<std::string>();
  std::string out;
  for (const auto& row : series["values"]) {
    out += name;
    for (std::size_t i = 0; i < row.size(); ++i)
      out += " " + series["columns"][i].get<std::string>() + "=" + row[i].dump();
    out += "\n";
  }
  return out;
}

}  // namespace

InfluxServer::InfluxServer(std::string folder, bool with_users)
    : folder_(std::move(folder)), with_users_(with_users), http_(operators::make_http_client()) {}

InfluxServer::~InfluxServer() { kill(); }

bool InfluxServer::is_installed() { return access(program, X_OK) == 0; }

std::string InfluxServer::config_text() const {
  std::string tls =
      certificate.empty()
          ? ""
          : fmt::format("https-enabled = true\nhttps-certificate = \"{}\"\n", certificate);
  return fmt::format(
      "reporting-disabled = true\nbind-address = \"127.0.0.1:0\"\n[meta]\ndir = \"{0}/meta\"\n"
      "[data]\ndir = \"{0}/data\"\nwal-dir = \"{0}/wal\"\n[monitor]\nstore-enabled = false\n"
      "[http]\nbind-address = \"{1}\"\nlog-enabled = false\nauth-enabled = {2}\n{3}",
      folder_, address_, with_users_, tls);
}

void InfluxServer::become_server(const std::string& config, int out) const {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execl(program, program, "run", "-config", config.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

bool InfluxServer::start() {
  std::string config = folder_ + "/influxdb.conf";
  std::ofstream(config) << config_text();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  pid_ = fork();
  if (pid_ == 0) become_server(config, ends[1]);
  close(ends[1]);
  bool listens = pid_ > 0 && wait_until_it_listens(ends[0]);
  drain_ = std::thread(drain, ends[0]);
  return listens;
}

// influxd says in its log where it listens.
bool InfluxServer::wait_until_it_listens(int in) {
  constexpr std::string_view mark = "addr=";
  log_.clear();
  pollfd ready{in, POLLIN, 0};
  char buffer[4096];
  while (poll(&ready, 1, start_ms_max) > 0) {
    ssize_t size = read(in, buffer, sizeof buffer);
    if (size <= 0) return false;
    log_.append(buffer, static_cast<std::size_t>(size));
    std::size_t at = log_.find("Listening on HTTP");
    if (at == std::string::npos || log_.find('\n', at) == std::string::npos) continue;
    at = log_.find(mark, at) + mark.size();
    address_ = log_.substr(at, log_.find(' ', at) - at);
    url_ = (certificate.empty() ? "http://" : "https://") + address_;
    return true;
  }
  return false;
}

void InfluxServer::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (drain_.joinable()) drain_.join();
}

std::string InfluxServer::query(const std::string& database, const std::string& text) {
  operators::HttpRequest request;
  request.url = fmt::format("{}/query?epoch=ns&db={}&q={}", url_,
                            operators::percent_encode(database), operators::percent_encode(text));
  request.user = user;
  request.password = password;
  request.ca_file = certificate;
  request.timeout = 60 * ns_per_s;
  operators::HttpAnswer answer = http_->exchange(request);
  if (answer.status != 200)
    return fmt::format("status {} {}{}", answer.status, answer.failure, answer.body);
  auto result = nlohmann::json::parse(answer.body)["results"][0];
  if (result.contains("error")) return result["error"];
  std::string out;
  for (const auto& series : result.value("series", nlohmann::json::array()))
    out += series_text(series);
  return out;
}

operators::HttpAnswer InfluxServer::write(const std::string& database, const std::string& lines) {
  operators::HttpRequest request;
  request.url =
      fmt::format("{}/write?precision=ns&db={}", url_, operators::percent_encode(database));
  request.body = lines;
  return http_->exchange(request);
}

}  // namespace dnstorm::e2e
