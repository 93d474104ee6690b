#include "capture/dnstap/frame_server.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>

#include "capture/dnstap/detail/connection.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {
namespace {

using detail::Connection;

constexpr int events_max = 64;
constexpr int tick_ms = 1000;
constexpr DurationNs room_wait = 50 * ns_per_ms;
// What epoll tells beside places of connections.
constexpr std::uint64_t stop_id = 1ull << 32, unix_id = stop_id + 1, tcp_id = stop_id + 2;

class Server final : public FrameServer, private detail::FrameSink {
 public:
  explicit Server(const ServerOptions& options) : options_(options), queue_(options.queue_bytes) {}
  ~Server() override { stop(); }

  Result<void> open() {
    if (!options_.tls.certificate.empty()) tls_ = DNSTORM_TRY(TlsContext::make(options_.tls));
    if (!options_.tcp.empty()) tcp_ = DNSTORM_TRY(listen_tcp(options_.tcp));
    if (!options_.unix_socket.path.empty())
      unix_.emplace(DNSTORM_TRY(UnixListener::open(options_.unix_socket)));
    epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    wake_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!epoll_.open() || !wake_.open() || !spare_.open())
      return Error{ErrorKind::unavailable,
                   fmt::format("no descriptors for a dnstap server: {}", std::strerror(errno)),
                   {}};
    watch(wake_.get(), stop_id, EPOLLIN, EPOLL_CTL_ADD);
    if (tcp_.open()) watch(tcp_.get(), tcp_id, EPOLLIN, EPOLL_CTL_ADD);
    if (unix_) watch(unix_->fd(), unix_id, EPOLLIN, EPOLL_CTL_ADD);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  FrameQueue& queue() override { return queue_; }
  ServerCounts counts() const override {
    std::lock_guard lock(mutex_);
    return published_;
  }
  std::uint16_t tcp_port() const override { return tcp_.open() ? port_of(tcp_.get()) : 0; }
  void stop() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    std::uint64_t one = 1;
    ssize_t written = ::write(wake_.get(), &one, sizeof one);
    DNSTORM_ASSERT(written == sizeof one, "an eventfd takes a number", errno);
    thread_.join();
  }

 private:
  struct Place {
    std::unique_ptr<Connection> connection;
    std::uint32_t events = 0;  // that are watched
    bool again = false;
  };

  // --- of the thread ---

