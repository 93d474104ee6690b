#include "operators/match/query_log.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {
constexpr std::size_t names_min = 1024;
}  // namespace

// Each message pays for a look into one chunk, so that who asks often costs no more than an index.
bool QueryLog::scan_pays(Group& group) const {
  group.may_scan = std::min(group.may_scan, group.chunks * QueryChunk::size);
  if (group.may_scan < group.chunks) return false;
  group.may_scan -= group.chunks;
  return true;
}

// use(chunk, place, number) for what may have the hash. Entries of the index are not removed with
// their messages: a number that has been given to another message since is found out by looking at
// that, and a message that is found belongs here however it was found.
template <class Use>
void QueryLog::each_held(Group& group, std::uint64_t hash, Use&& use) {
  if (!scan_pays(group)) {
    index_all(group);
    group.all.each(hash, [&](std::uint32_t number) {
      use(chunk_of(number), number % QueryChunk::size, number);
    });
    return;
  }
  std::uint32_t same = 0;
  for (std::uint32_t at = group.head; at != none; at = chunk(at).next) {
    const QueryChunk& holder = chunk(at);
    if (!holder.may_have(hash)) continue;
    for (std::uint32_t place = 0; place < holder.count; ++place) {
      if (holder.hashes[place] != hash || (holder.answered >> place & 1) == 0) continue;
      if (++same > same_max) return;
      use(holder, place, at * QueryChunk::size + place);
    }
  }
}

std::uint32_t QueryLog::find_answered(std::uint64_t hash, const OpenQuery& message, MatchBy by) {
  Group& group = groups_[key_group(hash)];
  if (group.head == none) return none;
  std::uint32_t best = none;
  each_held(group, hash, [&](const QueryChunk& holder, std::uint32_t place, std::uint32_t number) {
    if ((holder.answered >> place & 1) == 0 || holder.hashes[place] != hash) return;
    const OpenQuery& held = holder.queries[place];
    if (!held.answers(message, by) || message.time >= deadline(held)) return;
    if (best == none || held.before(query(best))) best = number;
  });
  return best;
}

void QueryLog::index_all(Group& group) {
  std::uint32_t at = group.indexed_chunk == none ? group.head : group.indexed_chunk;
  std::uint32_t place = group.indexed_chunk == none ? 0 : group.indexed_count;
  for (;; at = chunk(at).next, place = 0) {
    for (const QueryChunk& holder = chunk(at); place < holder.count; ++place) {
      if (group.all.full()) {
        make_room_in_index(group);
        return index_all(group);
      }
      group.all.add(holder.hashes[place], at * QueryChunk::size + place, same_max);
    }
    group.indexed_chunk = at;
    group.indexed_count = place;
    if (chunk(at).next == none) return;
  }
}

// Empties it, so that only what has not gone is entered again, with room for half as much again.
void QueryLog::make_room_in_index(Group& group) {
  std::size_t count = 0;
  for (std::uint32_t at = group.head; at != none; at = chunk(at).next) count += chunk(at).count;
  group.all.reset(count + count / 2);
  group.indexed_chunk = none;
}

std::size_t QueryLog::names_growth(const Group& group, std::size_t name_size) const {
  if (!limits_.keep_names) return 0;
  name_size = std::min(name_size, name_max);
  bool fresh = needs_chunk(group);
  std::size_t used = fresh ? 0 : chunk(group.tail).names.size();
  std::size_t held = fresh ? 0 : chunk(group.tail).names.capacity();
  if (!fresh && used + name_size <= held) return 0;
  return std::max({names_min, 2 * held, used + name_size}) - held;
}

bool QueryLog::has_room(std::uint32_t group, std::size_t name_size) const {
  const Group& g = groups_[group];
  if (g.head == none) return true;
  std::size_t more = needs_chunk(g) ? chunk_bytes : 0;
  return g.bytes + more + names_growth(g, name_size) <= limits_.bytes_max;
}

std::uint32_t QueryLog::add_chunk(Group& group) {
  std::uint32_t number = 0;
  if (free_.empty()) {
    number = static_cast<std::uint32_t>(chunks_.size());
    chunks_.push_back(std::make_unique<QueryChunk>());
  } else {
    number = free_.back();
    free_.pop_back();
  }
  QueryChunk& fresh = chunk(number);
  fresh.prev = group.tail;
  if (group.tail == none)
    group.head = number;
  else
    chunk(group.tail).next = number;
  group.tail = number;
  ++group.chunks;
  group.bytes += chunk_bytes;
  return number;
}

