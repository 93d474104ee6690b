// The rows that wait to be joined: by pane of event time, by key, by input. What is held is
// bounded: each key group has an equal share of the room, so that what finds none does not depend
// on the number of tasks. Used by one task; not thread-safe.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/count/key_index.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

struct JoinRow {
  TimeNs time = 0;
  std::string fields;  // as KeyReader::append() writes them
};

// Of one key in one window, by input; in the order of time and, at one time, of their bytes.
using JoinedRows = std::vector<std::vector<const JoinRow*>>;

class JoinRows final : public KeyedState {
 public:
  // `by`: the order of keys. `fields`: one an input, of what is kept of its rows.
  void prepare(KeyGrouping grouping, KeyOrder by, std::vector<KeyOrder> fields, WindowShape shape,
               DurationNs lateness, std::uint64_t rows_max);

  enum class Added : std::uint8_t { yes, late, no_room };
  Added add(std::string_view key, std::size_t input, TimeNs time, std::string_view fields);
  // Event time has reached `now`: use(key, rows, bounds) for every key of every window that is
  // complete; windows by time, keys in their order.
  using Use = std::function<void(std::string_view, const JoinedRows&, WindowBounds)>;
  void close(TimeNs now, const Use& use);

  TimeNs watermark() const { return watermark_; }
  void restore_watermark(TimeNs watermark) { watermark_ = watermark; }
  void save_groups(GroupSections& out) const override;
  bool restore_group(std::uint32_t group, StateReader& in) override;

 private:
  struct Waiting {
    std::uint32_t group = 0;
    std::vector<std::vector<JoinRow>> inputs;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return hash_bytes(key); }
  };
  using Pane = std::unordered_map<std::string, Waiting, Hash, std::equal_to<>>;
  using Panes = std::map<TimeNs, Pane>;  // by start

  bool is_closed(WindowBounds pane) const;
  void use_window(WindowBounds window, const Use& use) const;
  void drop_panes(TimeNs before);

  KeyGrouping grouping_;
  KeyOrder by_;
  std::vector<KeyOrder> fields_;
  WindowShape shape_;
  DurationNs lateness_ = 0;
  std::uint64_t share_ = 0;  // of a key group
  TimeNs watermark_ = time_min;
  Panes panes_;
  std::array<std::uint64_t, key_groups> held_{};  // rows, by key group
};

}  // namespace dnstorm::operators
