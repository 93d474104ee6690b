// Packets that wait for their time. One owner, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <vector>

#include "capture/synth/damage.hpp"
#include "capture/synth/frame.hpp"
#include "capture/synth/noise.hpp"
#include "capture/synth/tcp_exchange.hpp"
#include "capture/synth/truth.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

enum class PacketKind : std::uint8_t {
  message,  // a datagram, or the fragment that completes one
  malformed,
  not_dns,
  segment,             // of a TCP exchange, which knows what is complete with it
  fragment,            // one that completes nothing
  fragment_duplicate,  // one that has come before
};

inline constexpr std::uint32_t no_attack = ~0U;

// Kept and filled again: no allocation in the long run. Which fields hold is told by the kind.
struct Packet {
  TimeNs time = 0;
  PacketKind kind = PacketKind::message;
  Damage damage{};
  Noise noise{};
  NoiseClass noise_class{};
  bool again = false;          // the tap's second sight of a datagram
  bool upstream = false;       // between a resolver and an authority, whatever the view
  bool opens = false;          // the first segment of an exchange
  std::uint32_t length = 0;    // on the wire
  std::uint32_t exchange = 0;  // of a segment
  std::uint32_t attack = no_attack;  // whose packet it is
  TcpSegment segment;
  Frame frame;
  Endpoints ends;
  Frame wire;  // the message that fragments carry; empty: it is in the frame
  MessageFacts facts;
};

// Packets by time; of equal times the one that was put in first.
class Timeline {
 public:
  Packet& add(TimeNs time) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(packets_.size()));
      packets_.push_back(std::make_unique<Packet>());
    }
    std::uint32_t slot = free_.back();
    free_.pop_back();
    order_.push({time, count_++, slot});
    packets_[slot]->time = time;
    packets_[slot]->attack = no_attack;
    packets_[slot]->upstream = false;
    return *packets_[slot];
  }
  bool due(TimeNs until) const { return !order_.empty() && order_.top().time <= until; }
  // The first packet; it stays as it is until the next add().
  const Packet& take() {
    std::uint32_t slot = order_.top().slot;
    order_.pop();
    free_.push_back(slot);
    return *packets_[slot];
  }

 private:
  struct Entry {
    TimeNs time;
    std::uint64_t number;
    std::uint32_t slot;
    bool operator<(const Entry& other) const {  // the queue's top is its greatest
      return time != other.time ? time > other.time : number > other.number;
    }
  };
  std::priority_queue<Entry> order_;
  std::vector<std::unique_ptr<Packet>> packets_;
  std::vector<std::uint32_t> free_;
  std::uint64_t count_ = 0;
};

}  // namespace dnstorm::capture::synth
