// The messages of a task that wait for their other half, and those that have found it and are
// remembered until their deadlines, so that a second response is known as a duplicate.
//
// A message stays from open() until its deadline (its time plus the timeout) has been passed by
// expire(), or until the limits of its key group push it out, the oldest first. Whether another is
// in time depends on event times only, never on when expire() happens to be called. What a key
// group gives depends on its own messages alone, so that it does not show which task has it.
//
// Messages stand in chunks of 64 per key group, in the order in which they came; those that wait
// have an index, which stays small and in the cache. The others are nearly never looked for: the
// chunks of the group are gone through, and only a group that is asked often gets an index of them.
// Belongs to one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/event_time.hpp"
#include "operators/match/query_chunk.hpp"
#include "operators/match/waiting_index.hpp"

namespace dnstorm::operators {

struct QueryLogLimits {
  DurationNs timeout = 0;
  std::size_t open_max = 1;   // waiting at once, in each key group
  std::size_t bytes_max = 0;  // of each key group; at least QueryLog::bytes_min
  bool keep_names = false;    // the text of qname is wanted with every message
};

class QueryLog {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  // So many messages of one transaction wait at once, and so many answered ones are found: each is
  // compared with whatever comes for it, and no client asks so much with one port and id.
  static constexpr std::uint32_t same_max = 64;
  // What a chunk counts for: itself and its share of both indexes and of the table of chunks.
  static constexpr std::size_t chunk_bytes =
      sizeof(QueryChunk) + 2 * WaitingIndex::bytes_per_number * QueryChunk::size + 64;
  static constexpr std::size_t bytes_min = 16 * 1024;
  static_assert(bytes_min >= chunk_bytes + 2048, "a chunk and a name");

  explicit QueryLog(const QueryLogLimits& limits) : limits_(limits) {}

  // What waits under the hash of a transaction; for open() or answer(), if nothing is done to the
  // log in between.
  struct Waiting {
    std::uint32_t number = none;  // of the message that was asked for
    std::uint32_t same = 0;       // so many have the hash
    std::uint32_t place = 0;      // in the index: of `number`; without one, for a new message
    bool there() const { return number != none; }
    // Another one must not be opened.
    bool crowded() const { return same >= same_max; }
  };
  // The waiting message that `message` belongs to and whose deadline is after `message.time`, the
  // first of several. `hash`: of the transaction, well mixed.
  [[gnu::always_inline]] Waiting look_up(std::uint64_t hash, const OpenQuery& message,
                                         MatchBy by) const {
    Waiting found;
    std::uint32_t at = index_.home(hash);
    for (; !index_.free_at(at); at = index_.after(at)) {
      if (!index_.may_be_at(at, hash)) continue;
      ++found.same;
      std::uint32_t number = index_.number_at(at);
      const OpenQuery& held = query(number);
      if (!held.answers(message, by) || message.time >= deadline(held)) continue;
      if (found.there() && !held.before(query(found.number))) continue;
      found.number = number;
      found.place = at;
    }
    if (!found.there()) found.place = at;
    return found;
  }
  // Its number; none if there is none.
  std::uint32_t find_waiting(std::uint64_t hash, const OpenQuery& message, MatchBy by) const {
    return look_up(hash, message, by).number;
  }
  bool crowded(std::uint64_t hash) const {
    std::uint32_t same = 0;
    index_.each(hash, [&](std::uint32_t) { ++same; });
    return same >= same_max;
  }
  // The same among those that have been answered.
  std::uint32_t find_answered(std::uint64_t hash, const OpenQuery& message, MatchBy by);

  // give_up(number) is called for waiting messages that the limits push out, before they go.
  template <class GiveUp>
  void open(std::uint64_t hash, const OpenQuery& query, std::string_view name, GiveUp&& give_up) {
    open(hash, query, name, index_.free_place(hash), give_up);
  }
  // `place`: that look_up() gave, which has found none.
  template <class GiveUp>
  void open(std::uint64_t hash, const OpenQuery& query, std::string_view name, std::uint32_t place,
            GiveUp&& give_up) {
    std::uint32_t group = key_group(hash);
    if (groups_[group].waiting >= limits_.open_max || !tail_takes(groups_[group], name.size()))
        [[unlikely]] {
      make_room(group, name.size(), give_up);
      place = index_.free_place(hash);
    }
    append(group, hash, query, name, place);
  }
  // What its first response is like.
  void note_answer(std::uint32_t number, const OpenQuery& response) {
    OpenQuery& query = chunk(number / QueryChunk::size).queries[number % QueryChunk::size];
    query.answer_size = response.size;
    query.rcode = response.rcode;
  }
  // Is remembered until its deadline.
  void answer(std::uint64_t hash, std::uint32_t number) {
    mark_answered(hash, number);
    index_.remove(hash, number);
  }
  void answer(std::uint64_t hash, const Waiting& found) {
    mark_answered(hash, found.number);
    index_.remove_at(found.place);
  }

