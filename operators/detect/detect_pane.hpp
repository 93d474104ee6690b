// What a detector knows of a window: how many rows each key had, about, and a value for each of the
// keys that had enough. Room is divided among the key groups, so nothing depends on the number of
// tasks. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/assert.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/detect/admission.hpp"
#include "operators/detect/event.hpp"
#include "operators/detect/inline_key.hpp"

namespace dnstorm::operators {

template <class Value>
class DetectPane {
 public:
  static constexpr std::size_t samples_max = 3;

  // What every row of the key needs lies in the first cache line.
  struct alignas(64) Slot {
    explicit Slot(Value made) : value(std::move(made)) {}
    std::uint64_t hash = 0;
    std::uint64_t rows = 0;  // those before it was admitted included, never too few
    TimeNs samples_until = time_max;  // a row of a later time is none of its samples
    std::uint32_t sampled = 0;
    InlineKey key;
    [[no_unique_address]] Value value;
  };
  // Of a slot: its first rows by time, so that it does not matter in which order they came, as it
  // does in results of match. The first `sampled` count, the others are kept for their memory. They
  // lie apart from the slots, for most rows touch none.
  using Samples = std::array<Sample, samples_max>;

  // `share`: keys of a key group.
  explicit DetectPane(std::uint32_t share) : share_(share) {}

  Admission& admission() { return admission_; }
  const Admission& admission() const { return admission_; }

  // So few keys that all of them are in the nearest cache: nothing is worth fetching ahead.
  bool small() const { return used_ <= small_max; }
  void prefetch(std::uint64_t hash) const { prefetch_line(&index_[hash & mask_]); }
  // The number of the slot that find() will most likely find; 0: most likely none. Its lines are
  // asked for.
  std::uint32_t prefetch_slot(std::uint64_t hash) const {
    std::uint32_t number = index_[hash & mask_];
    if (number == 0) return 0;
    const Slot& slot = slots_[number - 1];
    prefetch_line_to_write(&slot);
    prefetch_line_to_write(&slot.value);
    return number;
  }
  const Slot& slot(std::uint32_t number) const { return slots_[number - 1]; }

  // The key that equals(key) holds for; null: there is none. `likely`: of prefetch_slot(), or 0.
  template <class Equals>
  Slot* find(std::uint64_t hash, std::uint32_t likely, Equals&& equals) {
    // What was likely may have moved on since: where it is another key, the search begins anew.
    std::size_t at = (hash & mask_) - (likely != 0 ? 1 : 0);
    std::uint32_t number = likely != 0 ? likely : index_[at];
    while (number != 0) {
      Slot& slot = slots_[number - 1];
      if (slot.hash == hash && equals(slot.key.text())) return &slot;
      at = (at + 1) & mask_;
      number = index_[at];
    }
    return nullptr;
  }
  // A new key, without its text; null: its key group is full.
  template <class Make>
  Slot* add(std::uint64_t hash, Make&& make) {
    std::uint32_t& taken = taken_[key_group(hash)];
    if (taken == share_) return nullptr;
    ++taken;
    if (2 * (used_ + 1) > index_.size()) grow();
    if (used_ == slots_.size()) {
      slots_.emplace_back(make());
      samples_.emplace_back();
    }
    enter(hash, ++used_);
    Slot& slot = slots_[used_ - 1];
    slot.hash = hash;
    return &slot;
  }

  // A row that is not later than samples_until; read(Sample&) reads it.
  template <class Read>
  void sample(Slot& slot, Read&& read) {
    Samples& kept = samples_[number_of(slot)];
    read(candidate_);
    if (slot.sampled < samples_max)
      std::swap(kept[slot.sampled++], candidate_);
    else if (candidate_ < kept.back())
      std::swap(kept.back(), candidate_);
    for (std::size_t i = slot.sampled - 1; i > 0 && kept[i] < kept[i - 1]; --i)
      std::swap(kept[i], kept[i - 1]);
    note_samples(slot);
  }
  const Samples& samples(const Slot& slot) const { return samples_[number_of(slot)]; }

  // In the order in which they came, which within a key group is the same for any number of tasks.
  template <class Use>
  void each(Use&& use) const {
    for (std::size_t i = 0; i < used_; ++i) use(slots_[i]);
  }

