#include "cluster/wire/hub.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "cluster/wire/detail/hub_loop.hpp"

namespace dnstorm::cluster {

class Hub::Impl {
 public:
  Impl(HubOptions options, HubHandlers handlers)
      : options_(std::move(options)), handlers_(std::move(handlers)) {}

  Result<void> start() {
    wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd_ < 0)
      return Error{
          ErrorKind::unavailable, "no descriptor left; raise the limit (LimitNOFILE=)", {}};
    std::promise<Result<void>> began;
    auto how = began.get_future();
    thread_ = std::thread([this, &began] { run(began); });
    return how.get();
  }
  ~Impl() {
    if (thread_.joinable()) {
      stopping_ = true;
      wake();
      thread_.join();
    }
    if (wake_fd_ >= 0) close(wake_fd_);
  }

  void wake() {
    if (awake_.exchange(true)) return;
    std::uint64_t one = 1;
    std::ignore = write(wake_fd_, &one, sizeof one);
  }
  void post(std::function<void()> work) {
    {
      std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
    }
    wake();
  }
  // On the I/O thread, and waits for it.
  template <class T>
  T call(std::function<T(detail::HubLoop&)> work) {
    if (on_io_thread()) return work(*loop_);
    std::promise<T> done;
    auto result = done.get_future();
    post([&] { done.set_value(work(*loop_)); });
    return result.get();
  }
  bool on_io_thread() const { return std::this_thread::get_id() == io_thread_; }
  detail::HubLoop& loop() { return *loop_; }
  HubStatistics statistics() const { return counters_.read(); }

 private:
  void run(std::promise<Result<void>>& began) {
    io_thread_ = std::this_thread::get_id();
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    try {
      loop_ = std::make_unique<detail::HubLoop>(options_, handlers_, counters_);
      began.set_value({});
    } catch (const zmq::error_t& error) {
      began.set_value(Error{ErrorKind::unavailable,
                            std::string("cannot open the sockets of the cluster: ") + error.what(),
                            {}});
      return;
    }
    TimeNs next = time_max;
    while (!stopping_) {
      DurationNs patience = next == time_max ? time_max : std::max<TimeNs>(0, next - now());
      loop_->work(wake_fd_, patience);
      take_posted();
      next = handlers_.tick ? handlers_.tick(now()) : time_max;
    }
    loop_.reset();
  }
  void take_posted() {
    std::uint64_t sum = 0;
    if (read(wake_fd_, &sum, sizeof sum) < 0 && !awake_) return;
    awake_ = false;
    std::vector<std::function<void()>> work;
    {
      std::lock_guard lock(mutex_);
      work.swap(posted_);
    }
    for (auto& one : work) one();
  }
  TimeNs now() const { return clock_.steady_ns(); }

  HubOptions options_;
  HubHandlers handlers_;
  detail::HubCounters counters_{};
  SystemClock clock_;
  int wake_fd_ = -1;
  std::atomic<bool> awake_ = false;  // the descriptor has been written to
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::unique_ptr<detail::HubLoop> loop_;
  std::atomic<std::thread::id> io_thread_;
  std::thread thread_;
};

Result<std::unique_ptr<Hub>> Hub::start(HubOptions options, HubHandlers handlers) {
  if (!options.keys.empty()) {
    std::string public_key = DNSTORM_TRY(public_of(options.keys.secret_key));
    if (options.keys.public_key.empty()) options.keys.public_key = public_key;
    if (options.keys.public_key != public_key)
      return Error{ErrorKind::config, "the public and the secret key of this node are no pair", {}};
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handlers));
  DNSTORM_CHECK(impl->start());
  return std::unique_ptr<Hub>(new Hub(std::move(impl)));
}

Hub::Hub(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Hub::~Hub() = default;

Result<std::string> Hub::bind(const std::string& endpoint) {
  return impl_->call<Result<std::string>>([&](auto& loop) { return loop.bind(endpoint); });
}

Result<void> Hub::connect(const std::string& peer, const std::string& endpoint,
                          const std::string& key) {
  return impl_->call<Result<void>>([&](auto& loop) { return loop.connect(peer, endpoint, key); });
}

void Hub::disconnect(const std::string& peer) {
  if (impl_->on_io_thread()) return impl_->loop().disconnect(peer);
  impl_->post([this, peer] { impl_->loop().disconnect(peer); });
}

void Hub::allow(std::map<std::string, std::string> keys) {
  if (impl_->on_io_thread()) return impl_->loop().allow(keys);
  impl_->post([this, keys = std::move(keys)] { impl_->loop().allow(keys); });
}

void Hub::send(HubPeer to, Frame frame) {
  if (impl_->on_io_thread()) return impl_->loop().send(to, frame);
  impl_->post(
      [this, to = std::move(to), frame = std::move(frame)] { impl_->loop().send(to, frame); });
}

void Hub::post(std::function<void()> work) { impl_->post(std::move(work)); }
void Hub::wake() { impl_->wake(); }
bool Hub::on_io_thread() const { return impl_->on_io_thread(); }
HubStatistics Hub::statistics() const { return impl_->statistics(); }

std::string_view to_string(HubRefusal refusal) {
  constexpr std::array<std::string_view, hub_refusal_count> names = {
      "no_key",        "foreign_key", "foreign_identity", "bad_handshake", "unfinished_handshake",
      "closed_silent", "too_large",   "accept_failed"};
  return names[static_cast<std::size_t>(refusal)];
}

}  // namespace dnstorm::cluster
