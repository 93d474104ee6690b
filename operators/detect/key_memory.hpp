// What is remembered of keys from window to window: what is usual, and whether they are in alarm.
// Bounded, with even shares for the key groups; where there is no room the key that has not been
// seen for longest is forgotten, but none in alarm. A Memory that knows better has kept_until(): of
// those the one with the least goes. Not thread-safe.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

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
    Group& entries = groups_[group];
    auto found = entries.find(key);
    if (found != entries.end()) return &found->second;
    if (entries.size() >= share_ && !forget_one(entries)) return nullptr;
    return &entries.emplace(std::string(key), Entry{}).first->second;
  }
  // use(key, Entry&) for all, by key group and key.
  template <class Use>
  void each(Use&& use) {
    for (Group& entries : groups_)
      for (auto& [key, entry] : entries) use(std::string_view(key), entry);
  }

  void save_group(std::uint32_t group, StateWriter& out) const {
    out.put(std::uint64_t{groups_[group].size()});
    for (const auto& [key, entry] : groups_[group]) {
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
      if (!in.ok() || !groups_[group].emplace(std::string(key), std::move(entry)).second)
        return false;
    }
    return in.ok() && groups_[group].size() <= share_;
  }
  bool idle(std::uint32_t group) const { return groups_[group].empty(); }

 private:
  using Group = std::map<std::string, Entry, std::less<>>;
  static TimeNs rank(const Entry& entry) {
    if constexpr (requires { entry.memory.kept_until(); })
      return entry.memory.kept_until();
    else
      return entry.seen;
  }
  static bool forget_one(Group& entries) {
    auto oldest = entries.end();
    for (auto at = entries.begin(); at != entries.end(); ++at)
      if (!at->second.alarm.raised() &&
          (oldest == entries.end() || rank(at->second) < rank(oldest->second)))
        oldest = at;
    if (oldest == entries.end()) return false;
    entries.erase(oldest);
    return true;
  }

  std::size_t share_;
  std::array<Group, key_groups> groups_;
};

}  // namespace dnstorm::operators
