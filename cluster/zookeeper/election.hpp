// Takes part in the election of the leading coordinator: ElectionMachine with a session of
// ZooKeeper and a thread around it.
//
//   auto election = Election::start({"10.0.0.1:2181/dnstorm", "c1"}, [&](const ElectionEvent& e) {
//     loop.post([&, e] { ... });   // on the election's thread: pass it on
//   });
//   ... before each message: clock.steady_ns() < election->lead_until()
//
// Events may reach their thread late, when the process was stopped for a while; lead_until() does
// not. Leaving (the destructor) gives up the lead at once; a process that dies leaves when its
// session expires.
//
// In ZooKeeper, below the path of the address: election/SESSION-NAME-NUMBER, the candidates, and
// leader, whose data is the name of the one that leads.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cluster/zookeeper/election_machine.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

struct ElectionOptions {
  std::string servers;  // HOST:PORT,HOST:PORT/PATH
  std::string name;     // of this coordinator
  // What is asked for. Servers give at least two of their ticks: 4 s with the usual ones. A leader
  // that dies is noticed after it and at most one tick more.
  DurationNs session_timeout = 4 * ns_per_s;
};

class Election {
 public:
  using Listener = std::function<void(const ElectionEvent&)>;
  // Servers that do not answer are tried for ever. `clock` must outlive it.
  static std::unique_ptr<Election> start(ElectionOptions options, const Clock& clock,
                                         Listener listener);
  ~Election();

  // Any thread. time_min: it does not lead.
  TimeNs lead_until() const;

 private:
  struct State;
  explicit Election(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster
