// DNS messages out of TCP segments (RFC 7766), for both directions of many connections at once.
//
//   TcpStreams streams({.memory = 256 << 20, .groups = 128});
//   if (packet::decode(...) == Verdict::tcp) streams.take(group, segment, time, sink);
//
// Segments may come out of order, overlap (the bytes that came first count), be lost or come again;
// a message may be split anywhere, its length included, and a segment may hold many. Data of a SYN
// (RFC 7413) count. A stream that is joined in the middle, or that has lost a segment, goes on
// where a length and a header fit together; what is passed over is counted. A hole is given up when
// much has gathered behind it, or after `hole_timeout`.
//
// A message that lies within one segment which came in order is handed on where it is; others are
// put together in a buffer. The time from the first SYN to the acknowledgement of its SYN/ACK is
// measured (not if one of the two was sent again: Karn's rule).
//
// A pure state machine: time comes in. Memory is bounded, in equal parts for each group; what goes
// first are connections that only begin or have ended, then those that wait for nothing. All that
// is given up is counted. Allocates nothing once it has grown. Belongs to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "capture/packet/aging_table.hpp"
#include "capture/packet/chunk_pool.hpp"
#include "capture/packet/decode.hpp"

namespace dnstorm::capture::stream {

// Who gets the messages.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // `ends`: source, destination and ports of the side that sent it. `when`: the time of the segment
  // that completed it, or the last one of a connection that is given up. `cut`: the snap length cut
  // the rest off. `rtt_us` is 0 if it was not measured. `wire` holds during the call.
  virtual void message(const packet::Datagram& ends, TimeNs when,
                       std::span<const std::uint8_t> wire, bool cut, std::uint32_t rtt_us) = 0;
};

// What a segment did.
enum class Taken : std::uint8_t {
  message,         // it completed at least one
  part,            // its data are part of one that is not complete
  control,         // no data: handshake, acknowledgement, end
  retransmission,  // nothing but data that had come before
  junk,            // data that are no DNS, or belong to a message whose beginning is missing
  cut,             // the snap length cut its data
  no_memory        // there is no room for its data
};

class TcpStreams {
 public:
  struct Limits {
    std::size_t memory = std::size_t{256} << 20;  // bytes, of all groups
    std::uint32_t groups = 1;
    DurationNs idle_timeout = 60 * ns_per_s;
    DurationNs hole_timeout = 2 * ns_per_s;
    std::uint64_t seed = 0;  // of the table's hash; shows in no result
  };
  struct Counts {
    std::uint64_t messages = 0;
    std::uint64_t connections = 0;     // opened here, by a SYN or in the middle
    std::uint64_t joined = 0;          // of these: in the middle
    std::uint64_t expired = 0;         // given up by time
    std::uint64_t evicted_idle = 0;    // given up for room: only begun, or ended
    std::uint64_t evicted = 0;         // given up for room: open ones
    std::uint64_t holes = 0;           // segments that never came
    std::uint64_t unfinished = 0;      // messages of which a part was given up
    std::uint64_t junk_bytes = 0;      // passed over
    std::uint64_t resynchronised = 0;  // times that a message was found again
  };

  explicit TcpStreams(const Limits& limits);

  // `segment` as decode() gave it with Verdict::tcp.
  Taken take(std::uint32_t group, const packet::Datagram& segment, TimeNs now, MessageSink& sink);
  // Whether the connection of the segment is known.
  bool knows(std::uint32_t group, const packet::Datagram& segment) const;
  // Gives up connections that were silent for too long; what lies behind holes of theirs is handed
  // on. At time_max: all of them, and nothing is open behind it.
  void expire(TimeNs now, MessageSink& sink);

  const Counts& counts() const { return counts_; }
  std::size_t open() const { return flows_.size(); }
  std::size_t open(std::uint32_t group) const { return flows_.count(group); }
  std::size_t memory() const { return flows_.memory() + chunks_.memory() + scratch_.capacity(); }

  // Writer and reader are those of the engine's checkpoints (engine/api/state.hpp).
  template <class Writer>
  void save_group(std::uint32_t group, Writer& out) const;
  template <class Reader>
  bool restore_group(std::uint32_t group, Reader& in);

