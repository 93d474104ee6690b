#include "board/server/server.hpp"

#include <fmt/format.h>
#include <microhttpd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "board/server/assets.hpp"
#include "board/server/listen.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::board {
namespace {

constexpr std::size_t stream_block_bytes = 16 * 1024;
constexpr unsigned idle_timeout_s = 30;  // a client that reads nothing for so long is cut off
constexpr unsigned other_connections_max = 64;  // beside the streams
constexpr const char* csp =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'";

// The library reports every client that went away; that is no news.
void quiet(void*, const char*, va_list) {}

const char* header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value ? value : "";
}

void add_common_headers(MHD_Response* response) {
  MHD_add_response_header(response, "Content-Security-Policy", csp);
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

MHD_Result send(MHD_Connection* connection, unsigned status, MHD_Response* response) {
  if (!response) return MHD_NO;
  add_common_headers(response);
  const MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

MHD_Result send_text(MHD_Connection* connection, unsigned status, const std::string& text,
                     const char* type = "text/plain; charset=utf-8") {
  MHD_Response* response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", type);
  MHD_add_response_header(response, "Cache-Control", "no-store");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, "Allow", "GET, HEAD");
  return send(connection, status, response);
}

MHD_Result send_asset(MHD_Connection* connection, const Asset& asset) {
  const bool cached = std::string_view(header(connection, "If-None-Match")) == asset.etag;
  const bool gzip = std::string_view(header(connection, "Accept-Encoding")).find("gzip") !=
                    std::string_view::npos;
  const std::string_view body = cached ? std::string_view{} : gzip ? asset.gzip : asset.plain;
  MHD_Response* response = MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_PERSISTENT);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", std::string(asset.type).c_str());
  MHD_add_response_header(response, "ETag", std::string(asset.etag).c_str());
  MHD_add_response_header(response, "Vary", "Accept-Encoding");
  MHD_add_response_header(response, "Cache-Control",
                          asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (gzip && !cached) MHD_add_response_header(response, "Content-Encoding", "gzip");
  return send(connection, cached ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

}  // namespace

class Server::State {
 public:
  State(ServerOptions options, Listener listener, Live& live, std::function<Honesty()> honesty)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        live_(live),
        honesty_(std::move(honesty)) {}
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
    Subscription place;
    bool suspended = false;
    std::list<Client*>::iterator self;
  };

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url,
                               const char* method, const char*, const char*, size_t*, void**);
  static ssize_t on_read(void* client, std::uint64_t, char* out, size_t size);
  static void on_gone(void* client);

  MHD_Result answer(MHD_Connection* connection, std::string_view path);
  MHD_Result open_stream(MHD_Connection* connection);
  ssize_t read(Client& client, char* out, size_t size);
  void tick();
  void run_ticker();
  void wake_clients();

  const ServerOptions options_;
  Listener listener_;
  Live& live_;
  const std::function<Honesty()> honesty_;
  const SystemClock clock_;
  MHD_Daemon* daemon_ = nullptr;

  mutable std::mutex mutex_;  // guards the clients and `stopping_`
  std::condition_variable stopped_;
  std::list<Client*> clients_;
  bool stopping_ = false;
  std::thread ticker_;
};

Result<void> Server::State::start() {
  const unsigned connections = static_cast<unsigned>(options_.clients_max) + other_connections_max;
  daemon_ = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, nullptr,
      nullptr, &State::on_request, this, MHD_OPTION_EXTERNAL_LOGGER, &quiet, nullptr,
      MHD_OPTION_LISTEN_SOCKET, listener_.fd, MHD_OPTION_CONNECTION_LIMIT, connections,
      MHD_OPTION_CONNECTION_TIMEOUT, idle_timeout_s, MHD_OPTION_END);
  if (!daemon_)
    return Error{ErrorKind::unavailable,
                 fmt::format("board: the HTTP server on port {} did not start", listener_.port),
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
  wake_clients();  // a suspended connection cannot be closed
  if (daemon_) MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
}

// --- ticker -------------------------------------------------------------------------------------

void Server::State::tick() {
  const Honesty honesty = honesty_ ? honesty_() : Honesty{};
  live_.tick({.wall = clock_.wall_ns(), .steady = clock_.steady_ns()}, honesty);
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
                                     const char* method, const char*, const char*, size_t*,
                                     void**) {
  State& state = *static_cast<State*>(self);
  const std::string_view verb = method;
  if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD)
    return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "the board only answers GET\n");
  if (state.listener_.loopback && !is_local_host_header(header(connection, "Host")))
    return send_text(connection, MHD_HTTP_FORBIDDEN,
                     "this board listens on this machine only: open it as localhost\n");
  return state.answer(connection, url);
}

MHD_Result Server::State::answer(MHD_Connection* connection, std::string_view path) {
  constexpr const char* json = "application/json";
  if (path == "/api/stream") return open_stream(connection);
  if (path == "/api/snapshot")
    return send_text(connection, MHD_HTTP_OK, live_.snapshot_json(), json);
  if (path == "/api/honesty") return send_text(connection, MHD_HTTP_OK, live_.honesty_text(), json);
  if (path == "/metrics" && options_.metrics)
    return send_text(connection, MHD_HTTP_OK, options_.metrics(), "text/plain; version=0.0.4");
  if (path == "/healthz") return send_text(connection, MHD_HTTP_OK, "ok\n");
  for (const Asset& asset : assets())
    if (asset.path == path) return send_asset(connection, asset);
  return send_text(connection, MHD_HTTP_NOT_FOUND, "there is nothing here; the board is at /\n");
}

// --- stream -------------------------------------------------------------------------------------

MHD_Result Server::State::open_stream(MHD_Connection* connection) {
  // A page cannot set the header when it opens a stream anew, so the id may come as ?last= as well.
  const char* last = header(connection, "Last-Event-ID");
  const char* query = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "last");
  auto client = std::make_unique<Client>(
      Client{this, connection, live_.subscribe(*last || !query ? last : query), false, {}});
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
  MHD_add_response_header(response, "Content-Type", "text/event-stream");
  MHD_add_response_header(response, "Cache-Control", "no-store");
  MHD_add_response_header(response, "X-Accel-Buffering", "no");
  return send(connection, MHD_HTTP_OK, response);
}

ssize_t Server::State::on_read(void* client, std::uint64_t, char* out, size_t size) {
  auto& reader = *static_cast<Client*>(client);
  return reader.server->read(reader, out, size);
}

ssize_t Server::State::read(Client& client, char* out, size_t size) {
  // The lock is held over both, so that a tick between "nothing there" and "asleep" is not missed.
  std::lock_guard lock(mutex_);
  if (stopping_) return MHD_CONTENT_READER_END_OF_STREAM;
  const std::size_t n = live_.read(client.place, out, size);
  if (n != 0) return static_cast<ssize_t>(n);
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
  auto state =
      std::make_unique<State>(std::move(options), std::move(listener), live, std::move(honesty));
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
