#include "cluster/node/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "cluster/model/lease_page.hpp"
#include "cluster/node/detail/log_file.hpp"
#include "cluster/node/detail/spawn.hpp"

namespace dnstorm::cluster {

namespace {

class File {
 public:
  File() = default;
  explicit File(int file) : file_(file) {}
  ~File() { close(); }
  File(File&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  int get() const { return file_; }
  bool is_open() const { return file_ >= 0; }
  void close() {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
  }

 private:
  int file_ = -1;
};

Error problem(const char* what) {
  return {ErrorKind::internal,
          fmt::format("a worker cannot be started: {}: {}", what, std::strerror(errno)),
          {}};
}

// "exited with code 1". Of a process that is gone; nobody else waits for it.
std::string how_it_ended(int pidfd) {
  siginfo_t about{};
  int waited = 0;
  do waited = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &about, WEXITED);
  while (waited != 0 && errno == EINTR);
  if (waited != 0) return fmt::format("has ended: {}", std::strerror(errno));
  if (about.si_code == CLD_EXITED) return fmt::format("exited with code {}", about.si_status);
  return fmt::format("was killed by signal {} ({})", about.si_status, ::strsignal(about.si_status));
}

}  // namespace

struct Process::State {
  State(const ProcessSpec& process, ProcessEvents to, LeasePage page, detail::LogFile file)
      : spec(process), events(std::move(to)), lease(std::move(page)), log(std::move(file)) {
    lease.set(spec.lease);
  }

  ProcessSpec spec;
  ProcessEvents events;
  LeasePage lease;
  detail::LogFile log;
  File channel;  // ours
  File errors;   // its standard error
  File wake;
  File pidfd;
  std::int64_t pid = 0;
  WordReader reader;
  std::mutex mutex;
  std::deque<std::string> outbox;  // guarded by it
  std::size_t sent = 0;            // of its first; likewise
  std::thread thread;

  static Result<std::unique_ptr<State>> make(const ProcessSpec& spec, ProcessEvents events);
  void run(File channel_end, File errors_end, std::promise<Result<void>>& started);
  Result<void> spawn(const File& channel_end, const File& errors_end);
  bool poll_once();
  void read_words();
  void read_errors();
  void write_words();
  void end_channel();
};

Result<std::unique_ptr<Process::State>> Process::State::make(const ProcessSpec& spec,
                                                             ProcessEvents events) {
  auto log = DNSTORM_TRY(detail::LogFile::open(spec.log, spec.log_bytes_max, spec.log_files));
  auto lease = DNSTORM_TRY(LeasePage::make());
  auto state = std::make_unique<State>(spec, std::move(events), std::move(lease), std::move(log));
  state->wake = File(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake.is_open()) return problem("eventfd");
  std::array<int, 2> channel{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel.data()) != 0)
    return problem("socketpair");
  state->channel = File(channel[0]);
  File channel_end(channel[1]);
  std::array<int, 2> errors{};
  if (::pipe2(errors.data(), O_CLOEXEC) != 0) return problem("pipe2");
  state->errors = File(errors[0]);
  File errors_end(errors[1]);
  // Ours only: the process may wait for us, we never wait for it.
  ::fcntl(state->channel.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(state->errors.get(), F_SETFL, O_NONBLOCK);
  std::promise<Result<void>> started;
  auto answer = started.get_future();
  state->thread = std::thread([&] {
    State& self = *state;
    self.run(std::move(channel_end), std::move(errors_end), started);
  });
  auto how = answer.get();
  if (!how.ok()) {
    state->thread.join();
    return std::move(how.error());
  }
  return state;
}

// The thread that starts it is the one that sees it end: its own end would kill the process.
void Process::State::run(File channel_end, File errors_end, std::promise<Result<void>>& started) {
  auto spawned = spawn(channel_end, errors_end);
  channel_end.close();
  errors_end.close();
  bool runs = spawned.ok();
  started.set_value(std::move(spawned));
  if (!runs) return;
  while (poll_once()) {
  }
  read_words();
  read_errors();
  events.gone(how_it_ended(pidfd.get()));
}

Result<void> Process::State::spawn(const File& channel_end, const File& errors_end) {
  auto spawned =
      DNSTORM_TRY(detail::spawn(spec.argv, {errors_end.get(), channel_end.get(), lease.file()}));
  pid = spawned.pid;
  pidfd = File(spawned.pidfd);
  return {};
}

// False: it has ended.
bool Process::State::poll_once() {
  short channel_events = POLLIN;
  {
    std::lock_guard lock(mutex);
    if (!outbox.empty()) channel_events |= POLLOUT;
  }
  // poll() passes over what is closed (-1).
  std::array<pollfd, 4> files{pollfd{pidfd.get(), POLLIN, 0}, pollfd{wake.get(), POLLIN, 0},
                              pollfd{channel.get(), channel_events, 0},
                              pollfd{errors.get(), POLLIN, 0}};
  if (::poll(files.data(), files.size(), -1) < 0) return true;  // EINTR
  if (files[1].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] ssize_t got = ::read(wake.get(), &count, sizeof count);
  }
  if ((files[2].revents & POLLOUT) != 0) write_words();
  if ((files[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0) read_words();
  if (files[3].revents != 0) read_errors();
  return files[0].revents == 0;
}

// A process that does not speak with its node any more is of no use, and might do harm.
void Process::State::end_channel() {
  channel.close();
  detail::kill_process(pidfd.get());
}

void Process::State::read_words() {
  std::array<char, 65'536> bytes{};
  while (channel.is_open()) {
    ssize_t got = ::read(channel.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return end_channel();
    reader.add({bytes.data(), static_cast<std::size_t>(got)});
    while (auto word = reader.next()) events.word(std::move(*word));
    if (reader.broken()) return end_channel();
  }
}

void Process::State::read_errors() {
  std::array<char, 16'384> bytes{};
  while (errors.is_open()) {
    ssize_t got = ::read(errors.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return errors.close();
    log.add({bytes.data(), static_cast<std::size_t>(got)});
  }
}

void Process::State::write_words() {
  std::lock_guard lock(mutex);
  while (!outbox.empty()) {
    const std::string& first = outbox.front();
    ssize_t taken = ::send(channel.get(), first.data() + sent, first.size() - sent, MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) return;  // later; or it is gone, which reading tells
    sent += static_cast<std::size_t>(taken);
    if (sent < first.size()) continue;
    outbox.pop_front();
    sent = 0;
  }
}

Process::Process(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Process>> Process::start(const ProcessSpec& spec, ProcessEvents events) {
  auto state = DNSTORM_TRY(State::make(spec, std::move(events)));
  return std::unique_ptr<Process>(new Process(std::move(state)));
}

Process::~Process() {
  kill();
  state_->thread.join();
}

void Process::send(const Word& word) {
  {
    std::lock_guard lock(state_->mutex);
    state_->outbox.push_back(to_bytes(word));
  }
  std::uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(state_->wake.get(), &one, sizeof one);
}

void Process::set_lease(TimeNs until) { state_->lease.set(until); }

void Process::kill() { detail::kill_process(state_->pidfd.get()); }

std::int64_t Process::pid() const { return state_->pid; }

}  // namespace dnstorm::cluster
