#include "cli/board_walls.hpp"

#include <gtest/gtest.h>

#include <map>

#include "cli/load.hpp"
#include "cli/tap_edge.hpp"

namespace dnstorm::cli {
namespace {

constexpr const char* topology = R"(name: walls
spouts:
  - {id: packets, className: pcap, properties: {file: none.pcap}}
bolts:
  - {id: dns, className: decode}
  - {id: qtypes, className: count, properties: {by: [qtype], window: 1s}}
  - {id: pairs, className: count, properties: {by: [qtype, client], window: 1s}}
  - {id: parts, className: top, properties: {of: [qname], k: 20, window: 10s}}
  - {id: names, className: top, properties: {of: [qname], k: 20, merge: true}}
  - {id: wall_qtypes, className: board, properties: {view: wall, panel: types}}
  - {id: wall_pairs, className: board, properties: {view: wall, panel: pairs}}
  - {id: wall_names, className: board, properties: {view: wall}}
  - {id: table, className: board, properties: {view: table, panel: table}}
streams:
  - {from: packets, to: dns, grouping: {type: FIELDS, args: [hosts]}}
  - {from: dns, to: qtypes, grouping: {type: FIELDS, streamId: queries, args: [qtype]}}
  - {from: dns, to: pairs, grouping: {type: FIELDS, args: [qtype]}}
  - {from: dns, to: parts, grouping: {type: FIELDS, streamId: queries, args: [qname]}}
  - {from: parts, to: names, grouping: {type: GLOBAL}}
  - {from: qtypes, to: wall_qtypes, grouping: {type: GLOBAL}}
  - {from: pairs, to: wall_pairs, grouping: {type: GLOBAL}}
  - {from: names, to: wall_names, grouping: {type: GLOBAL}}
  - {from: names, to: table, grouping: {type: GLOBAL}}
)";

TEST(BoardWalls, AreTheEdgesIntoWhatCountsThem) {
  OperatorRegistry registry = builtin_registry();
  auto plan = load_plan_text(topology, "walls.yaml", {}, registry);
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  std::map<std::string, BoardWall> walls;
  for (BoardWall& wall : board_walls(*plan)) walls[wall.panel] = wall;
  ASSERT_EQ(walls.size(), 2u) << "cells with two fields in their names are left out, and tables";
  EXPECT_EQ(walls["types"].edge, "dns:queries->qtypes");
  EXPECT_EQ(walls["types"].field, "qtype");
  EXPECT_EQ(walls["names"].edge, "dns:queries->parts") << "what is merged is no message";
  EXPECT_EQ(walls["names"].field, "qname");
  for (const auto& [panel, wall] : walls) EXPECT_TRUE(find_tap_edge(*plan, wall.edge).ok());
}

}  // namespace
}  // namespace dnstorm::cli
