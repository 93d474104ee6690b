// What is remembered of keys from window to window: what is usual, and whether they are in alarm.
// Bounded, with even shares for the key groups; where there is no room the key that has not been
// seen for longest is forgotten, but none in alarm. A Memory that knows better has kept_until(): of
// those the one with the least goes. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/key.hpp"
#include "operators/detect/alarm.hpp"

namespace dnstorm::operators {

template <class Memory>
class KeyMemory {
 public:
  struct Entry {
    TimeNs seen = time_min;  // the end of the last window that it was judged in
    Memory memory{};
    Alarm alarm;
    std::string samples;  // of the worst window in alarm
  };

  // `share`: keys of a key group.
  explicit KeyMemory(std::size_t share) : share_(share) {}

  // Known or new; null: all keys of the group are in alarm.
  Entry* at(std::uint32_t group, std::string_view key) {
    Entries& entries = groups_[group].entries;
    auto found = entries.find(key);
    if (found != entries.end()) return &found->second;
    if (entries.size() >= share_ && !forget_one(group)) return nullptr;
    return &entries.emplace(std::string(key), Entry{}).first->second;
  }
  // At the end of a round of at(): whom to forget next is found out anew, so that it depends on
  // what is saved alone.
  void settle() {
    for (std::uint32_t group : settled_) groups_[group].victims.clear();
    settled_.clear();
  }
  // use(key, Entry&) for all, by key group.
  template <class Use>
  void each(Use&& use) {
    for (Group& group : groups_)
      for (auto& [key, entry] : group.entries) use(std::string_view(key), entry);
  }

  void save_group(std::uint32_t group, StateWriter& out) const {
    std::vector<const typename Entries::value_type*> entries;
    for (const auto& one : groups_[group].entries) entries.push_back(&one);
    std::sort(entries.begin(), entries.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    out.put(std::uint64_t{entries.size()});
    for (const auto* one : entries) {
      const auto& [key, entry] = *one;
      out.put_bytes(key);
      out.put(entry.seen);
      entry.memory.save(out);
      entry.alarm.save(out);
      out.put_bytes(entry.samples);
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left) {
      std::string_view key = in.get_bytes();
      Entry entry;
      entry.seen = in.get<TimeNs>();
      if (!entry.memory.restore(in) || !entry.alarm.restore(in)) return false;
      entry.samples = in.get_bytes();
      if (!in.ok() || !groups_[group].entries.emplace(std::string(key), std::move(entry)).second)
        return false;
    }
    return in.ok() && groups_[group].entries.size() <= share_;
  }
  bool idle(std::uint32_t group) const { return groups_[group].entries.empty(); }

 private:
  // Not noexcept, so that the map keeps the hashes.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash_bytes(key); }
  };
  using Entries = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
  struct Victim {
    TimeNs rank = 0;
    typename Entries::value_type* entry = nullptr;  // stays where it is until it is erased
  };
  struct Group {
    Entries entries;
    // Those to be forgotten next, the first of them last: found many at a time, for a window may
    // bring thousands of new keys.
    std::vector<Victim> victims;
  };
  static TimeNs rank(const Entry& entry) {
    if constexpr (requires { entry.memory.kept_until(); })
      return entry.memory.kept_until();
    else
      return entry.seen;
  }
  bool forget_one(std::uint32_t number) {
    Group& group = groups_[number];
    for (bool fresh = false;; fresh = true) {
      while (!group.victims.empty()) {
        Victim victim = group.victims.back();
        group.victims.pop_back();
        if (victim.entry->second.alarm.raised() || rank(victim.entry->second) != victim.rank)
          continue;
        group.entries.erase(group.entries.find(victim.entry->first));
        return true;
      }
      if (fresh) return false;
      find_victims(group);
      settled_.push_back(number);
    }
  }
  static void find_victims(Group& group) {
    for (auto& one : group.entries)
      if (!one.second.alarm.raised()) group.victims.push_back({rank(one.second), &one});
    std::size_t kept = (group.victims.size() + 3) / 4;
    auto sooner = [](const Victim& a, const Victim& b) {
      return a.rank != b.rank ? a.rank < b.rank : a.entry->first < b.entry->first;
    };
    std::partial_sort(group.victims.begin(),
                      group.victims.begin() + static_cast<std::ptrdiff_t>(kept),
                      group.victims.end(), sooner);
    group.victims.resize(kept);
    std::reverse(group.victims.begin(), group.victims.end());
  }

  std::size_t share_;
  std::array<Group, key_groups> groups_;
  std::vector<std::uint32_t> settled_;  // groups with victims, since settle()
};

}  // namespace dnstorm::operators
