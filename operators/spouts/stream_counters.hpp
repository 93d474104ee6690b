// What `decode` tells of TCP connections and of fragments, beside the classes of packets: counters
// of its task (tcp.*, fragments.*), brought up to date with what has been counted since last time,
// so that a run that goes on from a checkpoint goes on counting.
#pragma once

#include <array>

#include "capture/packet/fragments.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "engine/api/task_context.hpp"

namespace dnstorm::operators {

class StreamCounters {
 public:
  void open(const TaskContext& task);
  void publish(const capture::stream::TcpStreams& streams);
  void publish(const capture::packet::Fragments& fragments);

 private:
  struct Told {
    Counter* counter = nullptr;
    std::uint64_t value = 0;
    void set(std::uint64_t now) {
      if (now != value) counter->add(now - value);
      value = now;
    }
  };
  std::array<Told, 10> tcp_;
  std::array<Told, 3> fragments_;
};

}  // namespace dnstorm::operators
