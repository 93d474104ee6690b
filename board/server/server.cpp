#include "board/server/server.hpp"

#include <fmt/format.h>
#include <microhttpd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "board/server/assets.hpp"
#include "board/server/detail/api_desk.hpp"
#include "board/server/detail/looks.hpp"
#include "board/server/detail/one_board.hpp"
#include "board/server/detail/readers.hpp"
#include "board/server/detail/reply.hpp"
#include "board/server/detail/tls.hpp"
#include "board/server/listen.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::board {

using namespace detail;

namespace {

constexpr std::size_t stream_block_bytes = 16 * 1024;
constexpr unsigned idle_timeout_s = 30;  // a client that reads nothing for so long is cut off
constexpr unsigned other_connections_max = 64;  // beside the streams
constexpr std::string_view control_path = "/api/control/";
constexpr const char* tls_priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// The library reports every client that went away; that is no news.
void quiet(void*, const char*, va_list) {}

// Who may do what is not for everybody, on an address that other machines reach.
struct Guarded {
  const char* what;      // "taps of this board want"
  const char* why;       // "a tap shows rows as they are"
  const char* variable;  // the environment's, with the token
  const std::string& token;
};

}  // namespace

class Server::State {
 public:
  State(ServerOptions options, Listener listener, Boards& boards, std::unique_ptr<Boards> own)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        own_(std::move(own)),
        boards_(boards) {}
  ~State() { stop(); }

  Result<void> start();
  void stop();
  const Listener& listener() const { return listener_; }
  std::size_t clients() const {
    std::lock_guard lock(mutex_);
    return clients_.size();
  }

 private:
  struct Client {
    State* server;
    MHD_Connection* connection;
    std::unique_ptr<Reader> reader;
    bool suspended = false;
    std::list<Client*>::iterator self;
  };

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char*, const char* piece, size_t* size,
                               void** context);
  static void on_completed(void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode);
  static ssize_t on_read(void* client, std::uint64_t, char* out, size_t size);
  static void on_gone(void* client);

  ApiDesk* desk_for(std::string_view path) const;  // none: nullptr
  MHD_Result answer(MHD_Connection* connection, std::string_view path);
  MHD_Result answer_board(MHD_Connection* connection, std::string_view path);
  MHD_Result open_stream(MHD_Connection* connection, std::shared_ptr<Live> live);
  MHD_Result open_tap(MHD_Connection* connection);
  MHD_Result control(MHD_Connection* connection, std::string_view action);
  // Nothing: it may. Otherwise the answer has been given.
  std::optional<MHD_Result> refuse(MHD_Connection* connection, const Guarded& guarded) const;
  MHD_Result open(MHD_Connection* connection, std::unique_ptr<Reader> reader, const char* type);
  ssize_t read(Client& client, char* out, size_t size);
  void tick();
  void run_ticker();
  void wake_clients();
  MHD_Daemon* start_daemon(const TlsFiles& tls);

  const ServerOptions options_;
  Listener listener_;
  const std::unique_ptr<Boards> own_;
  Boards& boards_;
  const SystemClock clock_;
  MHD_Daemon* daemon_ = nullptr;
  std::vector<std::unique_ptr<ApiDesk>> desks_;

  mutable std::mutex mutex_;  // guards the clients and `stopping_`
  std::condition_variable stopped_;
  std::list<Client*> clients_;
  bool stopping_ = false;
  std::thread ticker_;
};

