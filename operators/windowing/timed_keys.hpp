// A bounded table of keys, each with a time and what is remembered of it: for bolts that remember
// keys until event time has left them behind. Where there is no room the oldest key is given up.
// The room is divided evenly among the key groups, so that neither what is remembered nor what is
// given up depends on the number of tasks.
//
//   TimedKeys<Value> table;                                  // a member of the bolt
//   table.prepare(task, by, keys_max);                       // in Bolt::prepare
//   if (auto* entry = table.find(key)) ...                   // key: KeyReader::append()
//   if (table.add(key, time, {})) evicted->add();
//   table.forget_before(time);                               // in Bolt::watermark
//   std::vector<KeyedState*> keyed_state() override { return {&table}; }
//
// Value: void save(StateWriter&) const; bool restore(StateReader&). Used by one task; not
// thread-safe.
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"

namespace dnstorm::operators {

template <class Value>
class TimedKeys final : public KeyedState {
 public:
  struct Entry {
    TimeNs time = 0;
    Value value;
  };

  void prepare(const TaskContext& task, const std::vector<std::string>& by,
               std::uint64_t keys_max) {
    grouping_ = KeyGrouping(task, by);
    share_ = (keys_max + key_groups - 1) / key_groups;
  }

  // What is remembered of the key; null: nothing. Stands until the table is changed.
  Entry* find(std::string_view key) {
    auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second.entry;
  }
  // The key is not there. True: another has been given up for it.
  bool add(std::string_view key, TimeNs time, Value value) {
    std::uint32_t group = group_of(key);
    auto added = keys_.emplace(std::string(key), Known{group, Entry{time, std::move(value)}}).first;
    Order& order = order_[group];
    order.emplace(time, added->first);
    if (order.size() <= share_) return false;
    drop_oldest(order);
    return true;
  }
  // The key is there, and gets another time.
  void move(std::string_view key, TimeNs to) {
    auto found = keys_.find(key);
    DNSTORM_ASSERT(found != keys_.end(), "a key is moved that is not there");
    Order& order = order_[found->second.group];
    Entry& entry = found->second.entry;
    order.erase({entry.time, found->first});
    entry.time = to;
    order.emplace(to, found->first);
  }
  void forget_before(TimeNs time) {
    for (Order& order : order_)
      while (!order.empty() && order.begin()->first < time) drop_oldest(order);
  }

  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group)
      for (const auto& [time, key] : order_[group]) {
        StateWriter& section = out.of(group);
        section.put_bytes(key);
        section.put(time);
        keys_.find(key)->second.entry.value.save(section);
      }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    while (!in.at_end()) {
      std::string_view key = in.get_bytes();
      auto time = in.get<TimeNs>();
      Value value;
      if (!value.restore(in) || !in.ok() || grouping_.group_of(key) != group) return false;
      if (keys_.contains(key)) return false;
      add(key, time, std::move(value));
    }
    return in.ok();
  }

 private:
  struct Known {
    std::uint32_t group = 0;
    Entry entry;
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
  void drop_oldest(Order& order) {
    std::string_view key = order.begin()->second;
    order.erase(order.begin());
    keys_.erase(keys_.find(key));
  }

  KeyGrouping grouping_;
  std::size_t share_ = 0;  // of a key group
  std::unordered_map<std::string, Known, Hash, std::equal_to<>> keys_;
  std::array<Order, key_groups> order_;
};

}  // namespace dnstorm::operators
