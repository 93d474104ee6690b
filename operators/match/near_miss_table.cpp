#include "operators/match/near_miss_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/api/batch.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

// Of all that must be the same when `differs` is what differs.
std::uint64_t NearMissTable::key(const OpenQuery& m, MatchDifference differs) {
  std::uint64_t words[4];
  std::memcpy(words, m.client.bytes.data(), 16);
  std::memcpy(words + 2, m.server.bytes.data(), 16);
  auto kind = static_cast<std::uint64_t>(differs);
  std::uint64_t hash = kind << 24 | std::uint64_t{m.qtype} << 8 | m.transport;
  for (std::uint64_t word : words) hash = hash_combine(hash, word);
  hash = hash_combine(hash, m.qname_hash);
  std::uint64_t rest = 0;
  if (differs != MatchDifference::id) rest |= m.id;
  if (differs != MatchDifference::client_port) rest |= std::uint64_t{m.client_port} << 16;
  if (differs != MatchDifference::server_port) rest |= std::uint64_t{m.server_port} << 32;
  return hash_combine(hash, rest);
}

namespace {

// Whether that is all that differs.
bool only_differs(const OpenQuery& a, const OpenQuery& b, MatchDifference what) {
  using enum MatchDifference;
  return a.same_hosts(b) && a.same_question(b) && a.transport == b.transport &&
         (a.id != b.id) == (what == id) &&
         (a.client_port != b.client_port) == (what == client_port) &&
         (a.server_port != b.server_port) == (what == server_port);
}

auto order(const EndedQuery& a) {
  return std::tie(a.end, a.query.time, a.query.id, a.query.client_port, a.query.server_port,
                  a.query.qname_hash, a.query.qtype, a.query.transport, a.query.client,
                  a.query.server);
}

}  // namespace

namespace {
std::size_t names_of(const StrayResponse& one) { return one.name.size() + one.asked.size(); }
}  // namespace

void NearMissTable::add_query(const OpenQuery& query, TimeNs end) {
  queries_.push_back({query, end});
  bytes_ += query_bytes;
  next_ = std::min(next_, end);
  if (bytes_ > bytes_max_) push_out();
}

void NearMissTable::add_response(StrayResponse response) {
  // Longer names are cut: no name of the DNS is.
  constexpr std::size_t name_max = 1024;
  if (response.name.size() > name_max) response.name.resize(name_max);
  if (response.asked.size() > name_max) response.asked.resize(name_max);
  bytes_ += response_bytes + names_of(response);
  if (response.difference != MatchDifference::none) {
    next_ = std::min(next_, response.decided);
    decided_.push_back(std::move(response));
    return;
  }
  next_ = std::min(next_, add_time(response.response.time, timeout_));
  note_waiting(response.exchange);
  std::uint64_t id = first_id_ + responses_.size();
  for (MatchDifference kind : kinds) buckets_[key(response.response, kind)].ids.push_back(id);
  responses_.push_back({std::move(response), false});
  if (bytes_ > bytes_max_) push_out();
}

void NearMissTable::note_waiting(std::uint64_t exchange) {
  ++waiting_slots_[exchange_slot(exchange)];
  ++waiting_[exchange];
}

void NearMissTable::note_decided(std::uint64_t exchange) {
  --waiting_slots_[exchange_slot(exchange)];
  auto found = waiting_.find(exchange);
  if (--found->second == 0) waiting_.erase(found);
}

// The oldest responses, until half of their table is free, or the older half of the queries.
void NearMissTable::push_out() {
  while (bytes_ > bytes_max_) {
    erase_front();
    if (bytes_ <= bytes_max_) return;
    if (responses_head_ < responses_.size()) {
      ++given_up_;
      Held& oldest = responses_[responses_head_];
      decide(oldest, oldest.stray.response.time, pushed_out_);
    } else if (!queries_.empty()) {
      std::size_t half = queries_.size() / 2 + 1;
      queries_.erase(queries_.begin(), queries_.begin() + static_cast<std::ptrdiff_t>(half));
      bytes_ -= half * query_bytes;
    } else {
      return;
    }
  }
}

void NearMissTable::decide(Held& one, TimeNs when, std::vector<StrayResponse>& where) {
  one.decided = true;
  one.stray.decided = when;
  note_decided(one.stray.exchange);
  bytes_ -= names_of(one.stray);
  unlink(one.stray.response);
  where.push_back(std::move(one.stray));
  one.stray.name = one.stray.asked = {};
}

void NearMissTable::erase_front() {
  while (responses_head_ < responses_.size() && responses_[responses_head_].decided)
    ++responses_head_;
  if (responses_head_ == 0 || responses_head_ * 2 < responses_.size()) return;
  responses_.erase(responses_.begin(),
                   responses_.begin() + static_cast<std::ptrdiff_t>(responses_head_));
  bytes_ -= responses_head_ * response_bytes;
  first_id_ += responses_head_;
  responses_head_ = 0;
}

