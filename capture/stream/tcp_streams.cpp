#include "capture/stream/tcp_streams.hpp"

#include <tuple>

#include "capture/stream/framing.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::stream {

using packet::Chunk;
using packet::ChunkPool;
using packet::Datagram;
using packet::TcpHeader;

namespace {

constexpr std::size_t message_max = 2 + 65535;
// What frame_at() wants to see behind a message.
constexpr std::size_t look_ahead = 15;
constexpr std::size_t head_size = 14;

// Sequence numbers wrap (RFC 9293 3.4).
std::int32_t ahead_of(std::uint32_t seq, std::uint32_t other) {
  return static_cast<std::int32_t>(seq - other);
}

}  // namespace

struct TcpStreams::Call {
  std::uint32_t number;
  std::uint32_t group;
  Flow& flow;
  Half& half;
  const Datagram& ends;
  TimeNs now;
  MessageSink& sink;
  std::size_t messages = 0;
};

// Half of the memory is for connections, half for bytes that wait.
TcpStreams::TcpStreams(const Limits& limits)
    : limits_(limits),
      flows_max_(static_cast<std::uint32_t>(std::max<std::size_t>(
          limits.memory / 2 / limits.groups / decltype(flows_)::record_bytes(), 1))),
      chunks_max_(static_cast<std::uint32_t>(
          std::max<std::size_t>(limits.memory / 2 / limits.groups / sizeof(Chunk), 1))),
      flows_(limits.groups),
      chunks_held_(limits.groups) {}

TcpStreams::Key TcpStreams::key_of(std::uint32_t group, const Datagram& segment, bool& from_high) {
  from_high =
      std::tie(segment.src, segment.src_port) > std::tie(segment.dst, segment.dst_port);
  Key key{segment.src,      segment.dst,      segment.src_port,
          segment.dst_port, static_cast<std::uint16_t>(group), segment.v6};
  if (from_high) {
    std::swap(key.low, key.high);
    std::swap(key.low_port, key.high_port);
  }
  return key;
}