  const OpenQuery& query(std::uint32_t number) const {
    return chunk_of(number).queries[number % QueryChunk::size];
  }
  std::uint64_t hash(std::uint32_t number) const {
    return chunk_of(number).hashes[number % QueryChunk::size];
  }
  TimeNs deadline(const OpenQuery& query) const { return add_time(query.time, limits_.timeout); }
  // Empty if names are not kept.
  std::string_view name(std::uint32_t number) const {
    return limits_.keep_names ? chunk_of(number).name(number % QueryChunk::size)
                              : std::string_view();
  }

  // Nothing of the group ends earlier.
  TimeNs next_deadline(std::uint32_t group) const { return due_[group]; }
  // Ends what has a deadline up to `now`: use(number) for those that waited, by deadline, and
  // of equal ones in the order in which they came.
  template <class Use>
  void expire(std::uint32_t group, TimeNs now, Use&& use) {
    if (due_[group] > now) return;
    collect_due(group, now);
    for (std::uint32_t number : ending_) {
      use(number);
      end(number);
    }
    drop_expired_chunks(group, now);
  }

  std::size_t waiting() const { return index_.size(); }
  // Remembered messages that the limits pushed out: another response would not be known.
  std::uint64_t forgotten() const { return forgotten_; }
  bool empty(std::uint32_t group) const { return groups_[group].head == none; }
  // What the limit counts, and what is really held (the pool of chunks and the indexes).
  std::size_t accounted_bytes() const;
  std::size_t held_bytes() const;

  void save(std::uint32_t group, StateWriter& out) const;
  // Into an empty group. False: the bytes are not those of save().
  bool restore(std::uint32_t group, StateReader& in);

  // Two stages of fetching ahead what a message will need: its slot, then the query behind it.
  void prefetch_slot(std::uint64_t hash) const { index_.prefetch(hash); }
  void prefetch_query(std::uint64_t hash) const {
    if (std::uint32_t next = index_.first(hash); next != 0) {
      const QueryChunk& holder = chunk_of(next - 1);
      prefetch_line_to_write(&holder.queries[(next - 1) % QueryChunk::size]);
      prefetch_line_to_write(&holder.waiting);
    }
  }

 private:
  struct Group {
    std::uint32_t head = none, tail = none;  // chunks
    std::uint32_t first_waiting = none;      // no chunk before it has waiting ones; none: head
    std::uint32_t waiting = 0;
    std::size_t bytes = 0;
    std::uint32_t chunks = 0;
    std::uint32_t may_scan = 0;  // so many chunks, before an index is cheaper
    // Of all messages up to a place, those that have gone included; see find_answered().
    WaitingIndex all;
    std::uint32_t indexed_chunk = none;  // none: head
    std::uint32_t indexed_count = 0;     // of that chunk
  };

