#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

constexpr std::size_t none = ~std::size_t{0};

// Every component not yet in `order` that is fed by others not yet in it waits on a circle or
// behind one.
std::vector<bool> place_in_order(Draft& draft) {
  std::vector<bool> placed(draft.components.size(), false);
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < draft.components.size(); ++i) {
      const auto& inputs = draft.components[i].inputs;
      bool ready = std::all_of(inputs.begin(), inputs.end(),
                               [&](const DraftInput& input) { return placed[input.from]; });
      if (placed[i] || !ready) continue;
      placed[i] = progress = true;
      draft.order.push_back(i);
    }
  }
  return placed;
}

// Walks upstream from a component that waits, through others that wait, until one comes twice.
std::vector<std::size_t> find_circle(const Draft& draft, const std::vector<bool>& placed,
                                     std::size_t start) {
  std::vector<std::size_t> path;
  for (std::size_t at = start;;) {
    auto seen = std::find(path.begin(), path.end(), at);
    if (seen != path.end()) return {seen, path.end()};
    path.push_back(at);
    for (const DraftInput& input : draft.components[at].inputs) {
      if (placed[input.from]) continue;
      at = input.from;
      break;
    }
  }
}

void report_circle(Draft& draft, std::vector<std::size_t> circle) {
  // Found against the streams; told along them, beginning with what stands first in the file.
  std::reverse(circle.begin(), circle.end());
  std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
  std::string path;
  for (std::size_t i : circle) path += draft.components[i].id() + " -> ";
  const DraftComponent& first = draft.components[circle.front()];
  draft.add(first.source->place,
            fmt::format("the streams go in a circle: {}{}; without it no end of the "
                        "input would be known",
                        path, first.id()));
}

void check_fed(Draft& draft) {
  std::vector<bool> fed(draft.components.size(), false);
  for (std::size_t i : draft.order) {
    const DraftComponent& component = draft.components[i];
    const auto& inputs = component.inputs;
    fed[i] = component.among_spouts ||
             std::any_of(inputs.begin(), inputs.end(),
                         [&](const DraftInput& input) { return fed[input.from]; });
    if (fed[i]) continue;
    if (inputs.empty())
      draft.add(
          component.source->place,
          fmt::format("bolt '{0}' has no input; add a stream with 'to: {0}'", component.id()));
    else
      draft.add(component.source->place,
                fmt::format("no spout feeds bolt '{}'; its input comes from '{}' only",
                            component.id(), draft.components[inputs.front().from].id()));
  }
}

}  // namespace

void order(Draft& draft) {
  std::vector<bool> placed = place_in_order(draft);
  auto waiting = std::find(placed.begin(), placed.end(), false);
  if (waiting != placed.end())
    report_circle(draft,
                  find_circle(draft, placed, static_cast<std::size_t>(waiting - placed.begin())));
  check_fed(draft);
}

}  // namespace dnstorm::plan::detail
