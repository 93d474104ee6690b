// Sessions of rows by key: the table of keys together with their sessions, and what is complete in
// the order of results. Keys without open sessions are dropped when they are most of the table.
// Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/count/key_index.hpp"
#include "operators/windowing/sessions.hpp"

namespace dnstorm::operators {

template <class Value>
class KeyedSessions {
 public:
  KeyedSessions(const KeyIndex& empty, KeyOrder order, DurationNs gap, DurationNs lateness)
      : empty_(empty), index_(empty), order_(std::move(order)), sessions_(gap, lateness) {}

  // use(Value&, row) for every row, late(row's place in `rows`) for late ones.
  template <class Make, class Use, class Late>
  void take(const Rows& rows, const KeyReader& reader, FieldRef<std::int64_t> time, Make&& make,
            Use&& use, Late&& late) {
    std::uint32_t place = 0;
    index_.each(rows, 0, rows.size(), reader, [&](const RowView& row, std::uint32_t key) {
      if (Value* value = sessions_.at(key, row.get(time), make))
        use(*value, row);
      else
        late(place);
      ++place;
    });
  }

  // emit(key, bounds, const Value&), ordered by end, start and key.
  template <class Emit>
  void close(TimeNs now, Emit&& emit) {
    auto closed = sessions_.close(now);
    std::sort(closed.begin(), closed.end(), [&](const auto& a, const auto& b) {
      if (a.bounds.end != b.bounds.end) return a.bounds.end < b.bounds.end;
      if (a.bounds.start != b.bounds.start) return a.bounds.start < b.bounds.start;
      return order_.compare(index_.key(a.key), index_.key(b.key)) < 0;
    });
    for (const auto& session : closed)
      emit(index_.key(session.key), session.bounds, std::as_const(session.value));
    if (index_.count() > keys_min && sessions_.open_count() < index_.count() / 4) drop_idle_keys();
  }

  void save(StateWriter& out) const { sessions_.save(out); }
  void restore(StateReader& in) { sessions_.restore(in); }
  // save_value(StateWriter&, const Value&).
  template <class Save>
  void save_groups(const KeyGrouping& grouping, GroupSections& out, Save&& save_value) const {
    std::vector<std::uint64_t> codes = index_.codes();
    for (std::uint32_t key = 0; key < index_.count(); ++key) {
      if (!sessions_.has(key)) continue;
      StateWriter& section = out.of(grouping.group_of(index_.key(key)).value());
      section.put(codes[key]);
      section.put_bytes(index_.key(key));
      sessions_.save_key(key, section, [&](const Value& value) { save_value(section, value); });
    }
  }
  // False: the bytes are not those of save_groups() for that group.
  template <class Make, class Restore>
  bool restore_group(std::uint32_t group, const KeyGrouping& grouping, StateReader& in, Make&& make,
                     Restore&& restore_value) {
    while (!in.at_end()) {
      auto key = index_.restore_key(in, order_);
      if (!key || grouping.group_of(index_.key(*key)) != group) return false;
      if (!sessions_.restore_key(*key, in, make, restore_value)) return false;
    }
    return in.ok();
  }

 private:
  static constexpr std::uint32_t keys_min = 1024;

  void drop_idle_keys() {
    KeyIndex kept = empty_;
    std::vector<std::uint64_t> codes = index_.codes();
    std::vector<std::uint32_t> numbers(index_.count());
    for (std::uint32_t key = 0; key < index_.count(); ++key)
      if (sessions_.has(key)) numbers[key] = kept.number_of(codes[key], index_.key(key));
    sessions_.renumber(numbers, kept.count());
    index_ = std::move(kept);
  }

  KeyIndex empty_;
  KeyIndex index_;
  KeyOrder order_;
  Sessions<Value> sessions_;
};

}  // namespace dnstorm::operators
