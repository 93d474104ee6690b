// A count of different things as a part of what a detector knows of a key in a window.
#pragma once

#include <cstring>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/ip.hpp"
#include "operators/count/hyperloglog.hpp"

namespace dnstorm::operators {

inline std::uint64_t address_hash(const IpAddress& address) {
  return KeyReader::fixed_hash(Type::ip, sizeof address,
                               reinterpret_cast<const std::byte*>(address.bytes.data()));
}

// 2^precision bytes; standard error 1.04 / sqrt(2^precision), 13 % at 6, 6.5 % at 8.
class DistinctPart {
 public:
  explicit DistinctPart(std::uint8_t precision) : sketch_(precision) {}
  void add(std::uint64_t hash) { sketch_.add(hash); }
  // `other` has the same precision.
  void merge(const DistinctPart& other) { sketch_.merge(other.sketch_); }
  double estimate() const { return sketch_.estimate(); }
  void clear() { sketch_.clear(); }
  void save(StateWriter& out) const {
    const auto& registers = sketch_.registers();
    out.put_bytes({reinterpret_cast<const char*>(registers.data()), registers.size()});
  }
  bool restore(StateReader& in) { return sketch_.set_registers(in.get_bytes()); }

 private:
  HyperLogLog sketch_;
};

}  // namespace dnstorm::operators
