// What a running topology shows live. The board sink publishes frames; whoever serves a page (or a
// test) implements Feed. Operators know the feed, never the page.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm {

struct FeedRow {
  std::string key;             // "NXDOMAIN", "example.com"; empty for a panel without keys
  std::vector<double> values;  // as many as FeedFrame::columns
};

// One frame: what one panel shows after one window closed.
struct FeedFrame {
  std::string panel;  // id of the panel, the `panel` option of the board sink
  std::string view;   // wall | series | table | totals | events
  std::string title;  // for people
  TimeNs start = 0;   // the window, event time
  TimeNs end = 0;
  std::vector<std::string> columns;
  // wall: increments per key; series: one row a line with its value in this window;
  // table: the whole table, ordered; totals: cumulative numbers; events: JSON objects as keys.
  std::vector<FeedRow> rows;
  std::string source = {};  // component that publishes it
  std::size_t cells = 0;    // wall: how many it has at most; 0: as many as the page thinks best
};

class Feed {
 public:
  virtual ~Feed() = default;
  // Called from executor threads at once; must not block.
  virtual void publish(FeedFrame frame) = 0;
};

}  // namespace dnstorm
