#include "capture/packet/fragments.hpp"

namespace dnstorm::capture::packet {

namespace {
constexpr std::uint32_t packet_bytes_max = 65535;
}

// Half of the memory is for packets, half for their bytes.
Fragments::Fragments(const Limits& limits)
    : limits_(limits),
      packets_max_(static_cast<std::uint32_t>(std::max<std::size_t>(
          limits.memory / 2 / limits.groups / decltype(packets_)::record_bytes(), 1))),
      chunks_max_(static_cast<std::uint32_t>(
          std::max<std::size_t>(limits.memory / 2 / limits.groups / sizeof(Chunk), 1))),
      packets_(limits.groups),
      chunks_held_(limits.groups),
      next_expiry_(time_max) {}

std::uint64_t Fragments::hash_of(const Key& key) {
  std::uint64_t hash = hosts_hash(key.src, key.dst) ^ (std::uint64_t{key.id} << 32 | key.group);
  hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

std::uint32_t Fragments::open_packet(const Key& key, std::uint32_t group, TimeNs now) {
  std::uint64_t hash = hash_of(key);
  std::uint32_t number = packets_.find(hash, key);
  if (number != packets_.none && due_after(packets_.touched(number), limits_.timeout) <= now) {
    if (!packets_[number].dead) ++counts_.expired;
    drop(number);
    number = packets_.none;
  }
  if (number != packets_.none) return number;
  if (packets_.count(group) >= packets_max_) {
    std::uint32_t oldest = packets_.oldest(group, 0);
    if (!packets_[oldest].dead) ++counts_.evicted;
    drop(oldest);
  }
  // The time of a packet is that of its first fragment: nothing extends it.
  next_expiry_ = std::min(next_expiry_, due_after(now, limits_.timeout));
  return packets_.add(hash, key, group, now);
}

Fragments::Added Fragments::add(std::uint32_t group, Datagram& fragment, TimeNs now,
                                std::span<const std::uint8_t>& whole) {
  const FragmentHeader& header = fragment.fragment;
  std::size_t end = header.offset + fragment.payload.size();
  if (!header.cut && (end > packet_bytes_max || fragment.payload.empty() ||
                      (header.more && fragment.payload.size() % 8 != 0)))
    return Added::impossible;
  Key key{fragment.src,
          fragment.dst,
          header.id,
          static_cast<std::uint16_t>(group),
          fragment.v6 ? std::uint8_t{0} : fragment.protocol,
          fragment.v6};
  std::uint32_t number = open_packet(key, group, now);
  if (header.cut) {
    kill(number);
    return Added::cut;
  }
  Added added = place(number, fragment);
  Packet& packet = packets_[number];
  if (added != Added::kept) {
    if (added != Added::duplicate) kill(number);
    return added;
  }
  if (header.offset == 0) {
    packet.protocol = fragment.protocol;
    packet.ttl = fragment.ttl;
  }
  if (packet.held != packet.total) return Added::kept;
  fragment.protocol = packet.protocol;
  fragment.ttl = packet.ttl;
  whole = assemble(packet);
  ++counts_.completed;
  drop(number);
  return Added::complete;
}

// Enters the bytes where they belong, if they touch nothing that is there.
Fragments::Added Fragments::place(std::uint32_t number, const Datagram& fragment) {
  Packet& packet = packets_[number];
  if (packet.dead) return Added::overlap;
  std::uint32_t begin = fragment.fragment.offset;
  auto end = static_cast<std::uint32_t>(begin + fragment.payload.size());
  std::uint32_t before = ChunkPool::none;
  std::uint32_t after = packet.first;
  while (after != ChunkPool::none && chunks_[after].end() <= begin) {
    before = after;
    after = chunks_[after].next;
  }
  if (after != ChunkPool::none && chunks_[after].at < end) {
    // The same bytes once more, in the same chunks, are a repetition.
    for (std::uint32_t at = begin; at < end; after = chunks_[after].next) {
      if (after == ChunkPool::none || chunks_[after].at != at || chunks_[after].end() > end)
        return Added::overlap;
      const Chunk& chunk = chunks_[after];
      if (std::memcmp(chunk.bytes.data(), fragment.payload.data() + (at - begin), chunk.size) != 0)
        return Added::overlap;
      at = chunk.end();
    }
    return Added::duplicate;
  }
  bool last = !fragment.fragment.more;
  bool behind_the_end = packet.total != 0 && (end > packet.total || last);
  bool before_others = last && after != ChunkPool::none;
  if (behind_the_end || before_others) return Added::overlap;
  if (!store(number, before, begin, fragment.payload)) return Added::no_memory;
  if (last) packets_[number].total = end;
  return Added::kept;
}

bool Fragments::store(std::uint32_t number, std::uint32_t after, std::uint32_t at,
                      std::span<const std::uint8_t> bytes) {
  std::uint32_t group = packets_.group(number);
  while (!bytes.empty()) {
    if (packets_[number].pieces == pieces_max || !make_room(group, number)) return false;
    Packet& packet = packets_[number];
    std::uint32_t& link = after == ChunkPool::none ? packet.first : chunks_[after].next;
    std::uint32_t id = chunks_.take(at, link);
    // take() may have grown the pool, but a slab never moves.
    link = id;
    std::size_t size = std::min(bytes.size(), Chunk::capacity);
    std::memcpy(chunks_[id].bytes.data(), bytes.data(), size);
    chunks_[id].size = static_cast<std::uint16_t>(size);
    bytes = bytes.subspan(size);
    at += static_cast<std::uint32_t>(size);
    packet.held += static_cast<std::uint32_t>(size);
    ++packet.pieces;
    ++chunks_held_[group];
    after = id;
  }
  return true;
}

// For one chunk more: the oldest packets of the group go. False: there is none but `keep`.
bool Fragments::make_room(std::uint32_t group, std::uint32_t keep) {
  while (chunks_held_[group] >= chunks_max_) {
    std::uint32_t oldest = packets_.oldest(group, 0);
    if (oldest == keep) oldest = packets_.younger(oldest);
    if (oldest == packets_.none) return false;
    if (!packets_[oldest].dead) ++counts_.evicted;
    drop(oldest);
  }
  return true;
}

std::span<const std::uint8_t> Fragments::assemble(Packet& packet) {
  whole_.resize(packet_bytes_max);
  for (std::uint32_t c = packet.first; c != ChunkPool::none; c = chunks_[c].next)
    std::memcpy(whole_.data() + chunks_[c].at, chunks_[c].bytes.data(), chunks_[c].size);
  return {whole_.data(), packet.total};
}

void Fragments::kill(std::uint32_t number) {
  release_chunks(number);
  packets_[number].dead = true;
}
void Fragments::drop(std::uint32_t number) {
  release_chunks(number);
  packets_.erase(number);
}
void Fragments::release_chunks(std::uint32_t number) {
  Packet& packet = packets_[number];
  for (std::uint32_t c = packet.first; c != ChunkPool::none;) {
    std::uint32_t next = chunks_[c].next;
    chunks_.give_back(c);
    c = next;
  }
  chunks_held_[packets_.group(number)] -= packet.pieces;
  packet.first = ChunkPool::none;
  packet.pieces = 0;
  packet.held = 0;
}

void Fragments::expire(TimeNs now) {
  if (now < next_expiry_) return;
  next_expiry_ = time_max;
  for (std::uint32_t group = 0; group < packets_.groups(); ++group) {
    for (;;) {
      std::uint32_t oldest = packets_.oldest(group, 0);
      if (oldest == packets_.none) break;
      TimeNs due = due_after(packets_.touched(oldest), limits_.timeout);
      if (due > now) {
        next_expiry_ = std::min(next_expiry_, due);
        break;
      }
      if (!packets_[oldest].dead) ++counts_.expired;
      drop(oldest);
    }
  }
}

}  // namespace dnstorm::capture::packet
