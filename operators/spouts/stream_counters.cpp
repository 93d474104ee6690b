#include "operators/spouts/stream_counters.hpp"

namespace dnstorm::operators {

void StreamCounters::open(const TaskContext& task) {
  static constexpr const char* tcp[] = {
      "tcp.messages", "tcp.connections", "tcp.joined",     "tcp.expired",    "tcp.evicted_idle",
      "tcp.evicted",  "tcp.holes",       "tcp.unfinished", "tcp.junk_bytes", "tcp.resynchronised"};
  static constexpr const char* fragments[] = {"fragments.completed", "fragments.expired",
                                              "fragments.evicted"};
  for (std::size_t i = 0; i < tcp_.size(); ++i) tcp_[i].counter = &task.counter(tcp[i]);
  for (std::size_t i = 0; i < fragments_.size(); ++i)
    fragments_[i].counter = &task.counter(fragments[i]);
}

void StreamCounters::publish(const capture::stream::TcpStreams& streams) {
  const auto& c = streams.counts();
  const std::uint64_t now[] = {c.messages,     c.connections,   c.joined, c.expired,
                               c.evicted_idle, c.evicted,       c.holes,  c.unfinished,
                               c.junk_bytes,   c.resynchronised};
  for (std::size_t i = 0; i < tcp_.size(); ++i) tcp_[i].set(now[i]);
}

void StreamCounters::publish(const capture::packet::Fragments& fragments) {
  const auto& c = fragments.counts();
  const std::uint64_t now[] = {c.completed, c.expired, c.evicted};
  for (std::size_t i = 0; i < fragments_.size(); ++i) fragments_[i].set(now[i]);
}

}  // namespace dnstorm::operators
