// MatchTable in a checkpoint: with the numbers of the queries and the deadlines as they stand,
// those of closed queries too: the order in which queries with one deadline expire depends on them.
#include <algorithm>

#include "operators/match/match_table.hpp"

namespace dnstorm::operators {

namespace {

constexpr auto later = [](const auto& a, const auto& b) { return a.time > b.time; };

}  // namespace

void MatchTable::save(StateWriter& out) const {
  out.put(std::uint64_t{size_});
  for (const Slot& slot : slots_) {
    if (slot.next == 0) continue;
    std::uint32_t number = slot.next - 1;
    out.put(number);
    out.put(slot.hash);
    queries_[number].save(out);
    out.put_bytes(name(number));
  }
  out.put(std::uint64_t{free_.size()});
  for (std::uint32_t number : free_) out.put(number);
  auto save_deadlines = [&out](const auto& deadlines, std::size_t from) {
    out.put(std::uint64_t{deadlines.size() - from});
    for (std::size_t i = from; i < deadlines.size(); ++i) {
      out.put(deadlines[i].time);
      out.put(deadlines[i].hash);
      out.put(deadlines[i].number);
    }
  };
  save_deadlines(queue_, queue_head_);
  save_deadlines(heap_, 0);
}

bool MatchTable::restore(StateReader& in) {
  if (!restore_queries(in) || !restore_deadlines(in, queue_) || !restore_deadlines(in, heap_))
    return false;
  auto ascends = [](const Deadline& a, const Deadline& b) { return a.time < b.time; };
  return std::is_sorted(queue_.begin(), queue_.end(), ascends) &&
         std::is_heap(heap_.begin(), heap_.end(), later) && all_have_deadlines();
}

// Together, the numbers of the open queries and the free ones are 0, 1, 2, ..., each once.
bool MatchTable::restore_queries(StateReader& in) {
  struct Open {
    std::uint32_t number, hash;
    OpenQuery query;
    std::string_view name;
  };
  std::vector<Open> open;
  for (std::uint64_t left = in.get_count(sizeof(OpenQuery)); left != 0; --left) {
    auto number = in.get<std::uint32_t>();
    auto hash = in.get<std::uint32_t>();
    OpenQuery query = OpenQuery::restore(in);
    open.push_back({number, hash, query, in.get_bytes()});
  }
  for (std::uint64_t left = in.get_count(sizeof(std::uint32_t)); left != 0; --left)
    free_.push_back(in.get<std::uint32_t>());
  std::vector<bool> taken(open.size() + free_.size());
  auto take = [&taken](std::uint32_t number) {
    if (number >= taken.size() || taken[number]) return false;
    taken[number] = true;
    return true;
  };
  if (!in.ok() || !std::all_of(free_.begin(), free_.end(), take)) return false;
  queries_.resize(taken.size());
  if (keep_names_) names_.resize(taken.size());
  for (const Open& one : open) {
    if (!take(one.number)) return false;
    if ((size_ + 1) * 2 > slots_.size()) grow();
    queries_[one.number] = one.query;
    if (keep_names_) names_[one.number] = one.name;
    enter(one.hash, one.number);
  }
  return true;
}

bool MatchTable::restore_deadlines(StateReader& in, std::vector<Deadline>& deadlines) const {
  for (std::uint64_t left = in.get_count(sizeof(Deadline)); left != 0; --left) {
    auto time = in.get<TimeNs>();
    auto hash = in.get<std::uint32_t>();
    deadlines.push_back({time, hash, in.get<std::uint32_t>()});
    if (deadlines.back().number >= queries_.size()) return false;
  }
  return in.ok();
}

// A query without one would never be closed.
bool MatchTable::all_have_deadlines() const {
  std::vector<bool> due(queries_.size());
  auto mark = [&](const Deadline& deadline) {
    if (place_of(deadline) != none) due[deadline.number] = true;
  };
  std::for_each(queue_.begin(), queue_.end(), mark);
  std::for_each(heap_.begin(), heap_.end(), mark);
  return static_cast<std::size_t>(std::count(due.begin(), due.end(), true)) == size_;
}

}  // namespace dnstorm::operators
