// A bounded table of keys, each with what is remembered of it at some times: for bolts that
// remember keys until event time has left them behind. Where there is no room the oldest entry is
// given up. The room is divided evenly among the key groups, so that neither what is remembered nor
// what is given up depends on the number of tasks.
//
//   TimedKeys<Value> table;                                  // a member of the bolt
//   table.prepare(task, by, entries_max);                    // in Bolt::prepare
//   key_.clear(), reader.append(row, key_);                  // a KeyReader of these fields
//   if (auto* entries = table.find(key_)) ...                // in Bolt::execute
//   if (table.add(key_, time, {})) evicted->add();
//   table.forget_before(time);                               // in Bolt::watermark
//   std::vector<KeyedState*> keyed_state() override { return {&table}; }
//
// Value: void save(StateWriter&) const; bool restore(StateReader&). `several`: a key may have
// several entries, of different times. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"

namespace dnstorm::operators {

template <class Value, bool several = false>
class TimedKeys final : public KeyedState {
 public:
  struct Entry {
    TimeNs time = 0;
    Value value;
  };
  using Entries = std::vector<Entry>;  // of one key, ascending by time

  void prepare(const TaskContext& task, const std::vector<std::string>& by,
               std::uint64_t entries_max) {
    grouping_ = KeyGrouping(task, by);
    share_ = (entries_max + key_groups - 1) / key_groups;
  }

  // What is remembered of the key; null: nothing. Stands until the next call that changes the
  // table.
  Entries* find(std::string_view key) {
    auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second.entries;
  }
  // The key has no entry of that time, and none at all unless it may have several. True: an entry
  // has been given up for it.
  bool add(std::string_view key, TimeNs time, Value value) {
    auto found = keys_.find(key);
    if (found == keys_.end())
      found = keys_.emplace(std::string(key), Known{group_of(key), {}}).first;
    Order& order = order_[found->second.group];
    order.emplace(time, found->first);
    Entries& entries = found->second.entries;
    entries.insert(place_of(entries, time), Entry{time, std::move(value)});
    if (order.size() <= share_) return false;
    drop_oldest(order);
    return true;
  }
  // The entry of a key gets another time.
  void move(std::string_view key, TimeNs to) requires(!several) {
    auto found = keys_.find(key);
    DNSTORM_ASSERT(found != keys_.end(), "an entry is moved that is not there");
    Order& order = order_[found->second.group];
    Entry& entry = found->second.entries.front();
    order.erase({entry.time, found->first});
    entry.time = to;
    order.emplace(to, found->first);
  }
  void forget_before(TimeNs time) {
    for (Order& order : order_)
      while (!order.empty() && order.begin()->first < time) drop_oldest(order);
  }
  std::size_t size() const {
    std::size_t size = 0;
    for (const Order& order : order_) size += order.size();
    return size;
  }

  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group)
      for (const auto& [time, key] : order_[group]) {
        const Entries& entries = keys_.find(key)->second.entries;
        StateWriter& section = out.of(group);
        section.put_bytes(key);
        section.put(time);
        place_of(entries, time)->value.save(section);
      }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    while (!in.at_end()) {
      std::string_view key = in.get_bytes();
      auto time = in.get<TimeNs>();
      Value value;
      if (!value.restore(in) || !in.ok() || grouping_.group_of(key) != group) return false;
      if (several ? order_[group].contains({time, key}) : keys_.contains(key)) return false;
      add(key, time, std::move(value));
    }
    return in.ok();
  }

 private:
  struct Known {
    std::uint32_t group = 0;
    Entries entries;
  };
  // Views into the keys of the table, which stay where they are.
  using Order = std::set<std::pair<TimeNs, std::string_view>>;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash_bytes(key); }
  };

  std::uint32_t group_of(std::string_view key) const {
    auto group = grouping_.group_of(key);
    DNSTORM_ASSERT(group.has_value(), "a key has other fields than the table was prepared for");
    return *group;
  }
  template <class Some>
  static auto place_of(Some& entries, TimeNs time) {
    return std::lower_bound(entries.begin(), entries.end(), time,
                            [](const Entry& entry, TimeNs at) { return entry.time < at; });
  }
  void drop_oldest(Order& order) {
    auto [time, key] = *order.begin();
    order.erase(order.begin());
    auto found = keys_.find(key);
    Entries& entries = found->second.entries;
    entries.erase(place_of(entries, time));
    if (entries.empty()) keys_.erase(found);
  }

  KeyGrouping grouping_;
  std::size_t share_ = 0;  // of a key group
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> keys_;
  std::array<Order, key_groups> order_;
};

}  // namespace dnstorm::operators
