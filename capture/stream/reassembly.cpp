// The bytes of one direction: what is the next, what waits, and which messages are complete.
#include "capture/stream/detail/call.hpp"
#include "capture/stream/framing.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::stream {

using detail::ahead_of;
using packet::Chunk;
using packet::ChunkPool;

namespace {

constexpr std::size_t message_max = 2 + 65535;
// What frame_at() wants to see behind a message.
constexpr std::size_t look_ahead = 15;
constexpr std::size_t head_size = 14;

}  // namespace

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
  bool waited =
      half.ahead != 0 && packet::due_after(half.hole_since, limits_.hole_timeout) <= call.now;
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

void TcpStreams::emit(Call& call, std::span<const std::uint8_t> wire, bool cut) {
  ++call.messages;
  ++counts_.messages;
  call.sink.message(call.ends, call.now, wire, cut, call.flow.rtt_us);
}

}  // namespace dnstorm::capture::stream
