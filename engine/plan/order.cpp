#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

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

// Where every bolt has an input and none goes in a circle, a spout feeds each of them.
void check_inputs(Draft& draft) {
  // A misspelt end of a stream has been reported; that its bolt lacks an input then is no news.
  if (draft.dangling) return;
  for (const DraftComponent& component : draft.components)
    if (!component.among_spouts && component.inputs.empty())
      draft.add(
          component.source->place,
          fmt::format("bolt '{0}' has no input; add a stream with 'to: {0}'", component.id()));
}

}  // namespace

void order(Draft& draft) {
  std::vector<bool> placed = place_in_order(draft);
  auto waiting = std::find(placed.begin(), placed.end(), false);
  if (waiting != placed.end())
    report_circle(draft,
                  find_circle(draft, placed, static_cast<std::size_t>(waiting - placed.begin())));
  check_inputs(draft);
}

}  // namespace dnstorm::plan::detail
