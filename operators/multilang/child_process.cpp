#include "operators/multilang/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <utility>

namespace dnstorm::operators {

namespace {

constexpr std::size_t read_at_once = std::size_t{64} << 10;
constexpr std::size_t read_a_call = std::size_t{1} << 20;

struct Pipe {
  FileDescriptor read, write;
};

Error system_error(std::string_view what, int number) {
  return {ErrorKind::unavailable, fmt::format("{}: {}", what, std::strerror(number)), {}};
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("no pipe to a child", errno);
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

void set_nonblocking(const FileDescriptor& end) {
  ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

// A write to a child that has gone must be an error, not the end of this process; what other
// threads and libraries do with the signal is theirs.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~NoBrokenPipe() {
    if (broken_) {
      timespec none{};
      ::sigtimedwait(&signal_, nullptr, &none);
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;
  void broken() { broken_ = true; }

 private:
  sigset_t signal_{};
  sigset_t before_{};
  bool broken_ = false;
};

std::vector<std::string> merged_environment(const std::vector<std::string>& over) {
  std::map<std::string, std::string> variables;
  auto add = [&](const std::string& text) { variables[text.substr(0, text.find('='))] = text; };
  for (char** variable = environ; *variable != nullptr; ++variable) add(*variable);
  for (const std::string& variable : over) add(variable);
  std::vector<std::string> merged;
  for (auto& [name, text] : variables) merged.push_back(std::move(text));
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The three ends of the child; its own group, so that it can be killed with all that it starts and
// Ctrl-C reaches dnstorm only; signals as a fresh process has them.
int spawn(pid_t& pid, const ProcessSpec& spec, const std::array<int, 3>& ends) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  if (!spec.directory.empty())
    ::posix_spawn_file_actions_addchdir_np(&actions, spec.directory.c_str());
  for (int i = 0; i < 3; ++i)
    ::posix_spawn_file_actions_adddup2(&actions, ends[static_cast<std::size_t>(i)], i);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes,
      static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  std::vector<std::string> command = spec.command;
  std::vector<std::string> environment = merged_environment(spec.environment);
  int problem = ::posix_spawnp(&pid, command[0].c_str(), &actions, &attributes,
                               pointers(command).data(), pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return problem;
}

}  // namespace

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string ChildProcess::Exit::text() const {
  if (signal != 0) return fmt::format("was ended by signal {} ({})", signal, ::strsignal(signal));
  return fmt::format("ended with exit code {}", code);
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const ProcessSpec& spec) {
  Pipe input = DNSTORM_TRY(make_pipe());
  Pipe output = DNSTORM_TRY(make_pipe());
  Pipe errors = DNSTORM_TRY(make_pipe());
  std::unique_ptr<ChildProcess> child(new ChildProcess);
  int problem =
      spawn(child->pid_, spec, {input.read.get(), output.write.get(), errors.write.get()});
  if (problem != 0) {
    child->pid_ = -1;
    return Error{ErrorKind::config,
                 fmt::format("cannot start '{}': {}: correct `command`", spec.command[0],
                             std::strerror(problem)),
                 "command"};
  }
  child->input_ = std::move(input.write);
  child->output_ = std::move(output.read);
  child->errors_ = std::move(errors.read);
  // By its number: the header of glibc 2.36 declares the function as one of C++.
  child->ended_ = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, child->pid_, 0)));
  if (!child->ended_.open()) return system_error("cannot watch a child", errno);
  set_nonblocking(child->input_);
  set_nonblocking(child->output_);
  set_nonblocking(child->errors_);
  return child;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  kill();
  if (!exit_) ::waitpid(pid_, nullptr, 0);
}

// While the child is not waited for, its number belongs to no other process or group.
void ChildProcess::kill() {
  if (pid_ >= 0 && !exit_) ::kill(-pid_, SIGKILL);
}

void ChildProcess::wait(bool to_write, DurationNs at_most) {
  // A negative descriptor is not looked at.
  bool ended = exit_.has_value();
  pollfd ends[] = {{to_write ? input_.get() : -1, POLLOUT, 0},
                   {output_.get(), POLLIN, 0},
                   {errors_.get(), POLLIN, 0},
                   {ended ? -1 : ended_.get(), POLLIN, 0}};
  timespec time{at_most / ns_per_s, at_most % ns_per_s};
  ::ppoll(ends, std::size(ends), &time, nullptr);
}

std::size_t ChildProcess::write(std::string_view bytes) {
  if (!input_.open()) return bytes.size();
  NoBrokenPipe guard;
  for (;;) {
    ssize_t written = ::write(input_.get(), bytes.data(), bytes.size());
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return 0;
    // What it has still to say is read to the end; that tells more than this.
    if (errno == EPIPE) guard.broken();
    input_.close();
    return bytes.size();
  }
}

bool ChildProcess::read(FileDescriptor& from, std::string& into) {
  std::array<char, read_at_once> buffer;
  for (std::size_t total = 0; from.open() && total < read_a_call;) {
    ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(count));
      total += static_cast<std::size_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    from.close();
  }
  return from.open();
}

const std::optional<ChildProcess::Exit>& ChildProcess::exit() {
  if (exit_) return exit_;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_)
    return exit_;
  // Those that it has started go with it, while the number of the group is still theirs.
  ::kill(-pid_, SIGKILL);
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
  bool by_itself = info.si_code == CLD_EXITED;
  exit_ = Exit{by_itself ? info.si_status : 0, by_itself ? 0 : info.si_status};
  return exit_;
}

}  // namespace dnstorm::operators