// Its buckets lose what has been decided at their front, or go.
void NearMissTable::unlink(const OpenQuery& message) {
  for (MatchDifference kind : kinds) {
    auto found = buckets_.find(key(message, kind));
    if (found == buckets_.end()) continue;
    Bucket& bucket = found->second;
    while (bucket.head < bucket.ids.size() &&
           (bucket.ids[bucket.head] < first_id_ || held(bucket.ids[bucket.head]).decided))
      ++bucket.head;
    if (bucket.head == bucket.ids.size()) buckets_.erase(found);
  }
}

void NearMissTable::settle(TimeNs now) {
  for (const StrayResponse& one : decided_) bytes_ -= response_bytes + names_of(one);
  if (next_ > now) return;
  std::size_t undecided = responses_.size() - responses_head_;
  auto later = std::partition(queries_.begin(), queries_.end(),
                              [now](const EndedQuery& one) { return one.end > now; });
  if (undecided != 0) {
    std::sort(later, queries_.end(),
              [](const EndedQuery& a, const EndedQuery& b) { return order(a) < order(b); });
    for (auto one = later; one != queries_.end(); ++one) settle(*one);
  }
  bytes_ -= static_cast<std::size_t>(queries_.end() - later) * query_bytes;
  queries_.erase(later, queries_.end());
  for (std::size_t i = responses_head_; i < responses_.size(); ++i) {
    Held& one = responses_[i];
    TimeNs until = add_time(one.stray.response.time, timeout_);
    if (!one.decided && until <= now) decide(one, until, decided_);
  }
  drop_decided();
}

void NearMissTable::settle(const EndedQuery& ended) {
  for (MatchDifference kind : kinds) settle(ended, kind);
}

void NearMissTable::settle(const EndedQuery& ended, MatchDifference kind) {
  auto found = buckets_.find(key(ended.query, kind));
  if (found == buckets_.end()) return;
  // decide() may erase the bucket: the ids are copied.
  const Bucket& bucket = found->second;
  std::size_t count = std::min(bucket.ids.size() - bucket.head, compared_max);
  auto begin = bucket.ids.begin() + static_cast<std::ptrdiff_t>(bucket.head);
  const std::vector<std::uint64_t> ids(begin, begin + static_cast<std::ptrdiff_t>(count));
  for (std::uint64_t id : ids) {
    if (id < first_id_) continue;
    Held& one = held(id);
    if (one.decided || !only_differs(one.stray.response, ended.query, kind)) continue;
    TimeNs came = one.stray.response.time;
    if (came < ended.query.time || came >= ended.end) continue;
    one.stray.difference = kind;
    one.stray.query = ended.query;
    decide(one, ended.end, decided_);
  }
}

// Also finds out when there is something to do again.
void NearMissTable::drop_decided() {
  erase_front();
  next_ = time_max;
  for (const EndedQuery& one : queries_) next_ = std::min(next_, one.end);
  for (const Held& one : responses_)
    if (!one.decided) next_ = std::min(next_, add_time(one.stray.response.time, timeout_));
}

void NearMissTable::save(StateWriter& out) const {
  auto save_response = [&out](const StrayResponse& one) {
    one.response.save(out);
    one.query.save(out);
    out.put(one.difference);
    out.put(one.decided);
    out.put(one.exchange);
    out.put_bytes(one.name);
    out.put_bytes(one.asked);
  };
  out.put(next_);
  out.put(std::uint64_t{queries_.size()});
  for (const EndedQuery& one : queries_) {
    one.query.save(out);
    out.put(one.end);
  }
  // Those that have been decided, too: they count until they are dropped.
  out.put(std::uint64_t{responses_.size()});
  for (const Held& one : responses_) {
    out.put(std::uint8_t{one.decided});
    if (!one.decided) save_response(one.stray);
  }
  out.put(std::uint64_t{decided_.size()});
  for (const StrayResponse& one : decided_) save_response(one);
}

namespace {
StrayResponse read_response(StateReader& in) {
  StrayResponse one;
  one.response = OpenQuery::restore(in);
  one.query = OpenQuery::restore(in);
  one.difference = in.get<MatchDifference>();
  one.decided = in.get<TimeNs>();
  one.exchange = in.get<std::uint64_t>();
  one.name = in.get_bytes();
  one.asked = in.get_bytes();
  return one;
}
}  // namespace

bool NearMissTable::restore(StateReader& in) {
  auto next = in.get<TimeNs>();
  for (auto left = in.get_count(OpenQuery::saved_size); left != 0; --left) {
    OpenQuery query = OpenQuery::restore(in);
    add_query(query, in.get<TimeNs>());
  }
  for (auto left = in.get_count(1); left != 0; --left)
    if (!restore_response(in)) return false;
  for (auto left = in.get_count(2 * OpenQuery::saved_size); left != 0; --left) {
    StrayResponse one = read_response(in);
    if (one.difference != MatchDifference::question) return false;
    add_response(std::move(one));
  }
  next_ = std::min(next_, next);
  return in.ok();
}

bool NearMissTable::restore_response(StateReader& in) {
  if (in.get<std::uint8_t>() != 0) {
    responses_.push_back({{}, true});
    bytes_ += response_bytes;
    return in.ok();
  }
  StrayResponse one = read_response(in);
  if (!in.ok() || one.difference != MatchDifference::none) return false;
  add_response(std::move(one));
  return true;
}

}  // namespace dnstorm::operators
