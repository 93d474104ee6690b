// The process of a worker: started, spoken with, ended for sure. Knows nothing of the node's
// machine; a shell of it hangs its events there.
//
//   auto process = Process::start(spec, events);   // argv runs, its words and its end come as
//   events process->set_lease(until);                     // until then it may run; it ends itself
//   after process->send(Word{WordKind::order, ...});
//
// The process finds its end of the socket pair (cluster/model/worker_words.hpp) at descriptor
// worker_channel_file and the memory with its lease (lease_page.hpp) at worker_lease_file; its
// standard error goes into a log file. It has a process group of its own, and the kernel kills it
// when the node's process ends, however that comes.
//
// Its destructor kills it and waits until it is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/model/worker_words.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

struct ProcessSpec {
  std::vector<std::string> argv;        // the first is a path
  TimeNs lease = time_min;              // set_lease(), at first
  std::string log;                      // file; its older parts are log.1, log.2, ...
  std::size_t log_bytes_max = 8 << 20;  // of one of them
  std::uint32_t log_files = 3;          // of them
};

// Called on a thread of the process; must not wait, and must not destroy it.
struct ProcessEvents {
  std::function<void(Word)> word;
  // It is gone for sure, and has said all that it had to say; the last event. "exited with code 1",
  // "was killed by signal 9 (Killed)".
  std::function<void(std::string how)> gone;
};

class Process {
 public:
  static Result<std::unique_ptr<Process>> start(const ProcessSpec& spec, ProcessEvents events);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Any thread; none of them waits.
  void send(const Word& word);
  void set_lease(TimeNs until);  // of Clock::steady_ns
  void kill();                   // at once
  std::int64_t pid() const;

 private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