MHD_Daemon* Server::State::start_daemon(const TlsFiles& tls) {
  const auto connections = static_cast<unsigned>(options_.clients_max) + other_connections_max;
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  // The library reads the PEM texts while it starts, and not later.
  auto text = [](const std::string& pem) { return const_cast<char*>(pem.c_str()); };
  std::vector<MHD_OptionItem> secure;
  if (!tls.certificate.empty()) {
    flags |= MHD_USE_TLS;
    secure.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, text(tls.certificate)});
    secure.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, text(tls.key)});
    secure.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(tls_priorities)});
  }
  secure.push_back({MHD_OPTION_END, 0, nullptr});
  return MHD_start_daemon(
      flags, 0, nullptr, nullptr, &State::on_request, this, MHD_OPTION_EXTERNAL_LOGGER, &quiet,
      nullptr, MHD_OPTION_LISTEN_SOCKET, listener_.fd, MHD_OPTION_CONNECTION_LIMIT, connections,
      MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_s, MHD_OPTION_NOTIFY_COMPLETED,
      &State::on_completed, this, MHD_OPTION_ARRAY, secure.data(), MHD_OPTION_END);
}

Result<void> Server::State::start() {
  const TlsFiles tls = DNSTORM_TRY(read_tls_files(options_.certificate, options_.key));
  if (!tls.certificate.empty()) listener_.url.replace(0, sizeof "http" - 1, "https");
  auto open_desk = [&](const char* prefix, const ApiDesk::Handler& handler, DeskLimits limits) {
    if (handler)
      desks_.push_back(
          std::make_unique<ApiDesk>(prefix, handler, limits, control_header, listener_.loopback));
  };
  open_desk("/api/v1", options_.api, {});
  open_desk("/api/data", options_.data,
            {.threads = options_.data_threads, .waiting_max = options_.data_waiting_max});
  daemon_ = start_daemon(tls);
  if (!daemon_)
    return Error{ErrorKind::unavailable,
                 fmt::format("board: the HTTP server on port {} did not start{}", listener_.port,
                             tls.certificate.empty() ? "" : ": do certificate and key fit?"),
                 "board"};
  tick();
  ticker_ = std::thread([this] { run_ticker(); });
  return {};
}

void Server::State::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  stopped_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  for (auto& desk : desks_) desk->stop();
  wake_clients();  // a suspended connection cannot be closed
  if (daemon_) MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
}

// --- ticker -------------------------------------------------------------------------------------

void Server::State::tick() {
  boards_.tick({.wall = clock_.wall_ns(), .steady = clock_.steady_ns()});
  wake_clients();
}

void Server::State::run_ticker() {
  auto next = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    next = std::max(next + std::chrono::nanoseconds(tick_period), std::chrono::steady_clock::now());
    if (stopped_.wait_until(lock, next, [this] { return stopping_; })) return;
    lock.unlock();
    tick();
    lock.lock();
  }
}

void Server::State::wake_clients() {
  std::lock_guard lock(mutex_);
  for (Client* client : clients_) {
    if (!client->suspended) continue;
    client->suspended = false;
    MHD_resume_connection(client->connection);
  }
}

// --- requests -----------------------------------------------------------------------------------

MHD_Result Server::State::on_request(void* self, MHD_Connection* connection, const char* url,
                                     const char* method, const char*, const char* piece,
                                     size_t* size, void** context) {
  State& state = *static_cast<State*>(self);
  const std::string_view verb = method, path = url;
  ApiDesk* desk = state.desk_for(path);
  const bool control = verb == MHD_HTTP_METHOD_POST && path.starts_with(control_path);
  if (!control && !desk && verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
    return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "the board only answers GET\n");
  if (state.listener_.loopback && !is_local_host_header(header(connection, "Host")))
    return send_text(connection, MHD_HTTP_FORBIDDEN,
                     "this board listens on this machine only: open it as localhost\n");
  if (desk) return desk->take(connection, verb, path, piece, size, context);
  if (control) return state.control(connection, path.substr(control_path.size()));
  return state.answer(connection, path);
}

void Server::State::on_completed(void*, MHD_Connection*, void** context,
                                 MHD_RequestTerminationCode) {
  ApiDesk::completed(context);
}

ApiDesk* Server::State::desk_for(std::string_view path) const {
  for (const auto& desk : desks_)
    if (desk->has(path)) return desk.get();
  return nullptr;
}

