// Numbers for addresses and texts, 0, 1, 2, ... in order of first appearance: what stands for them
// in the matrices of a window. Open addressing with linear probing; clear() keeps the memory. Used
// by one task; not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators {

class DscAddressTable {
 public:
  static std::uint64_t hash(const IpAddress& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof words);
    return hash_combine(words[0], words[1]);
  }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }
  std::uint32_t number_of(const IpAddress& address, std::uint64_t hash) {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.next != 0 && same(slot.address, address)) [[likely]]
        return slot.next - 1;
      if (slot.next == 0) [[unlikely]]
        return add(at, address);
    }
  }
  const IpAddress& key(std::uint32_t number) const { return keys_[number]; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(keys_.size()); }
  void clear() {
    slots_.assign(slots_.size(), Slot{});
    keys_.clear();
  }

 private:
  // Without the call of memcmp that == is.
  static bool same(const IpAddress& a, const IpAddress& b) {
    std::uint64_t one[2];
    std::uint64_t two[2];
    std::memcpy(one, a.bytes.data(), sizeof one);
    std::memcpy(two, b.bytes.data(), sizeof two);
    return ((one[0] ^ two[0]) | (one[1] ^ two[1])) == 0;
  }
  struct Slot {
    IpAddress address;
    std::uint32_t next = 0;  // the number plus one; 0: free
  };
  std::uint32_t add(std::uint64_t at, const IpAddress& address) {
    keys_.push_back(address);
    slots_[at] = {address, count()};
    if (keys_.size() * 2 > slots_.size()) grow();
    return count() - 1;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, Slot{});
    mask_ = slots_.size() - 1;
    for (std::uint32_t number = 0; number < count(); ++number) {
      std::uint64_t at = hash(keys_[number]) & mask_;
      while (slots_[at].next != 0) at = (at + 1) & mask_;
      slots_[at] = {keys_[number], number + 1};
    }
  }
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::uint64_t mask_ = 63;
  std::vector<IpAddress> keys_;
};

class DscTextTable {
 public:
  // Labels are short: two loads, and no call.
  static std::uint64_t hash(std::string_view text) {
    auto load = [&]<class T>(std::size_t at, T value) {
      std::memcpy(&value, text.data() + at, sizeof value);
      return std::uint64_t{value};
    };
    std::size_t size = text.size();
    if (size > 16) return hash_bytes(text);
    if (size >= 8)
      return hash_combine(load(0, std::uint64_t{}) ^ size, load(size - 8, std::uint64_t{}));
    if (size >= 4)
      return hash_combine(load(0, std::uint32_t{}) << 8 | size, load(size - 4, std::uint32_t{}));
    std::uint64_t word = size;
    for (char c : text) word = word << 8 | static_cast<unsigned char>(c);
    return hash_number(word + 1);
  }
  // The same kind of hash for all texts of a table.
  std::uint32_t number_of(std::string_view text, std::uint64_t hash) {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.next == 0) [[unlikely]]
        return add(at, text, hash);
      if (slot.hash == hash && key(slot.next - 1) == text) [[likely]]
        return slot.next - 1;
    }
  }
  std::uint32_t number_of(std::string_view text) { return number_of(text, hash(text)); }
  std::string_view key(std::uint32_t number) const {
    std::size_t from = number == 0 ? 0 : ends_[number - 1];
    return std::string_view(text_).substr(from, ends_[number] - from);
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(ends_.size()); }
  void clear() {
    slots_.assign(slots_.size(), Slot{});
    text_.clear();
    ends_.clear();
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t next = 0;  // the number plus one; 0: free
  };
  std::uint32_t add(std::uint64_t at, std::string_view text, std::uint64_t hash) {
    text_ += text;
    ends_.push_back(text_.size());
    slots_[at] = {hash, count()};
    if (ends_.size() * 2 > slots_.size()) grow();
    return count() - 1;
  }
  void grow() {
    std::vector<Slot> before = std::move(slots_);
    slots_.assign(before.size() * 2, Slot{});
    mask_ = slots_.size() - 1;
    for (const Slot& slot : before) {
      if (slot.next == 0) continue;
      std::uint64_t at = slot.hash & mask_;
      while (slots_[at].next != 0) at = (at + 1) & mask_;
      slots_[at] = slot;
    }
  }
  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::uint64_t mask_ = 63;
  std::string text_;
  std::vector<std::size_t> ends_;
};

}  // namespace dnstorm::operators
