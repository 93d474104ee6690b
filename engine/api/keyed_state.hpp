// State by key, for authors of bolts: the engine saves it key group by key group, and a run that
// goes on from a checkpoint may have another number of tasks (docs/state.md).
//
//   CounterState counts_;                                            // a member of the bolt
//   counts_.prepare(task, {"qname"});                                // in Bolt::prepare
//   key_.clear(), reader.append(row, key_);                          // a KeyReader of these fields
//   std::uint64_t count = counts_.add(key_);                         // in Bolt::execute
//   std::vector<KeyedState*> keyed_state() override { return {&counts_}; }
//   declaration.state = StateScope::keyed;                           // in OperatorDef::declare
//
// A key is packed as KeyReader::append() does it. Its key group is that of the fields grouping by
// which the rows came, so a group's rows and its state are always in the same task. Belongs to one
// task; not thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/api/task_context.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm {

// From a packed key to its key group.
class KeyGrouping {
 public:
  KeyGrouping() = default;
  // Keys of the fields `key`. Grouped by the fields of the grouping if all inputs have the same and
  // the key contains them, by the whole key otherwise.
  KeyGrouping(const TaskContext& task, const std::vector<std::string>& key);
  KeyGrouping(const Schema& schema, const std::vector<std::string>& key,
              const std::vector<std::string>& grouped_by);

  // Nothing if these bytes are no such key.
  std::optional<std::uint32_t> group_of(std::string_view key) const;

 private:
  struct Part {
    Type type;
    std::uint32_t width;  // 0: variable
  };
  bool hash_parts(std::string_view key) const;

  std::vector<Part> parts_;
  std::vector<std::size_t> hashed_;            // which parts, in the order of the grouping
  mutable std::vector<std::uint64_t> hashes_;  // by part; scratch
};

// Where a KeyedState writes: a section for each key group.
class GroupSections {
 public:
  StateWriter& of(std::uint32_t group) { return sections_[group]; }
  // use(group, bytes) for the groups that have been written to, ascending; empties them.
  template <class Use>
  void take_each(Use&& use) {
    for (std::uint32_t group = 0; group < key_groups; ++group)
      if (sections_[group].size() != 0) use(group, sections_[group].take());
  }

 private:
  std::vector<StateWriter> sections_ = std::vector<StateWriter>(key_groups);
};

class KeyedState {
 public:
  KeyedState() = default;
  KeyedState(const KeyedState&) = delete;
  KeyedState& operator=(const KeyedState&) = delete;
  virtual ~KeyedState() = default;
  virtual void save_groups(GroupSections& out) const = 0;
  // One section. If the tasks were others before, a group may have several, of StateScope::partial
  // only: they are merged. False: the bytes are not those of save_groups().
  virtual bool restore_group(std::uint32_t group, StateReader& in) = 0;
};

template <class Value>
concept MergesItself = requires(Value value, const Value& other) {
  value.merge(other);
};
template <class Value>
concept SavesItself = requires(const Value& saved, Value& restored, StateWriter& out,
                               StateReader& in) {
  saved.save(out);
  { restored.restore(in) } -> std::convertible_to<bool>;
};

// A Value for each key: a number, a text, a struct of numbers without gaps, or a class with
// `void save(StateWriter&) const` and `bool restore(StateReader&)`. If it has
// `void merge(const Value&)`, too, the state may be declared StateScope::partial.
template <class Value>
class MapState final : public KeyedState {
 public:
  using Make = std::function<Value()>;  // the value of a new key
  explicit MapState(Make make = [] { return Value{}; }) : make_(std::move(make)) {}
  // In Bolt::prepare. Every input has the fields.
  void prepare(const TaskContext& task, const std::vector<std::string>& key) {
    grouping_ = KeyGrouping(task, key);
  }