MHD_Result Server::State::answer(MHD_Connection* connection, std::string_view path) {
  constexpr const char* json = "application/json";
  if (path == "/api/stream" || path == "/api/snapshot" || path == "/api/honesty" ||
      path == "/api/topology" || path == "/api/rewind" || path == "/api/cell")
    return answer_board(connection, path);
  if (path == "/metrics" && options_.metrics)
    return send_text(connection, MHD_HTTP_OK, options_.metrics(), "text/plain; version=0.0.4");
  if (path == "/tap" && options_.tap) return open_tap(connection);
  if (path == "/api/data") return send_text(connection, MHD_HTTP_OK, "{\"data\":[]}", json);
  if (path == "/healthz") return send_text(connection, MHD_HTTP_OK, "ok\n");
  for (const Asset& asset : assets())
    if (asset.path == path) return send_asset(connection, asset);
  return send_text(connection, MHD_HTTP_NOT_FOUND, "there is nothing here; the board is at /\n");
}

// --- stream -------------------------------------------------------------------------------------

MHD_Result Server::State::answer_board(MHD_Connection* connection, std::string_view path) {
  constexpr const char* json = "application/json";
  const std::string topology = argument(connection, "topology");
  if (path == "/api/topology") {
    const std::string text = boards_.topology_json(topology);
    if (!text.empty()) return send_text(connection, MHD_HTTP_OK, text, json);
    return send_text(connection, MHD_HTTP_NOT_FOUND, "no topology is known here\n");
  }
  std::shared_ptr<Live> live = boards_.find(topology);
  if (!live) return send_text(connection, MHD_HTTP_NOT_FOUND, "there is no such topology\n");
  if (path == "/api/stream") return open_stream(connection, std::move(live));
  if (path == "/api/rewind" || path == "/api/cell") return look_closer(connection, path, *live);
  return send_text(connection, MHD_HTTP_OK,
                   path == "/api/snapshot" ? live->snapshot_json() : live->honesty_text(), json);
}

MHD_Result Server::State::open_stream(MHD_Connection* connection, std::shared_ptr<Live> live) {
  // A page cannot set the header when it opens a stream anew, so the id may come as ?last= as well.
  const char* last = header(connection, "Last-Event-ID");
  const char* query = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "last");
  return open(connection,
              std::make_unique<EventReader>(std::move(live), *last || !query ? last : query),
              "text/event-stream");
}

MHD_Result Server::State::open_tap(MHD_Connection* connection) {
  const Guarded guarded{"taps of this board want its token", "a tap shows rows as they are",
                        "DNSTORM_TAP_TOKEN", options_.tap_token};
  if (options_.tap_refusal) {
    if (auto refused =
            options_.tap_refusal(read_request(connection, control_header, listener_.loopback)))
      return send_answer(connection, *refused);
  } else if (auto refused = refuse(connection, guarded)) {
    return *refused;
  }
  auto source = options_.tap({argument(connection, "edge"), argument(connection, "where"),
                              argument(connection, "rate"), argument(connection, "topology")});
  if (!source.ok())
    return send_text(connection, status_of(source.error().kind), source.error().what + "\n");
  return open(connection, std::make_unique<LineReader>(std::move(*source)), "application/x-ndjson");
}

MHD_Result Server::State::control(MHD_Connection* connection, std::string_view action) {
  if (!options_.control)
    return send_text(connection, MHD_HTTP_NOT_FOUND, "there is no run to control here\n");
  if (*header(connection, control_header) == 0)
    return send_text(connection, MHD_HTTP_FORBIDDEN,
                     fmt::format("a request of control carries the header {}\n", control_header));
  const Guarded guarded{"control of this run wants its token", "control changes the run",
                        "DNSTORM_CONTROL_TOKEN", options_.control_token};
  if (auto refused = refuse(connection, guarded)) return *refused;
  auto done = options_.control(
      {std::string(action), argument(connection, "component"), argument(connection, "executors")});
  if (!done.ok())
    return send_text(connection, status_of(done.error().kind), done.error().what + "\n");
  return send_text(connection, MHD_HTTP_OK, *done + "\n");
}

