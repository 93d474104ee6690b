// 64 messages of one key group in the order in which they came: the unit in which a QueryLog takes
// memory, forgets and saves.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

// The names of a chunk, one behind the other. Their memory stays with a chunk that is used again;
// what counts and is saved is the capacity that they would have in a new one.
class ChunkNames {
 public:
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::size_t held() const { return held_; }
  std::string_view text() const { return {bytes_.get(), size_}; }
  bool fits(std::size_t more) const { return size_ + more <= capacity_; }
  void reserve(std::size_t capacity) {
    capacity_ = static_cast<std::uint32_t>(capacity);
    if (capacity <= held_) return;
    auto grown = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    held_ = capacity_;
  }
  // It must fit.
  void append(std::string_view name) {
    if (!name.empty()) std::memcpy(bytes_.get() + size_, name.data(), name.size());
    size_ += static_cast<std::uint32_t>(name.size());
  }
  // Where the name after the next ones will be written.
  const char* ahead(std::size_t bytes) const { return bytes_.get() + size_ + bytes; }
  void clear() {
    size_ = capacity_ = 0;
    if (held_ <= held_max) return;
    bytes_.reset();
    held_ = 0;
  }

 private:
  // Of a chunk that is used again.
  static constexpr std::uint32_t held_max = 2048;
  std::unique_ptr<char[]> bytes_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t held_ = 0;
};

struct QueryChunk {
  static constexpr std::uint32_t size = 64;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::array<OpenQuery, size> queries;
  std::array<std::uint64_t, size> hashes{};
  std::uint64_t waiting = 0;   // a bit each
  std::uint64_t answered = 0;  // those that are neither have ended
  // A bit of each message, by its hash: whether it is worth while to compare the hashes.
  std::array<std::uint64_t, 8> met{};
  std::uint32_t count = 0;
  std::uint32_t next = none, prev = none;  // chunks of the same group
  TimeNs due = time_max;  // nothing is to be done earlier in this chunk or a later one
  TimeNs last_deadline = time_min;
  std::array<std::uint32_t, size> name_ends{};  // used if names are kept
  ChunkNames names;

  // Bits of the hash that neither its key group nor its place in an index depends on.
  void meet(std::uint64_t hash) { met[hash >> 38 & 7] |= std::uint64_t{1} << (hash >> 32 & 63); }
  bool may_have(std::uint64_t hash) const {
    return (met[hash >> 38 & 7] >> (hash >> 32 & 63) & 1) != 0;
  }
  std::string_view name(std::uint32_t place) const {
    std::uint32_t from = place == 0 ? 0 : name_ends[place - 1];
    return names.text().substr(from, name_ends[place] - from);
  }
  void clear() {
    waiting = answered = 0;
    met = {};
    count = 0;
    next = prev = none;
    due = time_max;
    last_deadline = time_min;
    names.clear();
  }
};

}  // namespace dnstorm::operators
