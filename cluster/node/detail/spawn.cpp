#include "cluster/node/detail/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cluster/model/worker_words.hpp"

namespace dnstorm::cluster::detail {

namespace {

// Between fork and exec, in a process that had threads: only what is safe in a signal handler.
struct Child {
  std::vector<char*> argv;
  SpawnFiles files;
  pid_t parent = 0;
  int problem = -1;  // where errno goes if it does not come to exec

  [[noreturn]] void run() const {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::setpgid(0, 0);
    bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent && place_files();
    if (ready) ::execv(argv[0], argv.data());
    int number = errno;
    [[maybe_unused]] ssize_t written = ::write(problem, &number, sizeof number);
    ::_exit(127);
  }

  // First out of the way of the numbers that they are to have.
  bool place_files() const {
    constexpr int above = 10;
    int error = ::fcntl(files.error, F_DUPFD_CLOEXEC, above);
    int channel = ::fcntl(files.channel, F_DUPFD_CLOEXEC, above);
    int lease = ::fcntl(files.lease, F_DUPFD_CLOEXEC, above);
    int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    return ::dup2(nothing, 0) == 0 && ::dup2(nothing, 1) == 1 && ::dup2(error, 2) == 2 &&
           ::dup2(channel, worker_channel_file) == worker_channel_file &&
           ::dup2(lease, worker_lease_file) == worker_lease_file &&
           // Whatever a library has left open.
           ::close_range(worker_lease_file + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
  }
};

Error problem(const std::string& program, int number) {
  return {ErrorKind::unavailable,
          fmt::format("{}: cannot be started as a worker: {}", program, std::strerror(number)),
          {}};
}

// The number of the failure, if exec was not reached; 0: it was, and has closed the pipe.
int read_problem(int pipe) {
  int number = 0;
  ssize_t got = 0;
  do got = ::read(pipe, &number, sizeof number);
  while (got < 0 && errno == EINTR);
  return got == sizeof number ? number : 0;
}

// By number: glibc 2.36 declares these two functions for C only. Close-on-exec of itself.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

void kill_process(int pidfd) { ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0); }

Result<Spawned> spawn(const std::vector<std::string>& argv, const SpawnFiles& files) {
  std::vector<std::string> texts = argv;
  Child child;
  for (std::string& text : texts) child.argv.push_back(text.data());
  child.argv.push_back(nullptr);
  child.files = files;
  child.parent = ::getpid();
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return problem(argv[0], errno);
  // Above the numbers that the child gives away.
  child.problem = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  pid_t pid = ::fork();
  if (pid == 0) child.run();
  int failed = pid < 0 ? errno : 0;
  ::close(ends[1]);
  ::close(child.problem);
  if (pid > 0) failed = read_problem(ends[0]);
  ::close(ends[0]);
  int pidfd = pid > 0 ? open_pidfd(pid) : -1;
  if (pid > 0 && pidfd < 0 && failed == 0) failed = errno;
  if (failed == 0) return Spawned{pid, pidfd};
  if (pid > 0) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  if (pidfd >= 0) ::close(pidfd);
  return problem(argv[0], failed);
}

}  // namespace dnstorm::cluster::detail
