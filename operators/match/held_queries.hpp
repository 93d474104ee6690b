// The queries of near_misses that have ended, until event time has passed their ends. There is one
// for nearly every packet, and nearly none is ever looked at again: what is kept of each is where
// its row lies, and rows stay in the batches they came in. Not thread-safe.
//
//   held.begin(in);
//   held.add({end, exchange, row, group});                     // rows of that batch
//   held.take(now, [&](std::size_t input, const RowView& row, const HeldQuery& query) {...});
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/key.hpp"

namespace dnstorm::operators {

struct HeldQuery {
  TimeNs end = 0;
  std::uint64_t exchange = 0;
  std::uint32_t row = 0;  // of the batch
  std::uint32_t group = 0;
};

class HeldQueries {
 public:
  void begin(const InputBatch& in) {
    batches_.push_back({in.input, in.batch, {}, time_max});
    batches_.back().queries.reserve(in.rows().size());
  }
  void add(const HeldQuery& query) {
    Held& held = batches_.back();
    held.first_end = std::min(held.first_end, query.end);
    held.queries.push_back(query);
    ++counts_[query.group];
  }
  // How many a key group has.
  std::size_t count(std::uint32_t group) const { return counts_[group]; }

  // Hands out those that have ended by `now`, and forgets them.
  template <class Use>
  void take(TimeNs now, Use&& use) {
    for (Held& held : batches_)
      if (held.first_end <= now) take_of(held, now, use);
    std::erase_if(batches_, [](const Held& held) { return held.queries.empty(); });
  }
  // All of a key group, in the order in which they came.
  template <class Use>
  void each(std::uint32_t group, Use&& use) const {
    for (const Held& held : batches_)
      for (const HeldQuery& query : held.queries)
        if (query.group == group) use(held.input, held.row(query), query);
  }

 private:
  struct Held {
    std::size_t input = 0;
    BatchPtr batch;
    std::vector<HeldQuery> queries;
    TimeNs first_end = time_max;
    RowView row(const HeldQuery& query) const { return {batch->row(query.row), batch->arena()}; }
  };

  template <class Use>
  void take_of(Held& held, TimeNs now, Use& use) {
    TimeNs first_end = time_max;
    std::size_t kept = 0;
    for (const HeldQuery& query : held.queries) {
      if (query.end > now) {
        first_end = std::min(first_end, query.end);
        held.queries[kept++] = query;
        continue;
      }
      --counts_[query.group];
      use(held.input, held.row(query), query);
    }
    held.queries.resize(kept);
    held.first_end = first_end;
  }

  std::vector<Held> batches_;  // in the order in which they came
  std::array<std::size_t, key_groups> counts_{};
};

}  // namespace dnstorm::operators
