// A count of different things as a part of what a detector knows of a key in a window: a
// HyperLogLog sketch. Most keys have few things, so registers are kept one by one, in 32 bytes,
// until more than 16 have been touched; what is estimated and saved is the same either way. A
// value.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/ip.hpp"
#include "operators/count/hyperloglog.hpp"

namespace dnstorm::operators {

inline std::uint64_t address_hash(const IpAddress& address) {
  return KeyReader::fixed_hash(Type::ip, sizeof address,
                               reinterpret_cast<const std::byte*>(address.bytes.data()));
}

// 2^precision bytes at most; standard error 1.04 / sqrt(2^precision), 13 % at 6, 6.5 % at 8.
class DistinctPart {
 public:
  explicit DistinctPart(std::uint8_t precision) : precision_(precision) {
    DNSTORM_ASSERT(precision >= HyperLogLog::precision_min && precision <= precision_max,
                   "a count with an impossible precision", precision);
  }
  DistinctPart(const DistinctPart& other) : DistinctPart(other.precision_) { *this = other; }
  DistinctPart(DistinctPart&&) = default;
  // `other` has the same precision.
  DistinctPart& operator=(const DistinctPart& other) {
    if (this == &other) return *this;
    touched_ = other.touched_;
    few_ = other.few_;
    all_ = nullptr;
    if (other.all_) all_ = std::make_unique<std::uint8_t[]>(size());
    if (all_) std::copy_n(other.all_.get(), size(), all_.get());
    return *this;
  }
  DistinctPart& operator=(DistinctPart&&) = default;

  // Whether it is a register's first.
  bool add(std::uint64_t hash) {
    std::uint32_t place = static_cast<std::uint32_t>(hash) & (size() - 1);
    std::uint8_t rank = HyperLogLog::rank_of(hash, precision_);
    if (!all_) return raise_of_few(place, rank);
    bool first = all_[place] == 0;
    all_[place] = std::max(all_[place], rank);
    return first;
  }
  // `other` has the same precision.
  void merge(const DistinctPart& other) {
    other.each([this](std::uint32_t place, std::uint8_t rank) { raise(place, rank); });
  }
  double estimate() const { return estimate_below(precision_); }
  // Of the things alone that have one of the first 2^precision registers: as many times less as
  // there are fewer of these.
  double estimate_below(std::uint8_t precision) const {
    HyperLogLog::Ranks ranks{};
    std::uint32_t touched = 0;
    each([&](std::uint32_t place, std::uint8_t rank) {
      if (place < 1U << precision) ++ranks[rank], ++touched;
    });
    ranks[0] = (1U << precision) - touched;
    return HyperLogLog::estimate_of(ranks, precision);
  }
  std::uint32_t touched() const { return all_ ? touched_below(precision_) : touched_; }
  // How many of the first 2^precision registers have been touched.
  std::uint32_t touched_below(std::uint8_t precision) const {
    std::uint32_t touched = 0;
    each([&](std::uint32_t place, std::uint8_t) { touched += place < 1U << precision ? 1U : 0U; });
    return touched;
  }
  bool empty() const { return touched_ == 0 && !all_; }
  // Of the things of both.
  static double estimate(const DistinctPart& a, const DistinctPart& b) {
    if (b.empty()) return a.estimate();
    DistinctPart both = a;
    both.merge(b);
    return both.estimate();
  }
  void clear() {
    touched_ = 0;
    all_ = nullptr;
  }

  void save(StateWriter& out) const {
    std::string registers(size(), '\0');
    each([&](std::uint32_t place, std::uint8_t rank) {
      registers[place] = static_cast<char>(rank);
    });
    out.put_bytes(registers);
  }
  bool restore(StateReader& in) {
    HyperLogLog saved(precision_);
    if (!saved.set_registers(in.get_bytes())) return false;
    clear();
    for (std::uint32_t place = 0; place < size(); ++place)
      if (std::uint8_t rank = saved.registers()[place]; rank != 0) raise(place, rank);
    return true;
  }

 private:
  static constexpr std::uint8_t precision_max = 10;
  static constexpr std::size_t few_max = 16;
  // A register that has been touched: its place in the upper bits, its rank in the lower six.
  static constexpr unsigned rank_bits = 6;

  std::uint32_t size() const { return 1U << precision_; }
  void raise(std::uint32_t place, std::uint8_t rank) {
    if (all_)
      all_[place] = std::max(all_[place], rank);
    else
      raise_of_few(place, rank);
  }
  bool raise_of_few(std::uint32_t place, std::uint8_t rank) {
    auto entry = static_cast<std::uint16_t>(place << rank_bits | rank);
    for (std::uint8_t i = 0; i < touched_; ++i) {
      if (few_[i] >> rank_bits != place) continue;
      few_[i] = std::max(few_[i], entry);
      return false;
    }
    if (touched_ == few_max)
      spread(place, rank);
    else
      few_[touched_++] = entry;
    return true;
  }
  void spread(std::uint32_t place, std::uint8_t rank) {
    auto all = std::make_unique<std::uint8_t[]>(size());
    each([&](std::uint32_t known, std::uint8_t its_rank) { all[known] = its_rank; });
    all_ = std::move(all);
    touched_ = 0;
    all_[place] = rank;
  }
  // use(place, rank) for all registers that have been touched.
  template <class Use>
  void each(Use&& use) const {
    if (!all_) {
      for (std::uint8_t i = 0; i < touched_; ++i)
        use(std::uint32_t{few_[i]} >> rank_bits,
            static_cast<std::uint8_t>(few_[i] & ((1U << rank_bits) - 1)));
      return;
    }
    for (std::uint32_t place = 0; place < size(); ++place)
      if (all_[place] != 0) use(place, all_[place]);
  }

  std::uint8_t precision_;
  std::uint8_t touched_ = 0;
  std::array<std::uint16_t, few_max> few_{};  // the first touched_, if there is not all_
  std::unique_ptr<std::uint8_t[]> all_;       // size() registers
};

}  // namespace dnstorm::operators
