#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Storm lets streams form cycles. What is given on in rounds must not: an input that closes a cycle
// is cut, and its rows come back by way of the feedback.
class Orderer {
 public:
  explicit Orderer(Draft& draft) : draft_(draft), placed_(draft.components.size(), false) {}

  // Every component that is not placed after this is on a cycle or behind one.
  bool place() {
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t i = 0; i < placed_.size(); ++i) {
        if (placed_[i] || !ready(i)) continue;
        placed_[i] = progress = true;
        draft_.order.push_back(i);
      }
    }
    return draft_.order.size() == placed_.size();
  }

  // Cuts where a cycle is entered, at the first such component of the file. False: none of the
  // components that are left is fed by one that has its place.
  bool cut() {
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      if (placed_[i] || !is_entered(i)) continue;
      bool found = false;
      for (DraftInput& input : draft_.components[i].inputs) {
        if (waits_for(input) && reaches(i, input.from)) input.closes_cycle = found = true;
      }
      if (found) return true;
    }
    return false;
  }

  // A cycle, along its streams, beginning with what stands first in the file.
  std::vector<std::size_t> find_cycle() const {
    auto waiting = std::find(placed_.begin(), placed_.end(), false);
    std::vector<std::size_t> path;
    for (auto at = static_cast<std::size_t>(waiting - placed_.begin());;) {
      auto seen = std::find(path.begin(), path.end(), at);
      if (seen != path.end()) {
        path.erase(path.begin(), seen);
        break;
      }
      path.push_back(at);
      const auto& inputs = draft_.components[at].inputs;
      at =
          std::find_if(inputs.begin(), inputs.end(), [&](auto& in) { return waits_for(in); })->from;
    }
    std::reverse(path.begin(), path.end());  // it was found against the streams
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    return path;
  }

 private:
  bool waits_for(const DraftInput& input) const {
    return !input.closes_cycle && !placed_[input.from];
  }
  bool ready(std::size_t i) const {
    const auto& inputs = draft_.components[i].inputs;
    return std::none_of(inputs.begin(), inputs.end(), [&](auto& in) { return waits_for(in); });
  }
  bool is_entered(std::size_t i) const {
    const auto& inputs = draft_.components[i].inputs;
    return std::any_of(inputs.begin(), inputs.end(), [&](auto& in) { return placed_[in.from]; });
  }

  // Whether what `from` gives comes to `to`, through components that have no place yet.
  bool reaches(std::size_t from, std::size_t to) const {
    std::vector<bool> seen(placed_.size(), false);
    std::vector<std::size_t> open = {to};
    while (!open.empty()) {
      std::size_t at = open.back();
      open.pop_back();
      if (at == from) return true;
      if (seen[at]) continue;
      seen[at] = true;
      for (const DraftInput& input : draft_.components[at].inputs)
        if (waits_for(input)) open.push_back(input.from);
    }
    return false;
  }

  Draft& draft_;
  std::vector<bool> placed_;
};

void report_cycle(Draft& draft, const std::vector<std::size_t>& cycle, bool fed) {
  std::string path;
  for (std::size_t i : cycle) path += draft.components[i].id() + " -> ";
  const DraftComponent& first = draft.components[cycle.front()];
  draft.add(first.source->place,
            fmt::format("the streams form a cycle: {}{}; {}", path, first.id(),
                        fed ? "that needs 'topology.delivery: at-least-once' in the config"
                            : "no spout feeds it"));
}

// Where every bolt has an input and every cycle is entered, a spout feeds each of them.
void check_inputs(Draft& draft) {
  // A misspelt end of a stream has been reported; that its bolt lacks an input then is no news.
  if (draft.dangling) return;
  for (const DraftComponent& component : draft.components)
    if (!component.among_spouts && component.inputs.empty())
      draft.add(
          component.source->place,
          fmt::format("bolt '{0}' has no input; add a stream with 'to: {0}'", component.id()));
}

void settle_cut_inputs(Draft& draft) {
  for (DraftComponent& component : draft.components) {
    std::stable_partition(component.inputs.begin(), component.inputs.end(),
                          [](const DraftInput& input) { return !input.closes_cycle; });
    for (const DraftInput& input : component.inputs)
      if (input.closes_cycle && input.stream->grouping == GroupingType::direct)
        draft.add(input.stream->grouping_place,
                  fmt::format("grouping of '{}': the stream closes a cycle, and DIRECT is not "
                              "possible there; group by FIELDS instead",
                              input.stream->to));
  }
}

}  // namespace

void order(Draft& draft, bool may_have_cycles) {
  Orderer orderer(draft);
  while (!orderer.place()) {
    if (may_have_cycles && orderer.cut()) continue;
    report_cycle(draft, orderer.find_cycle(), !may_have_cycles);
    break;
  }
  check_inputs(draft);
  settle_cut_inputs(draft);
}

}  // namespace dnstorm::plan::detail