  void clear() {
    admission_.clear();
    for (std::size_t i = 0; i < used_; ++i) {
      Slot& slot = slots_[i];
      slot.key.clear();
      slot.rows = 0;
      slot.samples_until = time_max;
      slot.sampled = 0;
      slot.value.clear();
    }
    // A burst of keys must not keep its memory for ever.
    if (slots_.size() > slots_kept && used_ < slots_.size() / 2) {
      slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(used_), slots_.end());
      samples_.resize(used_);
    }
    used_ = 0;
    taken_ = {};
    std::fill(index_.begin(), index_.end(), 0U);
  }
  // Windows of detectors tumble: none is put together from others.
  void merge(const DetectPane&) { DNSTORM_ASSERT(false, "panes of a detector are not merged"); }

  // It has had no row of the group.
  bool idle(std::uint32_t group) const { return taken_[group] == 0 && admission_.idle(group); }

  void save_group(std::uint32_t group, StateWriter& out) const {
    admission_.save(group, out);
    out.put(std::uint64_t{taken_[group]});
    for (std::size_t i = 0; i < used_; ++i)
      if (key_group(slots_[i].hash) == group) save_slot(slots_[i], samples_[i], out);
  }
  template <class Make>
  bool restore_group(std::uint32_t group, StateReader& in, Make&& make) {
    if (taken_[group] != 0 || !admission_.restore(group, in)) return false;
    for (std::uint64_t left = in.get_count(4 * sizeof(std::uint64_t)); left != 0; --left) {
      auto hash = in.get<std::uint64_t>();
      if (!in.ok() || key_group(hash) != group) return false;
      Slot* slot = add(hash, make);
      if (slot == nullptr || !restore_slot(*slot, samples_[number_of(*slot)], in)) return false;
      note_samples(*slot);
    }
    return in.ok();
  }

 private:
  static constexpr std::size_t slots_kept = 1024;
  static constexpr std::size_t small_max = 32;
  std::size_t number_of(const Slot& slot) const {
    return static_cast<std::size_t>(&slot - slots_.data());
  }
  void note_samples(Slot& slot) const {
    if (slot.sampled == samples_max) slot.samples_until = samples_[number_of(slot)].back().time;
  }
  void enter(std::uint64_t hash, std::size_t number) {
    std::size_t at = hash & mask_;
    while (index_[at] != 0) at = (at + 1) & mask_;
    index_[at] = static_cast<std::uint32_t>(number);
  }
  void grow() {
    index_.assign(std::max<std::size_t>(256, index_.size() * 2), 0);
    mask_ = index_.size() - 1;
    for (std::size_t i = 0; i < used_; ++i) enter(slots_[i].hash, i + 1);
  }

  static void save_slot(const Slot& slot, const Samples& samples, StateWriter& out) {
    out.put(slot.hash);
    out.put_bytes(slot.key.text());
    out.put(slot.rows);
    out.put(std::uint64_t{slot.sampled});
    for (std::size_t i = 0; i < slot.sampled; ++i) {
      const Sample& sample = samples[i];
      out.put(sample.time);
      for (std::uint8_t byte : sample.client.bytes) out.put(byte);
      out.put_bytes(sample.qname);
      out.put(sample.qtype);
      out.put(sample.rcode);
    }
    slot.value.save(out);
  }
  static bool restore_slot(Slot& slot, Samples& samples, StateReader& in) {
    slot.key.assign(in.get_bytes());
    slot.rows = in.get<std::uint64_t>();
    auto sampled = in.get<std::uint64_t>();
    if (!in.ok() || sampled > samples_max) return false;
    slot.sampled = static_cast<std::uint32_t>(sampled);
    for (std::size_t i = 0; i < slot.sampled; ++i) {
      Sample& sample = samples[i];
      sample.time = in.get<TimeNs>();
      for (std::uint8_t& byte : sample.client.bytes) byte = in.get<std::uint8_t>();
      sample.qname = in.get_bytes();
      sample.qtype = in.get<std::uint16_t>();
      sample.rcode = in.get<std::uint16_t>();
    }
    return slot.value.restore(in) && in.ok();
  }

  std::uint32_t share_;
  Admission admission_;
  std::vector<Slot> slots_;       // the first used_ count
  std::vector<Samples> samples_;  // of the slots
  Sample candidate_;              // for its memory
  std::size_t used_ = 0;
  // Open addressing: number of the slot plus one; never empty.
  std::vector<std::uint32_t> index_ = std::vector<std::uint32_t>(1);
  std::size_t mask_ = 0;
  std::array<std::uint32_t, key_groups> taken_{};
};

}  // namespace dnstorm::operators
