// Hands on what the timeline gives, packet by packet or message by message, and counts it for the
// truth. One owner, one thread.
#pragma once

#include <vector>

#include "capture/synth/generator.hpp"
#include "capture/synth/tcp_exchange.hpp"
#include "capture/synth/timeline.hpp"
#include "capture/synth/truth.hpp"

namespace dnstorm::capture::synth {

class Recorder {
 public:
  // One of the sinks is null. All must outlive the recorder.
  Recorder(const Options& options, const PacketSink* packets, const MessageSink* messages,
           TcpExchanges& exchanges)
      : options_(options),
        packets_(packets),
        messages_(messages),
        exchanges_(exchanges),
        truth_(options.count_names) {}

  bool full() const { return options_.packets && truth_.packets() >= *options_.packets; }
  Result<void> take(const Packet& packet);
  // Behind the last packet, to be called once, with what is known of the attacks.
  Truth finish(std::vector<AttackTruth> attacks);

 private:
  Result<void> take_packet(const Packet& packet);
  Result<void> take_message(const Packet& packet);
  void count_attack(const Packet& packet);
  Result<void> take_segment(const Packet& packet);
  Result<void> write(TimeNs time, const Endpoints& ends, const MessageFacts& facts, ByteSpan wire,
                     bool upstream = false);

  const Options& options_;
  const PacketSink* packets_;
  const MessageSink* messages_;
  TcpExchanges& exchanges_;
  Truth truth_;
  std::vector<TcpMessage> complete_;
};

}  // namespace dnstorm::capture::synth
