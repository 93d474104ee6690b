// Rows that wait until event time has passed them, to go on in the order of their times: so what is
// made of them does not depend on the order in which they came. Rows of one time are ordered by
// key, those of one key by the bytes of their fields. Each key group has an equal share of the
// room. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "engine/api/options.hpp"

namespace dnstorm::operators {

// An option that says how many rows or keys a bolt holds at most: a share of it for each key group.
OptionSpec room_option(const char* name, const char* help);

class WaitingRows final : public KeyedState {
 public:
  struct Row {
    TimeNs time = 0;
    std::string key;
    BatchPtr batch;
    std::uint32_t number = 0;  // within the batch
    std::uint32_t group = 0;
    std::uint64_t arrival = 0;  // ascends from row to row
    RowView view() const { return {batch->row(number), batch->arena()}; }
  };

  // Rows of this schema, with keys of the fields `by`.
  void prepare(KeyGrouping grouping, SchemaPtr schema, std::uint64_t rows_max);
  // False: there is no room, and the row does not wait.
  bool add(std::string_view key, TimeNs time, const BatchPtr& batch, std::uint32_t number);
  // Those before that time (time_max: all), which wait no longer, in the order of their times.
  std::vector<Row> take_before(TimeNs time);

  void save_groups(GroupSections& out) const override;
  bool restore_group(std::uint32_t group, StateReader& in) override;

 private:
  bool before(const Row& a, const Row& b) const;

  KeyGrouping grouping_;
  SchemaPtr schema_;
  KeyReader fields_;  // all of them
  std::vector<std::uint32_t> offsets_;
  std::uint64_t share_ = 0;  // of a key group
  std::vector<Row> rows_;    // as they came
  std::uint64_t arrivals_ = 0;
  std::array<std::uint64_t, key_groups> held_{};
};

}  // namespace dnstorm::operators
