// QueryLog in a checkpoint: its chunks as they stand, so that the limits push out the same messages
// later, whoever holds the group then.
#include <algorithm>

#include "operators/match/query_log.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t chunk_saved_min = 4 * sizeof(std::uint64_t);

std::uint64_t places(std::uint32_t count) {
  return count == QueryChunk::size ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

template <class Use>
void each_bit(std::uint64_t bits, Use&& use) {
  for (; bits != 0; bits &= bits - 1) use(static_cast<std::uint32_t>(std::countr_zero(bits)));
}

}  // namespace

void QueryLog::save(std::uint32_t group, StateWriter& out) const {
  std::uint64_t count = 0;
  for (std::uint32_t at = groups_[group].head; at != none; at = chunk(at).next) ++count;
  out.put(count);
  out.put(due_[group]);
  for (std::uint32_t at = groups_[group].head; at != none; at = chunk(at).next)
    save_chunk(chunk(at), out);
}

void QueryLog::save_chunk(const QueryChunk& chunk, StateWriter& out) const {
  out.put(chunk.count);
  out.put(chunk.waiting);
  out.put(chunk.answered);
  out.put(chunk.due);
  out.put(chunk.last_deadline);
  each_bit(chunk.waiting | chunk.answered, [&](std::uint32_t place) {
    out.put(chunk.hashes[place]);
    chunk.queries[place].save(out);
  });
  if (!limits_.keep_names) return;
  out.put(std::uint64_t{chunk.names.capacity()});
  out.put_bytes(chunk.names.text());
  for (std::uint32_t place = 0; place < chunk.count; ++place) out.put(chunk.name_ends[place]);
}

bool QueryLog::restore(std::uint32_t group, StateReader& in) {
  auto count = in.get_count(chunk_saved_min);
  due_[group] = in.get<TimeNs>();
  for (; count != 0; --count)
    if (!restore_chunk(group, in)) return false;
  return in.ok() && dues_hold(group);
}

bool QueryLog::restore_chunk(std::uint32_t group, StateReader& in) {
  Group& g = groups_[group];
  std::uint32_t number = add_chunk(g);
  QueryChunk& fresh = chunk(number);
  fresh.count = in.get<std::uint32_t>();
  auto waiting = in.get<std::uint64_t>();
  auto answered = in.get<std::uint64_t>();
  fresh.due = in.get<TimeNs>();
  fresh.last_deadline = in.get<TimeNs>();
  if (!in.ok() || fresh.count == 0 || fresh.count > QueryChunk::size) return false;
  if ((waiting & answered) != 0 || ((waiting | answered) & ~places(fresh.count)) != 0) return false;
  bool good = true;
  each_bit(waiting | answered, [&](std::uint32_t place) {
    fresh.hashes[place] = in.get<std::uint64_t>();
    fresh.meet(fresh.hashes[place]);
    fresh.queries[place] = OpenQuery::restore(in);
    good = good && in.ok() && key_group(fresh.hashes[place]) == group &&
           deadline(fresh.queries[place]) <= fresh.last_deadline;
  });
  if (!good || (limits_.keep_names && !restore_names(g, fresh, in))) return false;
  fresh.waiting = waiting;
  fresh.answered = answered;
  each_bit(waiting, [&](std::uint32_t place) {
    index_.add(fresh.hashes[place], number * QueryChunk::size + place);
    ++g.waiting;
  });
  return true;
}

bool QueryLog::restore_names(Group& group, QueryChunk& chunk, StateReader& in) {
  constexpr std::size_t names_min = 1024;
  auto capacity = in.get<std::uint64_t>();
  std::string_view names = in.get_bytes();
  if (!in.ok() || capacity < names.size() ||
      capacity > std::max<std::uint64_t>(names_min, 2 * names.size()))
    return false;
  chunk.names.reserve(capacity);
  chunk.names.append(names);
  group.bytes += chunk.names.capacity();
  std::uint32_t before = 0;
  for (std::uint32_t place = 0; place < chunk.count; ++place) {
    auto end = in.get<std::uint32_t>();
    if (end < before || end > names.size()) return false;
    chunk.name_ends[place] = before = end;
  }
  return in.ok();
}

// Otherwise a message would never end.
bool QueryLog::dues_hold(std::uint32_t group) const {
  TimeNs due = time_max;
  for (std::uint32_t at = groups_[group].tail; at != none; at = chunk(at).prev) {
    each_bit(chunk(at).waiting,
             [&](std::uint32_t p) { due = std::min(due, deadline(chunk(at).queries[p])); });
    if (chunk(at).due > due) return false;
    due = chunk(at).due;
  }
  return due_[group] <= due;
}

}  // namespace dnstorm::operators
