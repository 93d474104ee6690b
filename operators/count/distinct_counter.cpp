#include "operators/count/distinct_counter.hpp"

#include <cmath>
#include <utility>

namespace dnstorm::operators {

namespace {
constexpr std::size_t slots_min = 16;
}

std::uint64_t DistinctCounter::count() const {
  return estimating_ ? static_cast<std::uint64_t>(std::llround(sketch_->estimate())) : size_;
}

void DistinctCounter::clear() {
  if (estimating_) sketch_->clear();
  if (size_ != 0) {
    // A set that has become far too large for its content is halved: clearing it must not cost more
    // than filling it.
    if (set_.size() > slots_min && size_ < set_.size() / 16)
      set_ = std::vector<std::uint64_t>(set_.size() / 2);
    else
      std::fill(set_.begin(), set_.end(), 0U);
    mask_ = set_.size() - 1;
  }
  size_ = 0;
  estimating_ = false;
}

void DistinctCounter::merge(const DistinctCounter& other) {
  if (!other.estimating_) {
    for (std::uint64_t hash : other.set_)
      if (hash != 0) add(hash);
    return;
  }
  if (!estimating_) start_estimating();
  sketch_->merge(*other.sketch_);
}

void DistinctCounter::save(StateWriter& out) const {
  out.put(static_cast<std::uint8_t>(estimating_));
  if (estimating_) {
    const auto& registers = sketch_->registers();
    out.put_bytes({reinterpret_cast<const char*>(registers.data()), registers.size()});
    return;
  }
  out.put(size_);
  for (std::uint64_t hash : set_)
    if (hash != 0) out.put(hash);
}

bool DistinctCounter::restore(StateReader& in) {
  if (in.get<std::uint8_t>() != 0) {
    std::string_view registers = in.get_bytes();
    if (!in.ok()) return false;
    if (!sketch_) sketch_.emplace(precision_);
    estimating_ = true;
    return sketch_->set_registers(registers);
  }
  for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left)
    add(in.get<std::uint64_t>());
  return in.ok();
}

void DistinctCounter::insert(std::uint64_t hash) {
  if (size_ == exact_max_) {
    start_estimating();
    sketch_->add(hash);
    return;
  }
  if ((size_ + 1) * 2 > set_.size()) grow();
  std::uint64_t at = hash & mask_;
  while (set_[at] != 0) at = (at + 1) & mask_;
  set_[at] = hash;
  ++size_;
}

void DistinctCounter::grow() {
  std::size_t wanted = set_.empty() ? slots_min : set_.size() * 2;
  std::vector<std::uint64_t> old = std::exchange(set_, std::vector<std::uint64_t>(wanted));
  mask_ = set_.size() - 1;
  for (std::uint64_t hash : old) {
    if (hash == 0) continue;
    std::uint64_t at = hash & mask_;
    while (set_[at] != 0) at = (at + 1) & mask_;
    set_[at] = hash;
  }
}

void DistinctCounter::start_estimating() {
  if (!sketch_) sketch_.emplace(precision_);
  for (std::uint64_t hash : set_)
    if (hash != 0) sketch_->add(hash);
  estimating_ = true;
}

}  // namespace dnstorm::operators
