// A real InfluxDB of one's own: Debian's influxd in a folder of its own on a free port. It goes
// away with this object, and with the test program if that dies.
#pragma once

#include <sys/types.h>

#include <string>
#include <thread>

#include "operators/sinks/http_client.hpp"

namespace dnstorm::e2e {

class InfluxServer {
 public:
  explicit InfluxServer(std::string folder, bool with_users = false);
  ~InfluxServer();
  InfluxServer(const InfluxServer&) = delete;
  InfluxServer& operator=(const InfluxServer&) = delete;

  static bool is_installed();
  // Returns when it listens; the second start takes the port of the first. False if it does not
  // come up; log() then says why.
  bool start();
  // As a power cut would.
  void kill();

  const std::string& url() const { return url_; }
  const std::string& log() const { return log_; }
  // The rows of the answer to an InfluxQL query, one a line: "name,tags column=value ...".
  std::string query(const std::string& database, const std::string& text);
  operators::HttpAnswer write(const std::string& database, const std::string& lines);

  std::string user;
  std::string password;
  std::string certificate;  // if given before the start (PEM, with its key): https

 private:
  std::string config_text() const;
  [[noreturn]] void become_server(const std::string& config, int out) const;
  bool wait_until_it_listens(int in);

  std::string folder_;
  bool with_users_;
  std::string address_ = "127.0.0.1:0";
  std::string url_;
  std::string log_;
  pid_t pid_ = -1;
  std::thread drain_;  // so that the server never waits for a reader of its log
  std::unique_ptr<operators::HttpTransport> http_;
};

}  // namespace dnstorm::e2e
