#include "operators/count/join_rows.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

void JoinRows::prepare(KeyGrouping grouping, KeyOrder by, std::vector<KeyOrder> fields,
                       WindowShape shape, DurationNs lateness, std::uint64_t rows_max) {
  grouping_ = std::move(grouping);
  by_ = std::move(by);
  fields_ = std::move(fields);
  shape_ = shape;
  lateness_ = lateness;
  share_ = (rows_max + key_groups - 1) / key_groups;
}

bool JoinRows::is_closed(WindowBounds pane) const {
  if (watermark_ == time_max) return true;
  if (shape_.whole()) return false;
  return add_time(shape_.last_end(pane.start), lateness_) <= watermark_;
}

JoinRows::Added JoinRows::add(std::string_view key, std::size_t input, TimeNs time,
                              std::string_view fields) {
  WindowBounds bounds = shape_.pane_of(time);
  if (is_closed(bounds)) return Added::late;
  Pane& pane = panes_[bounds.start];
  auto found = pane.find(key);
  std::uint32_t group = 0;
  if (found != pane.end()) {
    group = found->second.group;
  } else {
    auto hashed = grouping_.group_of(key);
    DNSTORM_ASSERT(hashed.has_value(), "a key has other fields than the join was prepared for");
    group = *hashed;
  }
  if (held_[group] == share_) return Added::no_room;
  if (found == pane.end()) {
    Waiting waiting{group, std::vector<std::vector<JoinRow>>(fields_.size())};
    found = pane.emplace(std::string(key), std::move(waiting)).first;
  }
  found->second.inputs[input].push_back({time, std::string(fields)});
  ++held_[group];
  return Added::yes;
}

void JoinRows::close(TimeNs now, const Use& use) {
  TimeNs before = std::exchange(watermark_, std::max(watermark_, now));
  if (shape_.whole()) {
    if (watermark_ != time_max) return;
    use_window({}, use);
    return drop_panes(time_max);
  }
  TimeNs done = before == time_min ? time_min : add_time(before, -lateness_);
  while (!panes_.empty() && done != time_max) {
    TimeNs end = shape_.end_after(std::max(done, panes_.begin()->first));
    if (watermark_ != time_max && add_time(end, lateness_) > watermark_) break;
    WindowBounds window = shape_.window_to(end);
    drop_panes(window.start);
    use_window(window, use);
    done = end;
  }
  while (!panes_.empty() && is_closed(shape_.pane_of(panes_.begin()->first)))
    drop_panes(panes_.begin()->first + 1);
}

// Panes are as wide as no window needs a part of them.
void JoinRows::use_window(WindowBounds window, const Use& use) const {
  std::unordered_map<std::string_view, JoinedRows> keys;
  auto to = shape_.whole() ? panes_.end() : panes_.lower_bound(window.end);
  for (auto pane = panes_.begin(); pane != to; ++pane)
    for (const auto& [key, waiting] : pane->second) {
      JoinedRows& rows = keys.try_emplace(key, JoinedRows(fields_.size())).first->second;
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (const JoinRow& row : waiting.inputs[i]) rows[i].push_back(&row);
    }
  std::vector<std::pair<const std::string_view, JoinedRows>*> ordered;
  for (auto& entry : keys) ordered.push_back(&entry);
  std::sort(ordered.begin(), ordered.end(),
            [&](const auto* a, const auto* b) { return by_.compare(a->first, b->first) < 0; });
  for (auto* entry : ordered) {
    for (auto& rows : entry->second)
      std::sort(rows.begin(), rows.end(), [](const JoinRow* a, const JoinRow* b) {
        return a->time != b->time ? a->time < b->time : a->fields < b->fields;
      });
    use(entry->first, entry->second, window);
  }
}

void JoinRows::drop_panes(TimeNs before) {
  while (!panes_.empty() && panes_.begin()->first < before) {
    for (const auto& [key, waiting] : panes_.begin()->second)
      for (const auto& rows : waiting.inputs) held_[waiting.group] -= rows.size();
    panes_.erase(panes_.begin());
  }
}

void JoinRows::save_groups(GroupSections& out) const {
  for (const auto& [start, pane] : panes_) {
    std::vector<const Pane::value_type*> ordered;
    for (const auto& entry : pane) ordered.push_back(&entry);
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    for (const auto* entry : ordered) {
      StateWriter& section = out.of(entry->second.group);
      for (std::size_t input = 0; input < fields_.size(); ++input)
        for (const JoinRow& row : entry->second.inputs[input]) {
          section.put_bytes(entry->first);
          section.put(static_cast<std::uint32_t>(input));
          section.put(row.time);
          section.put_bytes(row.fields);
        }
    }
  }
}

bool JoinRows::restore_group(std::uint32_t group, StateReader& in) {
  while (!in.at_end()) {
    std::string_view key = in.get_bytes();
    auto input = in.get<std::uint32_t>();
    auto time = in.get<TimeNs>();
    std::string_view fields = in.get_bytes();
    if (!in.ok() || input >= fields_.size() || !fields_[input].holds(fields)) return false;
    if (grouping_.group_of(key) != group || !by_.holds(key)) return false;
    if (add(key, input, time, fields) != Added::yes) return false;
  }
  return in.ok();
}

}  // namespace dnstorm::operators
