// The field `addresses` of messages: what their answers say of hosts, packed one behind the other.
//
//   AddressPacker packer;                              for (const AnswerAddress& one :
//   packer.add(300, IpAddress::v4(bytes));                  AnswerAddresses(row.get(field)))
//   row.set_bytes(field, packer.bytes());                 use(one.ttl, one.address);
//
// A value of another length than packer.bytes() can have ends at its last whole address.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/base/cursor.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators {

struct AnswerAddress {
  static constexpr std::size_t bytes = 20;  // TTL in network order, address
  std::uint32_t ttl = 0;                    // seconds
  IpAddress address;
};

class AddressPacker {
 public:
  static constexpr std::size_t addresses_max = 64;  // the first ones; others are left out

  void clear() { size_ = 0; }
  void add(std::uint32_t ttl, const IpAddress& address) {
    if (size_ == bytes_.size()) return;
    std::uint8_t* at = &bytes_[size_];
    for (unsigned i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(ttl >> (24 - 8 * i));
    std::memcpy(at + 4, address.bytes.data(), address.bytes.size());
    size_ += AnswerAddress::bytes;
  }
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, addresses_max * AnswerAddress::bytes> bytes_;
  std::size_t size_ = 0;
};

// A view; the bytes outlive it.
class AnswerAddresses {
 public:
  explicit AnswerAddresses(std::span<const std::uint8_t> packed) : packed_(packed) {}

  class Iterator {
   public:
    explicit Iterator(const std::uint8_t* at) : at_(at) {}
    AnswerAddress operator*() const {
      AnswerAddress one;
      one.ttl = load_be32(at_);
      std::memcpy(one.address.bytes.data(), at_ + 4, one.address.bytes.size());
      return one;
    }
    Iterator& operator++() {
      at_ += AnswerAddress::bytes;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const std::uint8_t* at_;
  };
  Iterator begin() const { return Iterator(packed_.data()); }
  Iterator end() const { return Iterator(packed_.data() + count() * AnswerAddress::bytes); }
  std::size_t count() const { return packed_.size() / AnswerAddress::bytes; }

 private:
  std::span<const std::uint8_t> packed_;
};

}  // namespace dnstorm::operators