void QueryLog::grow_names(Group& group, ChunkNames& names, std::size_t name_size) {
  std::size_t counted = names.capacity();
  names.reserve(std::max({names_min, 2 * counted, names.size() + name_size}));
  group.bytes += names.capacity() - counted;
}

// Messages come nearly in the order of their times: the loop nearly always ends at once.
void QueryLog::note_due(std::uint32_t group, TimeNs due) {
  for (std::uint32_t at = groups_[group].tail; at != none; at = chunk(at).prev) {
    if (chunk(at).due <= due) return;
    chunk(at).due = due;
  }
  due_[group] = due;
}

void QueryLog::end(std::uint32_t number) {
  QueryChunk& holder = chunk(number / QueryChunk::size);
  std::uint32_t place = number % QueryChunk::size;
  holder.waiting &= ~(std::uint64_t{1} << place);
  --groups_[key_group(holder.hashes[place])].waiting;
  index_.remove(holder.hashes[place], number);
}

std::uint32_t QueryLog::oldest_waiting(std::uint32_t group) {
  Group& g = groups_[group];
  std::uint32_t at = g.first_waiting == none ? g.head : g.first_waiting;
  while (chunk(at).waiting == 0) at = chunk(at).next;
  g.first_waiting = at;
  return at * QueryChunk::size + static_cast<std::uint32_t>(std::countr_zero(chunk(at).waiting));
}

// The chunk's own next deadline, of those that still wait, or the one at which it may go.
TimeNs QueryLog::collect_due(std::uint32_t number, QueryChunk& chunk, TimeNs now) {
  TimeNs next = chunk.last_deadline;
  for (std::uint64_t left = chunk.waiting; left != 0; left &= left - 1) {
    auto place = static_cast<std::uint32_t>(std::countr_zero(left));
    TimeNs until = deadline(chunk.queries[place]);
    if (until <= now)
      ending_.push_back(number * QueryChunk::size + place);
    else
      next = std::min(next, until);
  }
  // A chunk behind another that may not go yet is not looked at again until then.
  return next <= now ? time_max : next;
}

void QueryLog::collect_due(std::uint32_t group, TimeNs now) {
  ending_.clear();
  std::uint32_t at = groups_[group].head, last = none;
  for (; at != none && chunk(at).due <= now; at = chunk(at).next) {
    chunk(at).due = collect_due(at, chunk(at), now);
    last = at;
  }
  TimeNs next = at == none ? time_max : chunk(at).due;
  for (at = last; at != none; at = chunk(at).prev)
    chunk(at).due = next = std::min(next, chunk(at).due);
  due_[group] = next;
  auto earlier = [this](std::uint32_t a, std::uint32_t b) { return query(a).time < query(b).time; };
  if (!std::is_sorted(ending_.begin(), ending_.end(), earlier))
    std::stable_sort(ending_.begin(), ending_.end(), earlier);
}

void QueryLog::drop_expired_chunks(std::uint32_t group, TimeNs now) {
  const Group& g = groups_[group];
  while (g.head != none && chunk(g.head).last_deadline <= now) drop_head(group);
  if (g.head == none) due_[group] = time_max;
}

void QueryLog::drop_head(std::uint32_t group) {
  Group& g = groups_[group];
  std::uint32_t head = g.head;
  QueryChunk& oldest = chunk(head);
  DNSTORM_ASSERT(oldest.waiting == 0, "a chunk with waiting messages is dropped", group);
  g.bytes -= chunk_bytes + (limits_.keep_names ? oldest.names.capacity() : 0);
  g.head = oldest.next;
  if (g.head == none)
    g.tail = none;
  else
    chunk(g.head).prev = none;
  if (g.first_waiting == head) g.first_waiting = g.head;
  if (g.indexed_chunk == head) {
    g.indexed_chunk = g.head;
    g.indexed_count = 0;
  }
  --g.chunks;
  oldest.clear();
  free_.push_back(head);
}

std::size_t QueryLog::accounted_bytes() const {
  std::size_t sum = 0;
  for (const Group& group : groups_) sum += group.bytes;
  return sum;
}

std::size_t QueryLog::held_bytes() const {
  std::size_t sum = chunks_.size() * sizeof(QueryChunk) + index_.bytes() +
                    chunks_.capacity() * sizeof chunks_[0] + free_.capacity() * sizeof free_[0];
  for (const auto& one : chunks_) sum += one->names.held();
  for (const Group& group : groups_) sum += group.all.bytes();
  return sum;
}

}  // namespace dnstorm::operators
