// The board's HTTP server: the page, the stream of events and the same numbers as JSON.
//
//   GET /              the page          GET /api/stream     Server-Sent Events (board/README.md)
//   GET /api/snapshot  all that is shown GET /api/honesty    the honesty line
//   GET /api/rewind    what was shown    GET /api/cell       how a cell of a wall grew
//   GET /healthz       "ok"              GET /metrics        for Prometheus
//   GET /api/topology  tasks and edges   GET /tap            rows of an edge, live
//   POST /api/control/ACTION             what changes the run
//   /api/data/...                        what the pages ask for beside the stream
//   /api/v1/...                          the interface of a cluster, if there is one
//
// start() binds and starts two threads: one of the HTTP library, which answers, and the ticker,
// which asks `honesty` and drives Live ten times a second; with `api` one more, with `data`
// `data_threads`. stop() ends them; the destructor stops. `live`, `boards` and whatever the
// functions refer to must outlive the server. Nothing is changed through this server but by POST.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "board/server/honesty.hpp"
#include "board/server/live.hpp"
#include "engine/base/http_api.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::board {

inline constexpr std::uint16_t default_port = 8353;

// Lines that somebody reads live. Asked on the server's thread, ten times a second; destroyed there
// when the reader has gone.
class LineSource {
 public:
  virtual ~LineSource() = default;
  virtual std::string take() = 0;  // what is new; "": nothing
  virtual bool ended() const = 0;  // nothing will follow
};

// GET /tap?edge=...&where=...&rate=..., of a cluster also &topology=...
struct TapQuery {
  std::string edge;
  std::string where;
  std::string rate;           // "": not given
  std::string topology = {};  // of a cluster
};

// POST /api/control/ACTION?component=...&executors=...
struct ControlRequest {
  std::string action;
  std::string component;
  std::string executors;  // "": not given
};
// What a request of control must carry (any value): a page of another site cannot send it unasked.
inline constexpr const char* control_header = "X-Dnstorm-Control";

// Several boards behind one address: of a cluster, one a topology (?topology=NAME or id).
class Boards {
 public:
  virtual ~Boards() = default;
  // "": the one that is shown unasked. None: nullptr. Asked on the server's thread.
  virtual std::shared_ptr<Live> find(const std::string& topology) = 0;
  // What GET /api/topology answers; "": there is none. Asked on the server's thread.
  virtual std::string topology_json(const std::string& topology) = 0;
  // Drives each Live, ten times a second, on the ticker's thread.
  virtual void tick(Moment now) = 0;
};

struct ServerOptions {
  std::string host = "127.0.0.1";     // an address or a name of this machine; 0.0.0.0 or :: for all
  std::uint16_t port = default_port;  // 0: any free one
  std::size_t clients_max = 256;      // streams open at once; the next one is refused with 503
  // What GET /metrics answers (Prometheus' text format), asked on the server's thread; none: 404.
  std::function<std::string()> metrics = {};
  // The same for GET /api/topology (JSON).
  std::function<std::string()> topology = {};
  // Opens a tap, or says why not; none: 404. It shows rows as they are, names and addresses: on an
  // address that other machines reach it is answered only to who sends `tap_token`
  // (Authorization: Bearer), and to nobody if there is none.
  std::function<Result<std::unique_ptr<LineSource>>(const TapQuery&)> tap = {};
  std::string tap_token = {};
  // Says who may tap instead, whatever the address is: what is answered to who may not.
  std::function<std::optional<ApiAnswer>(const ApiRequest&)> tap_refusal = {};
  // Does it and says what is done, or why not; none: 404. Asked on the server's thread. Only what
  // carries `control_header` is answered, and on an address that other machines reach only with
  // `control_token`, as for taps.
  std::function<Result<std::string>(const ControlRequest&)> control = {};
  std::string control_token = {};
  // Answers what the pages ask for beside the stream, below /api/data; none: nothing is offered.
  // Asked on threads of its own, so many requests at once: a long one holds up no other page.
  std::function<ApiAnswer(const ApiRequest&)> data = {};
  std::size_t data_threads = 4;
  std::size_t data_waiting_max = 64;  // for one of them; the next one is refused with 503
  // Answers all that comes below /api/v1, whatever its method, and sees to who may do what; none:
  // 404. Asked on a thread of its own, one request at a time: it may take a while.
  std::function<ApiAnswer(const ApiRequest&)> api = {};
  // PEM files: with them everything is HTTPS, and nothing HTTP.
  std::string certificate = {};
  std::string key = {};
};

class Server {
 public:
  // Fails with kind `unavailable` if the port is taken, `permission` if it is not allowed, `usage`
  // if the host is not an address of this machine or a PEM file is none.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Live& live,
                                               std::function<Honesty()> honesty);
  // The same for several: `options.topology` is not asked.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Boards& boards);
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
