#include "cli/top_walls.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cluster_verb.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

constexpr std::int64_t new_for_ms = 60'000;  // as on the page

// `known` of a cell: 1: its count is a lower bound; more: when its key was first seen, ms.
const char* mark_of(std::int64_t known, std::int64_t now) {
  if (known == 1) return "at least";
  return known > 1 && now - known < new_for_ms ? "new" : "";
}

Json cells_of(const Json& wall, std::int64_t now) {
  const double total = wall.at("total").get<double>();
  std::vector<Json> cells;
  for (const Json& slot : wall.at("slots")) {
    if (slot.is_null()) continue;
    const double count = slot.at(1).get<double>();
    cells.push_back({{"key", slot.at(0)},
                     {"count", slot.at(1)},
                     {"share", total > 0 ? count / total : 0.0},
                     {"mark", mark_of(slot.at(2).get<std::int64_t>(), now)}});
  }
  std::stable_sort(cells.begin(), cells.end(), [](const Json& a, const Json& b) {
    const double one = a.at("count").get<double>(), other = b.at("count").get<double>();
    return one != other ? one > other : a.at("key") < b.at("key");
  });
  return cells;
}

}  // namespace

Json walls_of(const Json& snapshot) {
  std::vector<Json> walls;
  const auto now = snapshot.at("t").get<std::int64_t>();
  for (const Json& panel : snapshot.at("panels")) {
    if (panel.at("view") != "wall") continue;
    const Json& wall = panel.at("wall");
    walls.push_back({{"panel", panel.at("id")},
                     {"title", panel.at("title")},
                     {"total", wall.at("total")},
                     {"keys", wall.at("keys")},
                     {"overflow", wall.at("overflow")},
                     {"cells", cells_of(wall, now)}});
  }
  std::sort(walls.begin(), walls.end(),
            [](const Json& a, const Json& b) { return a.at("panel") < b.at("panel"); });
  return walls;
}

std::string wall_heading(const Json& walls, std::size_t chosen) {
  const std::size_t at = chosen % walls.size();
  const Json& wall = walls.at(at);
  double shown = 0;
  for (const Json& cell : wall.at("cells")) shown += cell.at("count").get<double>();
  const double total = wall.at("total").get<double>();
  return fmt::format(
      "WALL {} of {}: {}; {} in all, {:.1f} % of it in the {} names shown, of {}{}\n", at + 1,
      walls.size(), printable(wall.at("title").get<std::string>()), number_text(wall, "total"),
      total > 0 ? 100 * shown / total : 0.0, wall.at("cells").size(),
      wall.at("overflow").get<bool>() ? "more than " : "", number_text(wall, "keys"));
}

}  // namespace dnstorm::cli