std::uint64_t TcpStreams::hash_of(const Key& key) const {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t ports =
      std::uint64_t{key.low_port} << 32 | std::uint64_t{key.high_port} << 16 | key.group;
  Wide product = Wide{packet::hosts_hash(key.low, key.high) ^ limits_.seed} *
                 (ports * 0x9e3779b97f4a7c15 | 1);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

bool TcpStreams::knows(std::uint32_t group, const Datagram& segment) const {
  bool from_high = false;
  Key key = key_of(group, segment, from_high);
  return flows_.find(hash_of(key), key) != flows_.none;
}

Taken TcpStreams::take(std::uint32_t group, const Datagram& segment, TimeNs now,
                       MessageSink& sink) {
  const TcpHeader& tcp = segment.tcp;
  bool from_high = false;
  Key key = key_of(group, segment, from_high);
  std::uint64_t hash = hash_of(key);
  std::uint32_t number = flows_.find(hash, key);
  if (number != flows_.none && packet::due_after(flows_.touched(number), limits_.idle_timeout) <= now) {
    ++counts_.expired;
    drop(number, sink);
    number = flows_.none;
  }
  bool opens = (tcp.flags & TcpHeader::syn) != 0;
  if (number == flows_.none) {
    if (!opens && tcp.length == 0) return Taken::control;  // nothing to learn from
    number = open_flow(key, hash, now, sink);
    if (!opens) ++counts_.joined;
  }
  Flow& flow = flows_[number];
  if (opens && (tcp.flags & TcpHeader::ack) == 0)
    begin(flow, number, segment, from_high, now, sink);
  else if (flow.handshake != Handshake::done)
    note_handshake(flow, segment, from_high, now);
  Call call{number, group, flow, flow.half[from_high], segment, now, sink};
  Taken taken = Taken::control;
  if (tcp.length != 0) taken = data(call, tcp.seq + (opens ? 1 : 0));
  if ((tcp.flags & TcpHeader::fin) != 0) call.half.ended = true;
  if ((tcp.flags & TcpHeader::rst) != 0 || (flow.half[0].ended && flow.half[1].ended))
    flow.closed = true;
  flows_.touch(number, list_of(flow), now);
  return taken;
}

std::uint32_t TcpStreams::open_flow(const Key& key, std::uint64_t hash, TimeNs now,
                                    MessageSink& sink) {
  if (flows_.count(key.group) >= flows_max_) {
    std::size_t list = idle_list;
    while (flows_.oldest(key.group, list) == flows_.none) ++list;
    ++(list == idle_list ? counts_.evicted_idle : counts_.evicted);
    drop(flows_.oldest(key.group, list), sink);
  }
  ++counts_.connections;
  next_expiry_ = std::min(next_expiry_, packet::due_after(now, limits_.idle_timeout));
  return flows_.add(hash, key, key.group, now);
}

// A SYN. The ports of an old connection may be used again.
void TcpStreams::begin(Flow& flow, std::uint32_t number, const Datagram& syn, bool from_high,
                       TimeNs now, MessageSink& sink) {
  if (flow.handshake != Handshake::none && flow.syn_seq == syn.tcp.seq &&
      flow.opener_high == from_high) {
    flow.repeated = true;
    return;
  }
  if (flow.spoke) flush(number, sink);
  Key key = flow.key;
  flow = Flow{};
  flow.key = key;
  flow.syn_time = now;
  flow.syn_seq = syn.tcp.seq;
  flow.handshake = Handshake::syn;
  flow.opener_high = from_high;
  Half& half = flow.half[from_high];
  half.base = half.next = syn.tcp.seq + 1;
  half.state = State::in_step;
}

void TcpStreams::note_handshake(Flow& flow, const Datagram& segment, bool from_high, TimeNs now) {
  const TcpHeader& tcp = segment.tcp;
  bool answers = (tcp.flags & TcpHeader::syn) != 0;
  if (answers) {
    Half& half = flow.half[from_high];
    if (half.state == State::silent) {
      half.base = half.next = tcp.seq + 1;
      half.state = State::in_step;
    }
    if (flow.handshake == Handshake::syn_ack) flow.repeated = true;
    if (flow.handshake != Handshake::syn || from_high == flow.opener_high) return;
    flow.syn_ack_seq = tcp.seq;
    flow.handshake = Handshake::syn_ack;
    return;
  }
  if (flow.handshake != Handshake::syn_ack || from_high != flow.opener_high ||
      (tcp.flags & TcpHeader::ack) == 0 || ahead_of(tcp.ack_number, flow.syn_ack_seq) <= 0)
    return;
  flow.handshake = Handshake::done;
  if (flow.repeated) return;
  auto us = (now - flow.syn_time) / ns_per_us;
  // 0 says that it was not measured.
  flow.rtt_us = static_cast<std::uint32_t>(std::clamp<DurationNs>(us, 1, 0xffffffff));
}

std::size_t TcpStreams::list_of(const Flow& flow) const {
  if (flow.half[0].pieces != 0 || flow.half[1].pieces != 0) return waiting_list;
  return flow.closed || !flow.spoke ? idle_list : open_list;
}

Taken TcpStreams::data(Call& call, std::uint32_t seq) {
  Half& half = call.half;
  const TcpHeader& tcp = call.ends.tcp;
  std::span<const std::uint8_t> bytes = call.ends.payload;
  std::uint32_t end = seq + tcp.length;
  bool cut = bytes.size() < tcp.length;
  call.flow.spoke = true;
  if (half.state == State::silent) {
    half.base = half.next = seq;
    half.state = State::seeking;
  }
  if (ahead_of(end, half.next) <= 0 && ahead_of(half.next, end) <= static_cast<int>(jump_max))
    return Taken::retransmission;
  std::int32_t ahead = ahead_of(seq, half.next);
  if (ahead < -static_cast<int>(jump_max) || ahead > static_cast<int>(jump_max)) {
    give_up_part(half, call.group);
    drop_chunks(half, call.group);
    half.state = State::seeking;
    half.base = half.next = seq;
    ++counts_.holes;
    ahead = 0;
  }
  if (ahead < 0) {
    bytes = bytes.subspan(std::min<std::size_t>(static_cast<std::size_t>(-ahead), bytes.size()));
    seq = half.next;
  }
  if (cut && ahead > 0) return Taken::cut;
  Taken taken = Taken::part;
  if (half.first != ChunkPool::none || (ahead > 0 && half.state == State::in_step))
    taken = keep(call, seq, bytes);
  else if (half.state == State::seeking)
    taken = seek(call, seq, bytes);
  else
    taken = direct(call, bytes);
  if (!cut) return taken;
  deliver_cut(call, end);
  return Taken::cut;
}

Taken TcpStreams::seek(Call& call, std::uint32_t seq, std::span<const std::uint8_t> bytes) {
  Half& half = call.half;
  std::size_t at = find_frame(bytes);
  counts_.junk_bytes += at;
  half.base = half.next = seq + static_cast<std::uint32_t>(at);
  if (at == bytes.size()) return Taken::junk;
  half.state = State::in_step;
  ++counts_.resynchronised;
  return direct(call, bytes.subspan(at));
}

// The usual way: nothing waits, and the bytes are the next ones.
Taken TcpStreams::direct(Call& call, std::span<const std::uint8_t> bytes) {
  Half& half = call.half;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::span<const std::uint8_t> rest = bytes.subspan(at);
    std::size_t size = 0;
    Frame frame = frame_at(rest, size);
    if (frame == Frame::unfinished) break;
    if (frame == Frame::whole) {
      emit(call, rest.subspan(2, size), false);
      at += 2 + size;
      continue;
    }
    std::size_t found = 1 + find_frame(rest.subspan(1));
    counts_.junk_bytes += found;
    at += found;
    if (at < bytes.size())
      ++counts_.resynchronised;
    else
      half.state = State::seeking;
  }
  half.base += static_cast<std::uint32_t>(at);
  half.next = half.base;
  std::span<const std::uint8_t> rest = bytes.subspan(at);
  std::uint32_t after = ChunkPool::none;
  if (!rest.empty()) {
    if (!store(call, after, half.next, rest))
      return lose(call, half.base + static_cast<std::uint32_t>(rest.size()));
    absorb(half);
  }
  if (call.messages != 0) return Taken::message;
  return rest.empty() ? Taken::junk : Taken::part;
}

