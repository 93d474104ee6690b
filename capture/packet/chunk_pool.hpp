// Bytes of unfinished packets and streams, in chunks of one size that are linked into lists. Chunks
// are taken from slabs, which are never given back: what a flood has grown stays ready. The owner
// bounds how many it takes. A value; belongs to one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace dnstorm::capture::packet {

struct Chunk {
  static constexpr std::size_t capacity = 500;
  std::uint32_t next;  // in its list; ChunkPool::none: the last
  std::uint32_t at;    // place of the first byte: sequence number or offset
  std::uint16_t size;
  std::array<std::uint8_t, capacity> bytes;
  std::uint32_t end() const { return at + size; }
};
static_assert(sizeof(Chunk) == 512);

class ChunkPool {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  std::uint32_t take(std::uint32_t at, std::uint32_t next) {
    if (free_ == none) grow();
    std::uint32_t id = free_;
    Chunk& chunk = (*this)[id];
    free_ = chunk.next;
    chunk.next = next;
    chunk.at = at;
    chunk.size = 0;
    return id;
  }
  void give_back(std::uint32_t id) {
    (*this)[id].next = free_;
    free_ = id;
  }
  // A chunk with these bytes behind `last`, or the first one where `last` is none. None: no chunk
  // holds so many, or so few.
  std::uint32_t append(std::uint32_t& first, std::uint32_t last, std::uint32_t at,
                       std::string_view bytes) {
    if (bytes.empty() || bytes.size() > Chunk::capacity) return none;
    std::uint32_t id = take(at, none);
    Chunk& chunk = (*this)[id];
    std::memcpy(chunk.bytes.data(), bytes.data(), bytes.size());
    chunk.size = static_cast<std::uint16_t>(bytes.size());
    (last == none ? first : (*this)[last].next) = id;
    return id;
  }
  // Place and bytes of each from `first` on, for a checkpoint.
  template <class Writer>
  void save(std::uint32_t first, Writer& out) const {
    for (std::uint32_t id = first; id != none; id = (*this)[id].next) {
      const Chunk& chunk = (*this)[id];
      out.put(chunk.at);
      out.put_bytes({reinterpret_cast<const char*>(chunk.bytes.data()), chunk.size});
    }
  }
  Chunk& operator[](std::uint32_t id) { return slabs_[id / slab_chunks][id % slab_chunks]; }
  const Chunk& operator[](std::uint32_t id) const {
    return slabs_[id / slab_chunks][id % slab_chunks];
  }
  // Bytes that the slabs take.
  std::size_t memory() const { return slabs_.size() * slab_chunks * sizeof(Chunk); }

 private:
  static constexpr std::uint32_t slab_chunks = 64;
  void grow() {
    auto first = static_cast<std::uint32_t>(slabs_.size()) * slab_chunks;
    slabs_.emplace_back(new Chunk[slab_chunks]);
    for (std::uint32_t i = slab_chunks; i > 0; --i) give_back(first + i - 1);
  }

  std::vector<std::unique_ptr<Chunk[]>> slabs_;
  std::uint32_t free_ = none;
};

}  // namespace dnstorm::capture::packet
