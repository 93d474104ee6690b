// The queries of near_misses that have ended, until event time has passed their ends. There is one
// for nearly every packet, and nearly none is ever looked at again. Event time trails what has come
// by a second or so: at a high rate that is much more than any cache holds, so of each only what
// tells whether it will be looked at is read again, and what comes of a query is kept in its stead,
// not the batch of rows that it came in, which is used anew while it is in the cache. Not
// thread-safe.
//
//   reader.read(row, held.add({end, exchange, group}));
//   held.take(now, [&](const HeldQuery& ended, const OpenQuery& query) {...});
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

struct HeldQuery {
  TimeNs end;
  std::uint64_t exchange;
  std::uint32_t group;
};

class HeldQueries {
 public:
  // Where the query is to be written.
  OpenQuery& add(const HeldQuery& ended) {
    if (last_ == nullptr || last_->count == block_size) [[unlikely]]
      add_block();
    Held& last = *last_;
    last.first_end = std::min(last.first_end, ended.end);
    ++counts_[ended.group];
    std::size_t place = last.count++;
    last.block->ended[place] = ended;
    OpenQuery* query = last.block->queries.data() + place;
    // Blocks are cold when they are used again.
    constexpr std::size_t ahead = 4;
    prefetch_line_to_write(query + ahead);
    return *query;
  }
  // How many a key group has.
  std::size_t count(std::uint32_t group) const { return counts_[group]; }

  // Hands out those that have ended by `now`, in the order in which they came, and forgets them.
  template <class Use>
  void take(TimeNs now, Use&& use) {
    for (Held& held : blocks_)
      if (held.first_end <= now) take_of(held, now, use);
    while (!blocks_.empty() && blocks_.front().empty()) drop_first();
  }
  // All of a key group, in the order in which they came.
  template <class Use>
  void each(std::uint32_t group, Use&& use) const {
    for (const Held& held : blocks_)
      for (std::size_t i = held.begin; i < held.count; ++i)
        if (held.block->ended[i].group == group) use(held.block->ended[i], held.block->queries[i]);
  }

 private:
  static constexpr std::size_t block_size = 256;
  static constexpr std::uint32_t taken = key_groups;  // in the place of a group
  struct Block {
    std::array<HeldQuery, block_size> ended;
    std::array<OpenQuery, block_size> queries;
  };
  struct Held {
    std::unique_ptr<Block> block;
    std::size_t begin = 0;  // those before have been taken
    std::size_t count = 0;
    TimeNs first_end = time_max;
    bool empty() const { return begin == count; }
  };

  template <class Use>
  void take_of(Held& held, TimeNs now, Use& use) {
    Block& block = *held.block;
    TimeNs first_end = time_max;
    std::size_t i = held.begin;
    for (HeldQuery* ended = block.ended.data() + i; i < held.count; ++i, ++ended) {
      if (ended->group == taken) continue;
      if (ended->end > now) {
        first_end = std::min(first_end, ended->end);
        continue;
      }
      --counts_[ended->group];
      use(*ended, block.queries[i]);
      ended->group = taken;
    }
    held.first_end = first_end;
    while (!held.empty() && block.ended[held.begin].group == taken) ++held.begin;
  }

  void add_block() {
    Held& fresh = blocks_.emplace_back();
    if (spare_.empty()) {
      fresh.block = std::make_unique<Block>();
    } else {
      fresh.block = std::move(spare_.back());
      spare_.pop_back();
    }
    last_ = &fresh;
  }
  void drop_first() {
    constexpr std::size_t spare_max = 16;
    if (spare_.size() < spare_max) spare_.push_back(std::move(blocks_.front().block));
    blocks_.pop_front();
    if (blocks_.empty()) last_ = nullptr;
  }

  std::deque<Held> blocks_;  // in the order in which they came
  Held* last_ = nullptr;     // of blocks_
  std::vector<std::unique_ptr<Block>> spare_;
  std::array<std::size_t, key_groups> counts_{};
};

}  // namespace dnstorm::operators