// There is no room: what is there of this direction goes, and it is joined again behind `end`.
Taken TcpStreams::lose(Call& call, std::uint32_t end) {
  Half& half = call.half;
  ++counts_.unfinished;
  drop_chunks(half, call.group);
  half.base = half.next = end;
  half.state = State::seeking;
  return Taken::no_memory;
}

// Enters the bytes that are not there yet.
Taken TcpStreams::keep(Call& call, std::uint32_t seq, std::span<const std::uint8_t> bytes) {
  Half& half = call.half;
  std::uint32_t end = seq + static_cast<std::uint32_t>(bytes.size());
  std::uint32_t after = half.last;
  std::uint32_t reached = half.next;
  bool fresh = false;
  bool had_hole = half.ahead != 0;
  while (!bytes.empty()) {
    std::uint32_t follows = chunk_after(half, after);
    std::size_t size = bytes.size();
    if (follows != ChunkPool::none) {
      const Chunk& chunk = chunks_[follows];
      if (ahead_of(seq, chunk.at) >= 0) {
        auto there = static_cast<std::size_t>(std::max(ahead_of(chunk.end(), seq), 0));
        there = std::min(there, bytes.size());
        bytes = bytes.subspan(there);
        seq += static_cast<std::uint32_t>(there);
        after = follows;
        continue;
      }
      size = std::min<std::size_t>(size, chunk.at - seq);
    }
    if (!store(call, after, seq, bytes.first(size))) return lose(call, end);
    fresh = true;
    bytes = bytes.subspan(size);
    seq += static_cast<std::uint32_t>(size);
  }
  absorb(half);
  if (half.ahead != 0 && (!had_hole || half.next != reached)) half.hole_since = call.now;
  deliver(call);
  bool waited = half.ahead != 0 && packet::due_after(half.hole_since, limits_.hole_timeout) <= call.now;
  if (waited || half.ahead > ahead_max || half.pieces > pieces_max - ahead_max) skip_hole(call);
  if (call.messages != 0) return Taken::message;
  return fresh ? Taken::part : Taken::retransmission;
}