 private:
  // The lower end first.
  struct Key {
    IpAddress low, high;
    std::uint16_t low_port, high_port;
    std::uint16_t group;
    bool v6;
    friend bool operator==(const Key&, const Key&) = default;
  };
  enum class State : std::uint8_t { silent, seeking, in_step };
  // One direction. The chunks hold what is not yet in a message: without a gap from `base` to
  // `next`, then what lies behind holes.
  struct Half {
    std::uint32_t base = 0;  // sequence number of the first byte of the next message
    std::uint32_t next = 0;  // of the first byte that is missing
    std::uint32_t first = packet::ChunkPool::none;
    std::uint32_t last = packet::ChunkPool::none;  // the last chunk before `next`
    std::uint16_t pieces = 0;                      // chunks
    std::uint16_t ahead = 0;                       // of these: behind a hole
    State state = State::silent;
    bool ended = false;
    TimeNs hole_since = 0;
  };
  enum class Handshake : std::uint8_t { none, syn, syn_ack, done };
  struct Flow {
    Key key;
    Half half[2];  // sent by the low end, by the high end
    TimeNs syn_time = 0;
    std::uint32_t syn_seq = 0, syn_ack_seq = 0;
    std::uint32_t rtt_us = 0;
    Handshake handshake = Handshake::none;
    bool opener_high = false;  // who sent the SYN
    bool repeated = false;     // SYN or SYN/ACK came again
    bool spoke = false;        // data have been seen
    bool closed = false;
  };
  // In which order connections are given up for room.
  enum List : std::size_t { idle_list, open_list, waiting_list, list_count };
  static constexpr std::uint16_t ahead_max = 128;     // chunks behind a hole, a direction
  static constexpr std::uint16_t pieces_max = 512;    // chunks, a direction
  static constexpr std::uint32_t jump_max = 1 << 20;  // bytes by which a segment may be ahead

  struct Call;  // what belongs to one call of take()

  static Key key_of(std::uint32_t group, const packet::Datagram& segment, bool& from_high);
  std::uint64_t hash_of(const Key& key) const;
  std::uint32_t open_flow(const Key& key, std::uint64_t hash, TimeNs now, MessageSink& sink);
  void note_handshake(Flow& flow, const packet::Datagram& segment, bool from_high, TimeNs now);
  Taken data(Call& call, std::uint32_t seq);
  Taken direct(Call& call, std::span<const std::uint8_t> bytes);
  Taken seek(Call& call, std::uint32_t seq, std::span<const std::uint8_t> bytes);
  Taken keep(Call& call, std::uint32_t seq, std::span<const std::uint8_t> bytes);
  Taken lose(Call& call, std::uint32_t end);
  void absorb(Half& half);
  bool store(Call& call, std::uint32_t& after, std::uint32_t seq,
             std::span<const std::uint8_t> bytes);
  bool make_room(Call& call);
  std::size_t deliver(Call& call);
  bool seek_gathered(Call& call, std::size_t from);
  void deliver_cut(Call& call, std::uint32_t end);
  std::span<const std::uint8_t> gather(const Half& half, std::size_t size);
  void consume(Half& half, std::uint32_t group, std::size_t size);
  void give_up_part(Half& half, std::uint32_t group);
  void skip_hole(Call& call);
  void drop_chunks(Half& half, std::uint32_t group);
  void flush(std::uint32_t number, MessageSink& sink);
  void drop(std::uint32_t number, MessageSink& sink);
  void begin(Flow& flow, std::uint32_t number, const packet::Datagram& syn, bool from_high,
             TimeNs now, MessageSink& sink);
  std::size_t list_of(const Flow& flow) const;
  void emit(Call& call, std::span<const std::uint8_t> wire, bool cut);
  std::uint32_t chunk_after(const Half& half, std::uint32_t chunk) const {
    return chunk == packet::ChunkPool::none ? half.first : chunks_[chunk].next;
  }

  template <class Writer>
  void save_half(const Half& half, Writer& out) const;
  template <class Reader>
  bool restore_half(Half& half, std::uint32_t group, Reader& in);

  Limits limits_;
  std::uint32_t flows_max_;   // of a group
  std::uint32_t chunks_max_;  // of a group
  packet::AgingTable<Flow, list_count> flows_;
  packet::ChunkPool chunks_;
  std::vector<std::uint32_t> chunks_held_;  // by group
  std::vector<std::uint8_t> scratch_;
  TimeNs next_expiry_ = time_max;
  Counts counts_;
};

template <class Writer>
void TcpStreams::save_half(const Half& half, Writer& out) const {
  out.put(half.base);
  out.put(half.next);
  out.put(half.state);
  out.put(half.ended);
  out.put(half.hole_since);
  out.put(half.pieces);
  chunks_.save(half.first, out);
}

