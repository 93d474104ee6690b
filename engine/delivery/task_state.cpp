#include "engine/delivery/task_state.hpp"

#include <algorithm>

#include "engine/api/bolt_state.hpp"
#include "engine/api/key.hpp"

namespace dnstorm::delivery {

namespace {

struct Whole {  // what is known of a task
  TaskState own;
  BoltState bolt;
};

Result<std::vector<Whole>> read_all(const std::vector<std::string>& states) {
  std::vector<Whole> all;
  for (const std::string& bytes : states) {
    StateReader in(bytes);
    Whole& one = all.emplace_back();
    bool good = one.own.read(in) && (one.own.ended || one.bolt.read(in));
    if (!good) return Error{ErrorKind::data, "its state in the checkpoint cannot be read", {}};
  }
  return all;
}

void add_counters(const TaskState& from, TaskState& to) {
  for (const auto& [name, value] : from.counters) {
    auto is_it = [&name = name](const auto& counter) { return counter.first == name; };
    auto known = std::find_if(to.counters.begin(), to.counters.end(), is_it);
    if (known == to.counters.end())
      to.counters.emplace_back(name, value);
    else
      known->second += value;
  }
}

// What tasks that have ended kept by key has been handed out.
Result<Whole> merge(const std::vector<Whole>& all) {
  Whole merged;
  merged.own = {true, time_max, {}};
  bool any_open = false;
  for (const Whole& one : all) {
    add_counters(one.own, merged.own);
    if (one.own.ended) continue;
    if (any_open && one.bolt.whole != merged.bolt.whole)
      return Error{ErrorKind::data,
                   "its tasks have saved state that is not by key and not the same in all",
                   {}};
    any_open = true;
    merged.own.ended = false;
    merged.own.watermark = std::min(merged.own.watermark, one.own.watermark);
    merged.bolt.whole = one.bolt.whole;
    merged.bolt.sections.insert(merged.bolt.sections.end(), one.bolt.sections.begin(),
                                one.bolt.sections.end());
  }
  return merged;
}

}  // namespace

void TaskState::write(StateWriter& out) const {
  out.put(ended);
  out.put(watermark);
  out.put(std::uint64_t{counters.size()});
  for (const auto& [name, value] : counters) {
    out.put_bytes(name);
    out.put(value);
  }
}

bool TaskState::read(StateReader& in) {
  ended = in.get<bool>();
  watermark = in.get<TimeNs>();
  for (std::uint64_t left = in.get_count(2 * sizeof(std::uint64_t)); left != 0; --left) {
    std::string name(in.get_bytes());
    counters.emplace_back(std::move(name), in.get<std::uint64_t>());
  }
  return in.ok();
}

Result<std::vector<std::string>> divide_anew(const std::vector<std::string>& states,
                                             std::uint32_t tasks, Division division) {
  std::vector<Whole> all = DNSTORM_TRY(read_all(states));
  Whole merged = DNSTORM_TRY(merge(all));
  std::vector<BoltState> parts(tasks, BoltState{merged.bolt.whole, {}});
  for (const BoltState::Section& section : merged.bolt.sections) {
    std::uint32_t task = division == Division::by_group ? task_of_group(section.group, tasks) : 0;
    parts[task].sections.push_back(section);
  }
  std::vector<std::string> divided;
  for (const BoltState& part : parts) {
    StateWriter out;
    merged.own.write(out);
    if (!merged.own.ended) part.write(out);
    divided.push_back(out.take());
    merged.own.counters.clear();
  }
  return divided;
}

}  // namespace dnstorm::delivery
