#include "engine/telemetry/counter.hpp"

namespace dnstorm {

Counter& CounterSet::counter(std::string_view name) {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_)
    if (entry.name == name) return entry.counter;
  Entry& entry = entries_.emplace_back();
  entry.name = name;
  return entry.counter;
}

std::vector<NamedValue> CounterSet::values() const {
  std::lock_guard lock(mutex_);
  std::vector<NamedValue> out;
  out.reserve(entries_.size());
  for (const Entry& entry : entries_) out.push_back({entry.name, entry.counter.value()});
  return out;
}

}  // namespace dnstorm