template <class Writer>
void TcpStreams::save_group(std::uint32_t group, Writer& out) const {
  out.put(flows_.count(group));
  for (std::size_t list = 0; list < list_count; ++list) {
    for (std::uint32_t n = flows_.oldest(group, list); n != flows_.none; n = flows_.younger(n)) {
      const Flow& flow = flows_[n];
      out.put(static_cast<std::uint8_t>(list));
      out.put(flows_.touched(n));
      for (std::uint8_t byte : flow.key.low.bytes) out.put(byte);
      for (std::uint8_t byte : flow.key.high.bytes) out.put(byte);
      out.put(flow.key.low_port);
      out.put(flow.key.high_port);
      out.put(flow.key.v6);
      out.put(flow.syn_time);
      out.put(flow.syn_seq);
      out.put(flow.syn_ack_seq);
      out.put(flow.rtt_us);
      out.put(flow.handshake);
      out.put(flow.opener_high);
      out.put(flow.repeated);
      out.put(flow.spoke);
      out.put(flow.closed);
      for (const Half& half : flow.half) save_half(half, out);
    }
  }
}

template <class Reader>
bool TcpStreams::restore_half(Half& half, std::uint32_t group, Reader& in) {
  half.base = in.template get<std::uint32_t>();
  half.next = in.template get<std::uint32_t>();
  half.state = in.template get<State>();
  half.ended = in.template get<bool>();
  half.hole_since = in.template get<TimeNs>();
  auto pieces = in.template get<std::uint16_t>();
  if (!in.ok() || half.state > State::in_step || pieces > pieces_max ||
      chunks_held_[group] + pieces > chunks_max_)
    return false;
  std::uint32_t at = half.base, tail = packet::ChunkPool::none;
  bool gap = false;
  for (std::uint16_t i = 0; i < pieces; ++i) {
    auto begin = in.template get<std::uint32_t>();
    auto bytes = in.get_bytes();
    bool first_early = i == 0 && static_cast<std::int32_t>(begin - at) <= 0;
    if (static_cast<std::int32_t>(begin - at) < 0 && !first_early) return false;
    gap = gap || static_cast<std::int32_t>(begin - half.next) >= 0;
    tail = chunks_.append(half.first, tail, begin, bytes);
    if (tail == packet::ChunkPool::none) return false;
    at = chunks_[tail].end();
    ++half.pieces;
    ++chunks_held_[group];
    if (gap) {
      ++half.ahead;
    } else {
      half.last = tail;
    }
  }
  std::uint32_t reached =
      half.last == packet::ChunkPool::none ? half.base : chunks_[half.last].end();
  return reached == half.next;
}

template <class Reader>
bool TcpStreams::restore_group(std::uint32_t group, Reader& in) {
  auto count = in.template get<std::uint32_t>();
  if (count > flows_max_ || flows_.count(group) != 0) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto list = in.template get<std::uint8_t>();
    auto touched = in.template get<TimeNs>();
    Key key{};
    for (std::uint8_t& byte : key.low.bytes) byte = in.template get<std::uint8_t>();
    for (std::uint8_t& byte : key.high.bytes) byte = in.template get<std::uint8_t>();
    key.low_port = in.template get<std::uint16_t>();
    key.high_port = in.template get<std::uint16_t>();
    key.group = static_cast<std::uint16_t>(group);
    key.v6 = in.template get<bool>();
    std::uint64_t hash = hash_of(key);
    if (!in.ok() || list >= list_count || flows_.find(hash, key) != flows_.none) return false;
    std::uint32_t number = flows_.add(hash, key, group, touched);
    Flow& flow = flows_[number];
    flow.syn_time = in.template get<TimeNs>();
    flow.syn_seq = in.template get<std::uint32_t>();
    flow.syn_ack_seq = in.template get<std::uint32_t>();
    flow.rtt_us = in.template get<std::uint32_t>();
    flow.handshake = in.template get<Handshake>();
    flow.opener_high = in.template get<bool>();
    flow.repeated = in.template get<bool>();
    flow.spoke = in.template get<bool>();
    flow.closed = in.template get<bool>();
    if (!in.ok() || flow.handshake > Handshake::done) return false;
    for (Half& half : flow.half)
      if (!restore_half(half, group, in)) return false;
    flows_.touch(number, list, touched);
    next_expiry_ = std::min(next_expiry_, touched);
  }
  return in.ok();
}

}  // namespace dnstorm::capture::stream
