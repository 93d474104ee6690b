// Puts IP packets together again from their fragments (RFC 791, RFC 8200 4.5).
//
//   Fragments fragments({.memory = 32 << 20, .groups = 128});
//   if (decode(...) == Verdict::fragment &&
//       fragments.add(group, datagram, time, whole) == Fragments::Added::complete)
//     decode_payload(whole, datagram);
//
// Fragments that overlap make the whole packet invalid, for IPv6 as RFC 5722 asks and for IPv4
// alike: which bytes count would be a guess. A fragment that comes again as it was is ignored. What
// a packet waits for longer than `timeout`, and what the memory has no room for (the oldest goes
// first), is given up and counted.
//
// A pure state machine: time comes in. The bounds are those of each group, in equal parts; packets
// are told apart by addresses, id, protocol and group. Belongs to one thread.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "capture/packet/aging_table.hpp"
#include "capture/packet/chunk_pool.hpp"
#include "capture/packet/decode.hpp"

namespace dnstorm::capture::packet {

class Fragments {
 public:
  struct Limits {
    std::size_t memory = std::size_t{32} << 20;  // bytes, of all groups
    std::uint32_t groups = 1;
    DurationNs timeout = 30 * ns_per_s;
  };
  enum class Added : std::uint8_t {
    kept,
    complete,
    duplicate,
    overlap,     // the packet is given up, and so is what follows of it
    impossible,  // an offset or length that no packet can have
    cut,         // by the snap length: the packet is given up
    no_memory    // there is no room for its group's bytes
  };
  struct Counts {
    std::uint64_t completed = 0;  // packets
    std::uint64_t expired = 0;    // unfinished packets given up by time
    std::uint64_t evicted = 0;    // unfinished packets given up for room
  };

  explicit Fragments(const Limits& limits);

  // `fragment` as decode() gave it with Verdict::fragment. Complete: `whole` is the payload of the
  // packet until the next call, and `fragment` has the first fragment's protocol and TTL.
  Added add(std::uint32_t group, Datagram& fragment, TimeNs now,
            std::span<const std::uint8_t>& whole);
  // Gives up what has waited too long.
  void expire(TimeNs now);

  const Counts& counts() const { return counts_; }
  std::size_t open() const { return packets_.size(); }
  std::size_t open(std::uint32_t group) const { return packets_.count(group); }
  std::size_t memory() const { return packets_.memory() + chunks_.memory() + whole_.capacity(); }

  // Writer and reader are those of the engine's checkpoints (engine/api/state.hpp).
  template <class Writer>
  void save_group(std::uint32_t group, Writer& out) const;
  template <class Reader>
  bool restore_group(std::uint32_t group, Reader& in);

 private:
  struct Key {
    IpAddress src, dst;
    std::uint32_t id;
    std::uint16_t group;
    std::uint8_t protocol;  // of IPv4; an IPv6 packet is known without
    bool v6;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Packet {
    Key key;
    std::uint32_t first = ChunkPool::none;
    std::uint32_t held = 0;   // bytes
    std::uint32_t total = 0;  // 0: the last fragment has not come yet
    std::uint16_t pieces = 0;
    std::uint8_t protocol = 0, ttl = 0;  // of the first fragment
    bool dead = false;                   // given up; stays to swallow what follows
  };
  // Bytes of one packet may come in at most so many chunks: no walk is longer.
  static constexpr std::uint16_t pieces_max = 1024;

  static std::uint64_t hash_of(const Key& key);
  std::uint32_t open_packet(const Key& key, std::uint32_t group, TimeNs now);
  Added place(std::uint32_t number, const Datagram& fragment);
  bool store(std::uint32_t number, std::uint32_t after, std::uint32_t at,
             std::span<const std::uint8_t> bytes);
  bool make_room(std::uint32_t group, std::uint32_t keep);
  std::span<const std::uint8_t> assemble(Packet& packet);
  void kill(std::uint32_t number);
  void drop(std::uint32_t number);
  void release_chunks(std::uint32_t number);

  Limits limits_;
  std::uint32_t packets_max_;  // of a group
  std::uint32_t chunks_max_;   // of a group
  AgingTable<Packet, 1> packets_;
  ChunkPool chunks_;
  std::vector<std::uint32_t> chunks_held_;  // by group
  std::vector<std::uint8_t> whole_;
  TimeNs next_expiry_;
  Counts counts_;
};

template <class Writer>
void Fragments::save_group(std::uint32_t group, Writer& out) const {
  out.put(packets_.count(group));
  for (std::uint32_t n = packets_.oldest(group, 0); n != packets_.none; n = packets_.younger(n)) {
    const Packet& packet = packets_[n];
    out.put(packets_.touched(n));
    auto ip = [&](const IpAddress& address) {
      for (std::uint8_t byte : address.bytes) out.put(byte);
    };
    ip(packet.key.src);
    ip(packet.key.dst);
    out.put(packet.key.id);
    out.put(packet.key.protocol);
    out.put(packet.key.v6);
    out.put(packet.total);
    out.put(packet.protocol);
    out.put(packet.ttl);
    out.put(packet.dead);
    out.put(packet.pieces);
    chunks_.save(packet.first, out);
  }
}

template <class Reader>
bool Fragments::restore_group(std::uint32_t group, Reader& in) {
  auto count = in.template get<std::uint32_t>();
  if (count > packets_max_ || packets_.count(group) != 0) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto touched = in.template get<TimeNs>();
    Key key{};
    for (std::uint8_t& byte : key.src.bytes) byte = in.template get<std::uint8_t>();
    for (std::uint8_t& byte : key.dst.bytes) byte = in.template get<std::uint8_t>();
    key.id = in.template get<std::uint32_t>();
    key.group = static_cast<std::uint16_t>(group);
    key.protocol = in.template get<std::uint8_t>();
    key.v6 = in.template get<bool>();
    if (!in.ok() || packets_.find(hash_of(key), key) != packets_.none) return false;
    std::uint32_t number = packets_.add(hash_of(key), key, group, touched);
    Packet& packet = packets_[number];
    packet.total = in.template get<std::uint32_t>();
    packet.protocol = in.template get<std::uint8_t>();
    packet.ttl = in.template get<std::uint8_t>();
    packet.dead = in.template get<bool>();
    auto pieces = in.template get<std::uint16_t>();
    if (pieces > pieces_max || chunks_held_[group] + pieces > chunks_max_) return false;
    std::uint32_t last = ChunkPool::none;
    for (std::uint16_t p = 0; p < pieces; ++p) {
      auto at = in.template get<std::uint32_t>();
      auto bytes = in.get_bytes();
      std::uint32_t before = last == ChunkPool::none ? 0 : chunks_[last].end();
      if (at < before || at > 65535) return false;
      last = chunks_.append(packet.first, last, at, bytes);
      if (last == ChunkPool::none) return false;
      packet.held += chunks_[last].size;
      ++packet.pieces;
      ++chunks_held_[group];
    }
    if (packet.total != 0 && last != ChunkPool::none && chunks_[last].end() > packet.total)
      return false;
    next_expiry_ = std::min(next_expiry_, due_after(touched, limits_.timeout));
  }
  return in.ok();
}

}  // namespace dnstorm::capture::packet