  // Entered if it is new. Stays where it is until the key is erased.
  Value& at(std::string_view key) {
    auto found = values_.find(key);
    if (found == values_.end()) found = values_.emplace(std::string(key), make_()).first;
    return found->second;
  }
  Value* find(std::string_view key) {
    auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  const Value* find(std::string_view key) const {
    auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  bool erase(std::string_view key) {
    auto found = values_.find(key);
    if (found == values_.end()) return false;
    values_.erase(found);
    return true;
  }
  void clear() { values_.clear(); }
  std::size_t size() const { return values_.size(); }

  // use(key, const Value&), by key group and, within it, by the bytes of the key: what is emitted
  // in this order is the same whatever the number of tasks.
  template <class Use>
  void each(Use&& use) const {
    std::vector<std::pair<std::uint32_t, const Entry*>> entries;
    entries.reserve(values_.size());
    for (const Entry& entry : values_) entries.emplace_back(group_of(entry.first), &entry);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second->first < b.second->first;
    });
    for (const auto& [group, entry] : entries) use(std::string_view(entry->first), entry->second);
  }

  void save_groups(GroupSections& out) const override {
    for (const auto& [key, value] : values_) {
      StateWriter& section = out.of(group_of(key));
      section.put_bytes(key);
      put(section, value);
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    while (!in.at_end()) {
      std::string_view key = in.get_bytes();
      if (!in.ok() || grouping_.group_of(key) != group) return false;
      Value value = make_();
      if (!get(in, value) || !in.ok() || !enter(key, std::move(value))) return false;
    }
    return in.ok();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash_bytes(key); }
  };
  using Values = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using Entry = typename Values::value_type;

  std::uint32_t group_of(std::string_view key) const {
    auto group = grouping_.group_of(key);
    DNSTORM_ASSERT(group.has_value(), "a key has other fields than the state was prepared for");
    return *group;
  }
  bool enter(std::string_view key, Value value) {
    Value* known = find(key);
    if (known == nullptr) {
      values_.emplace(std::string(key), std::move(value));
      return true;
    }
    if constexpr (MergesItself<Value>) known->merge(value);
    return MergesItself<Value>;
  }
  static void put(StateWriter& out, const Value& value) {
    if constexpr (SavesItself<Value>) {
      value.save(out);
    } else if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
      out.put(value);
    } else if constexpr (std::is_same_v<Value, std::string>) {
      out.put_bytes(value);
    } else {
      static_assert(
          std::is_trivially_copyable_v<Value> && std::has_unique_object_representations_v<Value>,
          "give it save() and restore(): its bytes alone do not say what it is");
      out.put_bytes({reinterpret_cast<const char*>(&value), sizeof value});
    }
  }
  static bool get(StateReader& in, Value& value) {
    if constexpr (SavesItself<Value>) {
      return value.restore(in);
    } else if constexpr (std::is_arithmetic_v<Value> || std::is_enum_v<Value>) {
      value = in.get<Value>();
    } else if constexpr (std::is_same_v<Value, std::string>) {
      value = in.get_bytes();
    } else {
      std::string_view bytes = in.get_bytes();
      if (bytes.size() != sizeof value) return false;
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return true;
  }

  Make make_;
  KeyGrouping grouping_;
  Values values_;
};

// A sketch for each key: what estimates and can be merged (distinct values, heavy hitters).
template <class Sketch>
requires MergesItself<Sketch> && SavesItself<Sketch>
using SketchState = MapState<Sketch>;

// A number for each key that only grows. Parts of a key's count are added up.
class CounterState final : public KeyedState {
 public:
  void prepare(const TaskContext& task, const std::vector<std::string>& key) {
    counts_.prepare(task, key);
  }
  // The count with this.
  std::uint64_t add(std::string_view key, std::uint64_t by = 1) {
    return counts_.at(key).value += by;
  }
  std::uint64_t count(std::string_view key) const {
    const Count* count = counts_.find(key);
    return count == nullptr ? 0 : count->value;
  }
  bool erase(std::string_view key) { return counts_.erase(key); }
  void clear() { counts_.clear(); }
  std::size_t size() const { return counts_.size(); }
  // use(key, count), in the order of MapState::each().
  template <class Use>
  void each(Use&& use) const {
    counts_.each([&](std::string_view key, const Count& count) { use(key, count.value); });
  }

  void save_groups(GroupSections& out) const override { counts_.save_groups(out); }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    return counts_.restore_group(group, in);
  }

 private:
  struct Count {
    void merge(const Count& other) { value += other.value; }
    void save(StateWriter& out) const { out.put(value); }
    bool restore(StateReader& in) {
      value = in.get<std::uint64_t>();
      return in.ok();
    }
    std::uint64_t value = 0;
  };
  MapState<Count> counts_;
};

}  // namespace dnstorm