void TcpStreams::absorb(Half& half) {
  for (;;) {
    std::uint32_t follows = chunk_after(half, half.last);
    if (follows == ChunkPool::none || chunks_[follows].at != half.next) return;
    half.next = chunks_[follows].end();
    half.last = follows;
    --half.ahead;
  }
}

// Behind the chunk `after`, which becomes the last of those written to.
bool TcpStreams::store(Call& call, std::uint32_t& after, std::uint32_t seq,
                       std::span<const std::uint8_t> bytes) {
  Half& half = call.half;
  while (!bytes.empty()) {
    bool joins = after != ChunkPool::none && chunks_[after].end() == seq &&
                 chunks_[after].size < Chunk::capacity;
    if (!joins) {
      if (half.pieces == pieces_max || !make_room(call)) return false;
      std::uint32_t& link = after == ChunkPool::none ? half.first : chunks_[after].next;
      link = chunks_.take(seq, link);
      after = link;
      ++half.pieces;
      ++half.ahead;
      ++chunks_held_[call.group];
    }
    Chunk& chunk = chunks_[after];
    std::size_t size = std::min(bytes.size(), Chunk::capacity - chunk.size);
    std::memcpy(chunk.bytes.data() + chunk.size, bytes.data(), size);
    chunk.size = static_cast<std::uint16_t>(chunk.size + size);
    bytes = bytes.subspan(size);
    seq += static_cast<std::uint32_t>(size);
    if (after == half.last) half.next = seq;
  }
  return true;
}

// For one chunk more. False: no other connection of the group waits.
bool TcpStreams::make_room(Call& call) {
  while (chunks_held_[call.group] >= chunks_max_) {
    std::uint32_t oldest = flows_.oldest(call.group, waiting_list);
    if (oldest == call.number) oldest = flows_.younger(oldest);
    if (oldest == flows_.none) return false;
    ++counts_.evicted;
    drop(oldest, call.sink);
  }
  return true;
}

// The first bytes from `base` on, in one piece.
std::span<const std::uint8_t> TcpStreams::gather(const Half& half, std::size_t size) {
  if (scratch_.size() < message_max + look_ahead) scratch_.resize(message_max + look_ahead);
  std::uint32_t at = half.base;
  std::size_t done = 0;
  for (std::uint32_t c = half.first; done < size; c = chunks_[c].next) {
    const Chunk& chunk = chunks_[c];
    std::size_t from = at - chunk.at;
    std::size_t part = std::min<std::size_t>(size - done, chunk.size - from);
    std::memcpy(scratch_.data() + done, chunk.bytes.data() + from, part);
    done += part;
    at += static_cast<std::uint32_t>(part);
  }
  return {scratch_.data(), size};
}

// Hands on the messages that are complete among the chunks.
std::size_t TcpStreams::deliver(Call& call) {
  Half& half = call.half;
  for (;;) {
    std::size_t there = half.next - half.base;
    if (half.state == State::seeking && there != 0 && !seek_gathered(call, 0)) break;
    there = half.next - half.base;
    if (there < 2) break;
    std::span<const std::uint8_t> head = gather(half, std::min(there, head_size));
    std::size_t wanted = std::size_t{2} + load_be16(head.data());
    if (there >= wanted) head = gather(half, std::min(there, wanted + look_ahead));
    std::size_t size = 0;
    Frame frame = frame_at(head, size);
    if (frame == Frame::unfinished) break;
    if (frame == Frame::junk) {
      if (!seek_gathered(call, 1)) break;
      continue;
    }
    emit(call, head.subspan(2, size), false);
    consume(half, call.group, 2 + size);
  }
  return call.messages;
}

// Passes over what is no message among the chunks before the hole. False: there is none.
bool TcpStreams::seek_gathered(Call& call, std::size_t from) {
  Half& half = call.half;
  std::size_t there = half.next - half.base;
  std::size_t looked = std::min(there, message_max);
  std::span<const std::uint8_t> bytes = gather(half, looked);
  std::size_t at = from + find_frame(bytes.subspan(from));
  counts_.junk_bytes += at;
  consume(half, call.group, at);
  half.state = at == looked ? State::seeking : State::in_step;
  if (half.state == State::in_step) ++counts_.resynchronised;
  return half.state == State::in_step || at < there;
}

