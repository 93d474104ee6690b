#include "capture/stream/tcp_streams.hpp"

#include <tuple>

#include "capture/stream/detail/call.hpp"

namespace dnstorm::capture::stream {

using detail::ahead_of;
using packet::Chunk;
using packet::ChunkPool;
using packet::Datagram;
using packet::TcpHeader;

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
  from_high = std::tie(segment.src, segment.src_port) > std::tie(segment.dst, segment.dst_port);
  Key key{segment.src,
          segment.dst,
          segment.src_port,
          segment.dst_port,
          static_cast<std::uint16_t>(group),
          segment.v6};
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
  Wide product =
      Wide{packet::hosts_hash(key.low, key.high) ^ limits_.seed} * (ports * 0x9e3779b97f4a7c15 | 1);
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
  if (number != flows_.none &&
      packet::due_after(flows_.touched(number), limits_.idle_timeout) <= now) {
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

}  // namespace dnstorm::capture::stream
