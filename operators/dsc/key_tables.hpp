// Numbers for addresses and texts, 0, 1, 2, ... in order of first appearance: what stands for them
// in the matrices of a window. Open addressing with linear probing; clear() keeps the memory. Used
// by one task; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/base/ip.hpp"
#include "engine/base/prefetch.hpp"

namespace dnstorm::operators {

// Slots hold numbers only and keys never move: 11 bytes an IPv4 address, 27 one of IPv6 at most,
// also while it grows.
class DscAddressTable {
 public:
  static std::uint64_t hash(const IpAddress& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof words);
    return hash_combine(words[0], words[1]);
  }
  // For an address that is looked up some addresses later: its slot, then, some addresses later
  // again, its key.
  void prefetch(std::uint64_t hash) const { prefetch_line(&slots_[hash & mask_]); }
  void prefetch_key(std::uint64_t hash) const {
    if (std::uint32_t next = slots_[hash & mask_]; next != 0) prefetch_line(&keys_[next - 1]);
  }
  std::uint32_t number_of(const IpAddress& address, std::uint64_t hash) {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      std::uint32_t next = slots_[at];
      if (next == 0) [[unlikely]]
        return add(at, address);
      if (same(next - 1, address)) [[likely]]
        return next - 1;
    }
  }
  IpAddress key(std::uint32_t number) const {
    if (is_v6_[number]) return v6_[keys_[number]];
    std::array<std::uint8_t, 4> four;
    std::memcpy(four.data(), &keys_[number], sizeof four);
    return IpAddress::v4(four.data());
  }
  std::uint32_t count() const { return static_cast<std::uint32_t>(keys_.size()); }
  // A table that has become far too large for what comes is halved.
  void clear() {
    bool large = slots_.size() > slots_min && keys_.size() < slots_.size() / 16;
    std::size_t slots = large ? slots_.size() / 2 : slots_.size();
    if (large) slots_ = std::vector<std::uint32_t>();
    slots_.assign(slots, 0);
    mask_ = slots - 1;
    keys_.clear();
    is_v6_.clear();
    v6_.clear();
  }

 private:
  static constexpr std::size_t slots_min = 64;
  static std::uint32_t last_four(const IpAddress& address) {
    std::uint32_t four;
    std::memcpy(&four, address.bytes.data() + 12, sizeof four);
    return four;
  }
  bool same(std::uint32_t number, const IpAddress& address) const {
    if (is_v6_[number]) return v6_[keys_[number]] == address;
    return keys_[number] == last_four(address) && address.is_v4();
  }
  std::uint32_t add(std::uint64_t at, const IpAddress& address) {
    bool v6 = !address.is_v4();
    keys_.push_back(v6 ? static_cast<std::uint32_t>(v6_.size()) : last_four(address));
    is_v6_.push_back(v6);
    if (v6) v6_.push_back(address);
    slots_[at] = count();
    if (keys_.size() * 3 > slots_.size() * 2) grow();
    return count() - 1;
  }
  void grow() {
    std::size_t slots = slots_.size() * 2;
    slots_ = std::vector<std::uint32_t>();
    slots_.resize(slots);
    mask_ = slots - 1;
    for (std::uint32_t number = 0; number < count(); ++number) {
      std::uint64_t at = hash(key(number)) & mask_;
      while (slots_[at] != 0) at = (at + 1) & mask_;
      slots_[at] = number + 1;
    }
  }
  // The number of a key plus one; 0: free. At most 2/3 full.
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(slots_min);
  std::uint64_t mask_ = slots_min - 1;
  std::deque<std::uint32_t> keys_;  // the address of IPv4, or the place in v6_
  std::vector<bool> is_v6_;
  std::deque<IpAddress> v6_;
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