// The rest of the segment that ends at `end` was not captured: so much of a message is all there
// will be.
void TcpStreams::deliver_cut(Call& call, std::uint32_t end) {
  Half& half = call.half;
  std::size_t there = std::min<std::size_t>(half.next - half.base, message_max);
  if (half.state == State::in_step && there > 2) {
    emit(call, gather(half, there).subspan(2), true);
    consume(half, call.group, there);
  }
  drop_chunks(half, call.group);
  half.base = half.next = end;
  half.state = State::seeking;
}

void TcpStreams::consume(Half& half, std::uint32_t group, std::size_t size) {
  half.base += static_cast<std::uint32_t>(size);
  while (half.first != ChunkPool::none && ahead_of(chunks_[half.first].end(), half.base) <= 0) {
    std::uint32_t gone = half.first;
    half.first = chunks_[gone].next;
    chunks_.give_back(gone);
    --half.pieces;
    --chunks_held_[group];
  }
  if (half.base == half.next) half.last = ChunkPool::none;
}

void TcpStreams::give_up_part(Half& half, std::uint32_t group) {
  if (half.base == half.next) return;
  ++counts_.unfinished;
  consume(half, group, half.next - half.base);
}

void TcpStreams::skip_hole(Call& call) {
  Half& half = call.half;
  give_up_part(half, call.group);
  half.state = State::seeking;
  if (half.ahead == 0) return;
  ++counts_.holes;
  half.base = half.next = chunks_[half.first].at;
  half.hole_since = call.now;
  absorb(half);
  deliver(call);
}

void TcpStreams::drop_chunks(Half& half, std::uint32_t group) {
  for (std::uint32_t c = half.first; c != ChunkPool::none;) {
    std::uint32_t next = chunks_[c].next;
    chunks_.give_back(c);
    c = next;
  }
  chunks_held_[group] -= half.pieces;
  half.first = half.last = ChunkPool::none;
  half.pieces = half.ahead = 0;
}

// What lies behind holes is handed on; what is not complete is counted.
void TcpStreams::flush(std::uint32_t number, MessageSink& sink) {
  Flow& flow = flows_[number];
  std::uint32_t group = flows_.group(number);
  for (int high = 0; high < 2; ++high) {
    Half& half = flow.half[high];
    if (half.pieces == 0) continue;
    Datagram ends;
    ends.reset();
    ends.src = high == 1 ? flow.key.high : flow.key.low;
    ends.dst = high == 1 ? flow.key.low : flow.key.high;
    ends.src_port = high == 1 ? flow.key.high_port : flow.key.low_port;
    ends.dst_port = high == 1 ? flow.key.low_port : flow.key.high_port;
    ends.v6 = flow.key.v6;
    ends.has_ports = true;
    ends.protocol = 6;
    Call call{number, group, flow, half, ends, flows_.touched(number), sink};
    while (half.ahead != 0) skip_hole(call);
    give_up_part(half, group);
  }
}

void TcpStreams::drop(std::uint32_t number, MessageSink& sink) {
  flush(number, sink);
  flows_.erase(number);
}

void TcpStreams::expire(TimeNs now, MessageSink& sink) {
  if (now < next_expiry_) return;
  next_expiry_ = time_max;
  for (std::uint32_t group = 0; group < flows_.groups(); ++group) {
    for (std::size_t list = 0; list < list_count; ++list) {
      for (;;) {
        std::uint32_t oldest = flows_.oldest(group, list);
        if (oldest == flows_.none) break;
        TimeNs due = packet::due_after(flows_.touched(oldest), limits_.idle_timeout);
        if (due > now) {
          next_expiry_ = std::min(next_expiry_, due);
          break;
        }
        ++counts_.expired;
        drop(oldest, sink);
      }
    }
  }
}

void TcpStreams::emit(Call& call, std::span<const std::uint8_t> wire, bool cut) {
  ++call.messages;
  ++counts_.messages;
  call.sink.message(call.ends, call.now, wire, cut, call.flow.rtt_us);
}

}  // namespace dnstorm::capture::stream
