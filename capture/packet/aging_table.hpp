// Records found by a key and given up by age: an open-addressing index over records in slabs, and
// for each group some lists in the order in which their records were last touched. Groups are
// parts of the traffic with a bound of their own (the engine's key groups), so that what is given
// up does not depend on how many tables share the groups.
//
// A Record has a `key` that can be compared. Numbers of records hold until erase(). Time is the
// caller's. Grows by slabs and never shrinks; the owner bounds the records of a group. Belongs to
// one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/prefetch.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::packet {

// When something that was touched then is due; within the type, as a packet may carry any time.
inline TimeNs due_after(TimeNs touched, DurationNs timeout) {
  TimeNs due = 0;
  return __builtin_add_overflow(touched, timeout, &due) ? time_max : due;
}

template <class Record, std::size_t lists>
class AgingTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;
  // What a record costs at most: its slab and its share of the index, which has at most four slots
  // for each record, and two more while it is copied.
  static constexpr std::size_t record_bytes() { return sizeof(Node) + 6 * sizeof(Slot); }

  explicit AgingTable(std::uint32_t groups)
      : ends_(std::size_t{groups} * lists), counts_(groups), slots_(slots_min) {}

  template <class Key>
  std::uint32_t find(std::uint64_t hash, const Key& key) const {
    auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.number == none) return none;
      if (slot.tag == tag && node(slot.number).record.key == key) return slot.number;
    }
  }
  void prefetch(std::uint64_t hash) const { prefetch_line(&slots_[hash & (slots_.size() - 1)]); }

  // A record that is not there yet, newest of list 0 of its group.
  template <class Key>
  std::uint32_t add(std::uint64_t hash, const Key& key, std::uint32_t group, TimeNs now) {
    if ((size_ + 1) * 2 > slots_.size()) rehash(slots_.size() * 2);
    if (free_ == none) grow();
    std::uint32_t number = free_;
    Node& added = node(number);
    free_ = added.next;
    added.hash = hash;
    added.group = static_cast<std::uint16_t>(group);
    added.list = 0;
    added.touched = now;
    added.record = Record{};
    added.record.key = key;
    enter(hash, number);
    link(number);
    ++size_;
    ++counts_[group];
    return number;
  }
  void erase(std::uint32_t number) {
    unlink(number);
    Node& gone = node(number);
    leave(gone.hash, number);
    --size_;
    --counts_[gone.group];
    gone.next = free_;
    free_ = number;
  }
  // Makes it the newest of that list.
  void touch(std::uint32_t number, std::size_t list, TimeNs now) {
    Node& touched = node(number);
    touched.touched = now;
    if (touched.list == list && touched.next == none) return;
    unlink(number);
    touched.list = static_cast<std::uint16_t>(list);
    link(number);
  }

  Record& operator[](std::uint32_t number) { return node(number).record; }
  const Record& operator[](std::uint32_t number) const { return node(number).record; }
  TimeNs touched(std::uint32_t number) const { return node(number).touched; }
  std::uint32_t group(std::uint32_t number) const { return node(number).group; }
  std::uint64_t hash(std::uint32_t number) const { return node(number).hash; }

  // Of a list: the one that was touched longest ago, none if it is empty.
  std::uint32_t oldest(std::uint32_t group, std::size_t list) const {
    return ends_[group * lists + list].oldest;
  }
  std::uint32_t younger(std::uint32_t number) const { return node(number).next; }
  std::uint32_t count(std::uint32_t group) const { return counts_[group]; }
  std::size_t size() const { return size_; }
  std::uint32_t groups() const { return static_cast<std::uint32_t>(counts_.size()); }
  std::size_t memory() const {
    return slabs_.size() * slab_nodes * sizeof(Node) + slots_.size() * sizeof(Slot);
  }

 private:
  static constexpr std::uint32_t slab_nodes = 64;
  static constexpr std::size_t slots_min = 64;
  struct Node {
    std::uint64_t hash;
    TimeNs touched;
    std::uint32_t next, previous;
    std::uint16_t group, list;
    Record record;
  };
  struct Slot {
    std::uint32_t number = none;
    std::uint32_t tag = 0;
  };
  struct Ends {
    std::uint32_t oldest = none, newest = none;
  };

  Node& node(std::uint32_t number) { return slabs_[number / slab_nodes][number % slab_nodes]; }
  const Node& node(std::uint32_t number) const {
    return slabs_[number / slab_nodes][number % slab_nodes];
  }
  void grow() {
    auto first = static_cast<std::uint32_t>(slabs_.size()) * slab_nodes;
    slabs_.emplace_back(new Node[slab_nodes]);
    for (std::uint32_t i = slab_nodes; i > 0; --i) {
      node(first + i - 1).next = free_;
      free_ = first + i - 1;
    }
  }
  void enter(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != none) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {number, static_cast<std::uint32_t>(hash >> 32)};
  }
  // Closes the gap by moving up what was pushed past it.
  void leave(std::uint64_t hash, std::uint32_t number) {
    std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].number != number) at = (at + 1) & mask;
    for (std::size_t next = (at + 1) & mask; slots_[next].number != none;
         next = (next + 1) & mask) {
      std::size_t home = node(slots_[next].number).hash & mask;
      if (((next - home) & mask) < ((next - at) & mask)) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at] = {};
  }
  void rehash(std::size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.number != none) enter(node(slot.number).hash, slot.number);
  }
  void link(std::uint32_t number) {
    Node& linked = node(number);
    Ends& ends = ends_[linked.group * lists + linked.list];
    linked.next = none;
    linked.previous = ends.newest;
    (ends.newest == none ? ends.oldest : node(ends.newest).next) = number;
    ends.newest = number;
  }
  void unlink(std::uint32_t number) {
    Node& gone = node(number);
    Ends& ends = ends_[gone.group * lists + gone.list];
    (gone.previous == none ? ends.oldest : node(gone.previous).next) = gone.next;
    (gone.next == none ? ends.newest : node(gone.next).previous) = gone.previous;
  }

  std::vector<std::unique_ptr<Node[]>> slabs_;
  std::vector<Ends> ends_;
  std::vector<std::uint32_t> counts_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
  std::uint32_t free_ = none;
};

}  // namespace dnstorm::capture::packet