  void run() {
    // Signals are the main thread's; a sender that is gone must not end the program (SIGPIPE).
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    while (!stopping_ && !done()) {
      epoll_event events[events_max];
      int count = epoll_wait(epoll_.get(), events, events_max, again_ > 0 ? 0 : tick_ms);
      for (int i = 0; i < count; ++i) handle(events[i].data.u64);
      if (again_ > 0) serve_again();
      end_slow_handshakes();
      settle();
    }
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i].connection) close(i);
    queue_.finish();
    settle();
  }

  bool done() const { return options_.end_after != 0 && gone_ >= options_.end_after; }

  void settle() {
    queue_.publish();
    std::lock_guard lock(mutex_);
    published_ = counts_;
  }

  void handle(std::uint64_t id) {
    if (id == stop_id) return;
    if (id == unix_id || id == tcp_id)
      accept_all(id == tcp_id);
    else if (places_[id].connection)
      serve(static_cast<std::size_t>(id));
  }

  void serve(std::size_t at) {
    Place& place = places_[at];
    Connection::Next next = place.connection->serve(scratch_, *this, counts_, own(at));
    if (std::exchange(place.again, next == Connection::Next::again)) --again_;
    if (place.again) ++again_;
    if (next == Connection::Next::close) return close(at);
    std::uint32_t events = EPOLLIN | (place.connection->wants_to_write() ? EPOLLOUT : 0u);
    if (events != std::exchange(place.events, events))
      watch(place.connection->fd(), at, events, EPOLL_CTL_MOD);
  }
  void serve_again() {
    for (std::size_t i = 0; i < places_.size(); ++i)
      if (places_[i].again) serve(i);
  }

  void close(std::size_t at) {
    Place& place = places_[at];
    place.connection->count_end(counts_);
    if (place.connection->started()) ++gone_;
    if (place.again) --again_;
    place = {};
    --counts_.open;
  }

  // Looked at once a tick at most: nothing depends on when exactly.
  void end_slow_handshakes() {
    TimeNs now = clock_.steady_ns();
    if (now < next_look_) return;
    next_look_ = now + TimeNs{tick_ms} * ns_per_ms;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const auto& connection = places_[i].connection;
      if (!connection || connection->started()) continue;
      if (now - connection->since() < options_.handshake_timeout) continue;
      ++counts_.handshake_timeouts;
      if (places_[i].again) --again_;
      places_[i] = {};
      --counts_.open;
    }
  }

  void accept_all(bool tcp) {
    int listener = tcp ? tcp_.get() : unix_->fd();
    for (;;) {
      Descriptor fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (fd.open()) {
        admit(std::move(fd), tcp);
      } else if (errno == EMFILE || errno == ENFILE) {
        turn_away(listener);
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return;
      }
    }
  }
  // Without a descriptor the connection would wait and the listener would be told of again and
  // again: the spare one takes it, to close it.
  void turn_away(int listener) {
    spare_ = Descriptor();
    Descriptor gone(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    gone = Descriptor();
    spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ++counts_.refused;
  }
  void admit(Descriptor fd, bool tcp) {
    if (counts_.open >= options_.connections_max) {
      ++counts_.refused;
      return;
    }
    ++counts_.connections;
    ++counts_.open;
    auto stream = tcp && tls_ ? tls_->accept(std::move(fd)) : ByteStream::plain(std::move(fd));
    auto free = std::find_if(places_.begin(), places_.end(),
                             [](const Place& place) { return !place.connection; });
    std::size_t at = static_cast<std::size_t>(free - places_.begin());
    if (free == places_.end()) places_.emplace_back();
    places_[at].connection = std::make_unique<Connection>(std::move(stream), clock_.steady_ns());
    places_[at].events = EPOLLIN;
    watch(places_[at].connection->fd(), at, EPOLLIN, EPOLL_CTL_ADD);
  }

  void watch(int fd, std::uint64_t id, std::uint32_t events, int operation) const {
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    int result = epoll_ctl(epoll_.get(), operation, fd, &event);
    DNSTORM_ASSERT(result == 0, "epoll takes a descriptor", fd, errno);
  }

  bool take(std::span<const std::uint8_t> frame) override {
    if (queue_.put(frame)) [[likely]]
      return true;
    if (!options_.block) return false;
    settle();
    while (!stopping_) {
      if (queue_.wait_for_room(room_wait) && queue_.put(frame)) return true;
    }
    return false;
  }

  // Beyond those that are shown, nobody looks.
  SenderCounts& own(std::size_t at) {
    return at < ServerCounts::senders_shown ? counts_.senders[at] : others_;
  }

  ServerOptions options_;
  FrameQueue queue_;
  SystemClock clock_;
  std::unique_ptr<TlsContext> tls_;
  std::optional<UnixListener> unix_;
  Descriptor tcp_, epoll_, wake_, spare_;
  std::vector<Place> places_;
  std::vector<std::uint8_t> scratch_ = std::vector<std::uint8_t>(Connection::scratch_bytes);
  ServerCounts counts_;
  SenderCounts others_;
  std::uint64_t gone_ = 0;   // senders that have come and gone
  std::uint64_t again_ = 0;  // places with `again`
  TimeNs next_look_ = 0;
  // Of both threads.
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  ServerCounts published_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<FrameServer>> FrameServer::start(const ServerOptions& options) {
  auto server = std::make_unique<Server>(options);
  DNSTORM_CHECK(server->open());
  return std::unique_ptr<FrameServer>(std::move(server));
}

}  // namespace dnstorm::capture::dnstap