  QueryChunk& chunk(std::uint32_t number) { return *chunks_[number]; }
  const QueryChunk& chunk(std::uint32_t number) const { return *chunks_[number]; }
  const QueryChunk& chunk_of(std::uint32_t number) const {
    return *chunks_[number / QueryChunk::size];
  }
  bool needs_chunk(const Group& group) const {
    return group.tail == none || chunk(group.tail).count == QueryChunk::size;
  }
  // Whether a message needs no more memory than there is.
  bool tail_takes(const Group& group, std::size_t name_size) const {
    return !needs_chunk(group) && group.bytes <= limits_.bytes_max &&
           (!limits_.keep_names || chunk(group.tail).names.fits(name_size));
  }
  template <class GiveUp>
  void make_room(std::uint32_t group, std::size_t name_size, GiveUp&& give_up) {
    if (groups_[group].waiting >= limits_.open_max) {
      std::uint32_t oldest = oldest_waiting(group);
      give_up(oldest);
      end(oldest);
    }
    while (!has_room(group, name_size)) drop_oldest_chunk(group, give_up);
  }
  bool has_room(std::uint32_t group, std::size_t name_size) const;
  std::size_t names_growth(const Group& group, std::size_t name_size) const;
  void append(std::uint32_t group, std::uint64_t hash, const OpenQuery& query,
              std::string_view name, std::uint32_t place_in_index);
  void append_name(Group& group, QueryChunk& last, std::string_view name);
  void grow_names(Group& group, ChunkNames& names, std::size_t name_size);
  std::uint32_t add_chunk(Group& group);
  void note_due(std::uint32_t group, TimeNs due);
  void mark_answered(std::uint64_t hash, std::uint32_t number) {
    QueryChunk& holder = chunk(number / QueryChunk::size);
    std::uint64_t bit = std::uint64_t{1} << (number % QueryChunk::size);
    holder.waiting &= ~bit;
    holder.answered |= bit;
    --groups_[key_group(hash)].waiting;
  }
  void end(std::uint32_t number);
  std::uint32_t oldest_waiting(std::uint32_t group);
  void collect_due(std::uint32_t group, TimeNs now);
  TimeNs collect_due(std::uint32_t number, QueryChunk& chunk, TimeNs now);
  void drop_expired_chunks(std::uint32_t group, TimeNs now);
  template <class GiveUp>
  void drop_oldest_chunk(std::uint32_t group, GiveUp&& give_up) {
    std::uint32_t head = groups_[group].head;
    while (chunk(head).waiting != 0) {
      std::uint32_t number = head * QueryChunk::size +
                             static_cast<std::uint32_t>(std::countr_zero(chunk(head).waiting));
      give_up(number);
      end(number);
    }
    forgotten_ += static_cast<std::uint64_t>(std::popcount(chunk(head).answered));
    drop_head(group);
  }
  void drop_head(std::uint32_t group);
  bool scan_pays(Group& group) const;
  template <class Use>
  void each_held(Group& group, std::uint64_t hash, Use&& use);
  void index_all(Group& group);
  void make_room_in_index(Group& group);
  void save_chunk(const QueryChunk& chunk, StateWriter& out) const;
  bool restore_chunk(std::uint32_t group, StateReader& in);
  bool restore_names(Group& group, QueryChunk& chunk, StateReader& in);
  bool dues_hold(std::uint32_t group) const;

  QueryLogLimits limits_;
  WaitingIndex index_;  // of those that wait
  std::array<Group, key_groups> groups_;
  std::array<TimeNs, key_groups> due_ = filled(time_max);
  std::vector<std::unique_ptr<QueryChunk>> chunks_;
  std::vector<std::uint32_t> free_;    // chunks to be used again
  std::vector<std::uint32_t> ending_;  // scratch
  std::uint64_t forgotten_ = 0;

  // Longer names are cut: no name of the DNS is.
  static constexpr std::size_t name_max = 1024;
  static std::array<TimeNs, key_groups> filled(TimeNs value) {
    std::array<TimeNs, key_groups> all{};
    all.fill(value);
    return all;
  }
};

[[gnu::always_inline]] inline void QueryLog::append(std::uint32_t group, std::uint64_t hash,
                                                    const OpenQuery& query, std::string_view name,
                                                    std::uint32_t place_in_index) {
  Group& g = groups_[group];
  std::uint32_t number = needs_chunk(g) ? add_chunk(g) : g.tail;
  QueryChunk& last = chunk(number);
  std::uint32_t place = last.count++;
  last.queries[place] = query;
  last.hashes[place] = hash;
  last.meet(hash);
  // Chunks are cold when they are used again. Behind the last query there are hashes, and behind
  // those the rest of the chunk.
  constexpr std::size_t ahead = 4;
  prefetch_line_to_write(last.queries.data() + place + ahead);
  constexpr std::size_t hashes_of_line = 64 / sizeof(std::uint64_t);
  prefetch_line_to_write(last.hashes.data() + place + hashes_of_line);
  last.waiting |= std::uint64_t{1} << place;
  if (limits_.keep_names) append_name(g, last, name);
  TimeNs until = deadline(query);
  last.last_deadline = std::max(last.last_deadline, until);
  if (until < last.due) note_due(group, until);
  ++g.waiting;
  ++g.may_scan;
  index_.add_at(place_in_index, hash, number * QueryChunk::size + place);
}

inline void QueryLog::append_name(Group& group, QueryChunk& last, std::string_view name) {
  name = name.substr(0, name_max);
  if (last.count == 1 || !last.names.fits(name.size())) [[unlikely]]
    grow_names(group, last.names, name.size());
  last.names.append(name);
  // As those of the queries themselves, the lines of names to come.
  constexpr std::size_t names_ahead = 128;
  prefetch_line_to_write(last.names.ahead(names_ahead));
  last.name_ends[last.count - 1] = static_cast<std::uint32_t>(last.names.size());
}

}  // namespace dnstorm::operators
