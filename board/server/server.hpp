// The board's HTTP server: the page, the stream of events and the same numbers as JSON.
//
//   GET /              the page          GET /api/stream     Server-Sent Events (board/README.md)
//   GET /api/snapshot  all that is shown GET /api/honesty    the honesty line
//   GET /healthz       "ok"              GET /metrics        for Prometheus
//
// start() binds and starts two threads: one of the HTTP library, which answers, and the ticker,
// which asks `honesty` and drives Live ten times a second. stop() ends both; the destructor stops.
// `live` and whatever `honesty` refers to must outlive the server. Nothing is ever changed through
// this server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "board/server/honesty.hpp"
#include "board/server/live.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::board {

inline constexpr std::uint16_t default_port = 8353;

struct ServerOptions {
  std::string host = "127.0.0.1";     // an address or a name of this machine; 0.0.0.0 or :: for all
  std::uint16_t port = default_port;  // 0: any free one
  std::size_t clients_max = 256;      // streams open at once; the next one is refused with 503
  // What GET /metrics answers (Prometheus' text format), asked on the server's thread; none: 404.
  std::function<std::string()> metrics = {};
};

class Server {
 public:
  // Fails with kind `unavailable` if the port is taken, `permission` if it is not allowed, `usage`
  // if the host is not an address of this machine.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Live& live,
                                               std::function<Honesty()> honesty);
  ~Server();

  std::uint16_t port() const;
  std::string url() const;  // to be opened on this machine
  std::size_t clients() const;
  void stop();

 private:
  class State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::board