std::optional<MHD_Result> Server::State::refuse(MHD_Connection* connection,
                                                const Guarded& guarded) const {
  if (listener_.loopback) return std::nullopt;
  if (guarded.token.empty())
    return send_text(connection, MHD_HTTP_FORBIDDEN,
                     fmt::format("this board can be reached from other machines, and {}: start the "
                                 "run with {} set, or the board on 127.0.0.1\n",
                                 guarded.why, guarded.variable));
  constexpr std::string_view bearer = "Bearer ";
  std::string_view given = header(connection, "Authorization");
  given.remove_prefix(given.starts_with(bearer) ? bearer.size() : given.size());
  if (same_secret(given, guarded.token)) return std::nullopt;
  return send_text(connection, MHD_HTTP_UNAUTHORIZED,
                   fmt::format("{}: set {}\n", guarded.what, guarded.variable));
}

MHD_Result Server::State::open(MHD_Connection* connection, std::unique_ptr<Reader> reader,
                               const char* type) {
  auto client = std::make_unique<Client>(Client{this, connection, std::move(reader), false, {}});
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return MHD_NO;
    if (clients_.size() >= options_.clients_max)
      return send_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                       fmt::format("{} boards are open already, which is the limit: close one\n",
                                   options_.clients_max));
    client->self = clients_.insert(clients_.end(), client.get());
  }
  // From here on the response owns the client: on_gone() takes it back.
  Client* owned = client.release();
  MHD_Response* response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, stream_block_bytes, &State::on_read, owned, &State::on_gone);
  if (!response) {
    on_gone(owned);
    return MHD_NO;
  }
  MHD_add_response_header(response, "Content-Type", type);
  MHD_add_response_header(response, "Cache-Control", "no-store");
  MHD_add_response_header(response, "X-Accel-Buffering", "no");
  return send(connection, MHD_HTTP_OK, response);
}

ssize_t Server::State::on_read(void* client, std::uint64_t, char* out, size_t size) {
  auto& asking = *static_cast<Client*>(client);
  return asking.server->read(asking, out, size);
}

ssize_t Server::State::read(Client& client, char* out, size_t size) {
  // The lock is held over both, so that a tick between "nothing there" and "asleep" is not missed.
  std::lock_guard lock(mutex_);
  if (stopping_) return MHD_CONTENT_READER_END_OF_STREAM;
  const std::size_t n = client.reader->read(out, size);
  if (n != 0) return static_cast<ssize_t>(n);
  if (client.reader->ended()) return MHD_CONTENT_READER_END_OF_STREAM;
  client.suspended = true;
  MHD_suspend_connection(client.connection);
  return 0;
}

void Server::State::on_gone(void* client) {
  const std::unique_ptr<Client> owned(static_cast<Client*>(client));
  State& state = *owned->server;
  std::lock_guard lock(state.mutex_);
  state.clients_.erase(owned->self);
}

// --- Server -------------------------------------------------------------------------------------

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Live& live,
                                              std::function<Honesty()> honesty) {
  Listener listener = DNSTORM_TRY(open_listener(options.host, options.port));
  auto one = std::make_unique<OneBoard>(live, std::move(honesty), std::move(options.topology));
  Boards& board = *one;
  auto state =
      std::make_unique<State>(std::move(options), std::move(listener), board, std::move(one));
  DNSTORM_CHECK(state->start());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Boards& boards) {
  Listener listener = DNSTORM_TRY(open_listener(options.host, options.port));
  auto state = std::make_unique<State>(std::move(options), std::move(listener), boards, nullptr);
  DNSTORM_CHECK(state->start());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return state_->listener().port; }
std::string Server::url() const { return state_->listener().url; }
std::size_t Server::clients() const { return state_->clients(); }
void Server::stop() { state_->stop(); }

}  // namespace dnstorm::board
