#include "operators/match/answered_log.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "operators/event_time.hpp"

namespace dnstorm::operators {

namespace {
constexpr std::size_t slots_min = 16;
constexpr std::size_t spare_max = 2;
}  // namespace

std::string_view AnsweredLog::Slice::name(std::size_t number) const {
  if (name_ends.empty()) return {};
  std::size_t from = number == 0 ? 0 : name_ends[number - 1];
  return std::string_view(names).substr(from, name_ends[number] - from);
}

void AnsweredLog::Slice::index_all() {
  if (indexed == queries.size()) return;
  if (queries.size() * 2 > slots.size()) {
    slots.assign(std::max(slots_min, std::bit_ceil(queries.size() * 2)), Slot{});
    indexed = 0;
  }
  while (indexed < queries.size()) enter(static_cast<std::uint32_t>(indexed++));
}

void AnsweredLog::Slice::enter(std::uint32_t number) {
  std::size_t mask = slots.size() - 1;
  std::size_t at = hashes[number] & mask;
  while (slots[at].next != 0) at = (at + 1) & mask;
  slots[at] = {hashes[number], number + 1};
}

void AnsweredLog::Slice::clear() {
  queries.clear();
  hashes.clear();
  name_ends.clear();
  names.clear();
  slots.clear();
  indexed = 0;
}

TimeNs AnsweredLog::begin_of(std::int64_t id) const {
  TimeNs begin = 0;
  bool beyond = __builtin_mul_overflow(id, width(), &begin);
  if (!beyond) return begin;
  return id < 0 ? time_min : time_max;
}

AnsweredLog::Slice& AnsweredLog::slice_of(TimeNs deadline) {
  // Nearly always the newest, and a division costs as much as all the rest.
  if (!slices_.empty() && deadline >= slices_.back().begin && deadline < slices_.back().end)
    return slices_.back();
  std::int64_t id = deadline / width() - (deadline % width() < 0 ? 1 : 0);
  auto place = slices_.end();
  while (place != slices_.begin() && std::prev(place)->id > id) --place;
  if (place != slices_.begin() && std::prev(place)->id == id) return *std::prev(place);
  Slice fresh;
  if (!spare_.empty()) {
    fresh = std::move(spare_.back());
    spare_.pop_back();
  }
  fresh.id = id;
  fresh.begin = begin_of(id);
  fresh.end = begin_of(id + 1);
  return *slices_.insert(place, std::move(fresh));
}

void AnsweredLog::add(std::uint64_t hash, const OpenQuery& query, std::string_view name) {
  if (size_ >= entries_max_) drop_oldest();
  Slice& slice = slice_of(add_time(query.time, timeout_));
  slice.queries.push_back(query);
  slice.hashes.push_back(static_cast<std::uint32_t>(hash));
  if (keep_names_) {
    slice.names += name;
    slice.name_ends.push_back(slice.names.size());
  }
  ++size_;
}

AnsweredLog::Found AnsweredLog::find(std::uint64_t hash, const OpenQuery& message,
                                     bool by_question) {
  Found best;
  auto low = static_cast<std::uint32_t>(hash);
  for (Slice& slice : slices_) {
    slice.index_all();
    std::size_t mask = slice.slots.size() - 1;
    for (std::size_t at = low & mask; slice.slots[at].next != 0; at = (at + 1) & mask) {
      if (slice.slots[at].hash != low) continue;
      std::uint32_t number = slice.slots[at].next - 1;
      const OpenQuery& query = slice.queries[number];
      if (!query.same_transaction(message)) continue;
      if (by_question && !query.same_question(message)) continue;
      if (message.time >= add_time(query.time, timeout_)) continue;
      if (best.query == nullptr || query.before(*best.query)) best = {&query, slice.name(number)};
    }
  }
  return best;
}

TimeNs AnsweredLog::next_deadline() const {
  return slices_.empty() ? time_max : slices_.front().end;
}

void AnsweredLog::expire(TimeNs now) {
  while (!slices_.empty() && next_deadline() <= now) drop_oldest();
}

// Entries in the order of the slices: added again in it, they make the same slices.
void AnsweredLog::save(StateWriter& out) const {
  out.put(std::uint64_t{size_});
  for (const Slice& slice : slices_) {
    for (std::size_t i = 0; i < slice.queries.size(); ++i) {
      out.put(slice.hashes[i]);
      slice.queries[i].save(out);
      out.put_bytes(slice.name(i));
    }
  }
}

bool AnsweredLog::restore(StateReader& in) {
  for (std::uint64_t left = in.get_count(sizeof(OpenQuery)); left != 0; --left) {
    auto hash = in.get<std::uint32_t>();
    OpenQuery query = OpenQuery::restore(in);
    std::string_view name = in.get_bytes();
    if (!in.ok()) return false;
    add(hash, query, name);
  }
  return in.ok();
}

void AnsweredLog::drop_oldest() {
  Slice oldest = std::move(slices_.front());
  slices_.erase(slices_.begin());
  size_ -= oldest.queries.size();
  if (spare_.size() == spare_max) return;
  oldest.clear();
  spare_.push_back(std::move(oldest));
}

}  // namespace dnstorm::operators
