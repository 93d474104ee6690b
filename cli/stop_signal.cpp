#include "cli/stop_signal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace dnstorm::cli {

namespace {

// A pipe wakes whoever waits: the only thing a signal handler may safely do.
int wake_pipe[2] = {-1, -1};
std::atomic<bool> requested{false};

void on_signal(int number) {
  if (requested.exchange(true)) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  char byte = 1;
  [[maybe_unused]] auto written = write(wake_pipe[1], &byte, 1);
}

}  // namespace

void watch_stop_signals() {
  if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a bound on file sizes fails a write, as a full disk does
}

bool stop_requested() { return requested; }

void wait_for_stop(int milliseconds) {
  if (requested) return;
  pollfd descriptor{wake_pipe[0], POLLIN, 0};
  poll(&descriptor, 1, milliseconds);
}

}  // namespace dnstorm::cli
