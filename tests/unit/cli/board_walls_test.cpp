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

TEST(SeriesFields, AreThoseThatAPlanSaysOfAPanel) {
  constexpr const char* series = R"(name: series
spouts:
  - {id: packets, className: pcap, properties: {file: none.pcap}}
bolts:
  - {id: dns, className: decode}
  - {id: rates, className: count, properties: {by: [qr, rcode], window: 1s}}
  - {id: sizes, className: quantiles, properties: {of: size, window: 1s}}
  - {id: lines, className: board, properties: {view: series}}
  - {id: few, className: board, properties: {view: series, panel: half, values: [p50]}}
streams:
  - {from: packets, to: dns, grouping: {type: FIELDS, args: [hosts]}}
  - {from: dns, to: rates, grouping: {type: FIELDS, args: [qr]}}
  - {from: dns, to: sizes, grouping: {type: GLOBAL}}
  - {from: rates, to: lines, grouping: {type: GLOBAL}}
  - {from: sizes, to: few, grouping: {type: GLOBAL}}
)";
  OperatorRegistry registry = builtin_registry();
  auto plan = load_plan_text(series, "series.yaml", {}, registry);
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  auto fields = [&](const char* sink, const char* panel) {
    FeedFrame frame;
    frame.source = sink;
    frame.panel = panel;
    return series_fields(*plan, frame);
  };
  EXPECT_EQ(fields("lines", "rates").names, (std::vector<std::string>{"qr", "rcode"}));
  EXPECT_EQ(fields("lines", "rates").numbers, (std::vector<std::string>{"count"}));
  EXPECT_EQ(fields("few", "half").numbers, (std::vector<std::string>{"p50"}));
  EXPECT_TRUE(fields("lines", "half").numbers.empty());
  EXPECT_TRUE(fields("", "rates").numbers.empty());
}

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
