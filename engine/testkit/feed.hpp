// A source that a test feeds (Storm's FeederSpout with its tracker): what it has been given and has
// been told. Shared by the test and the spout; one thread.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/api/spout.hpp"
#include "engine/testkit/rows.hpp"
#include "engine/testkit/test_topology.hpp"

namespace dnstorm::testkit {

struct FedRow {
  Row cells;
  TimeNs at = 0;
  std::size_t stream = 0;
  std::uint64_t number = 0;
};

struct Feeding {
  MockOptions options;
  Labels labels;
  std::vector<Schema> streams;  // as declared, nothing pruned
  std::deque<FedRow> waiting;   // in the order of `at`
  std::uint64_t fed = 0;
  bool closed = false;  // no row follows
  std::vector<std::uint64_t> acked, failed;

  // Whether the row can be one of that stream.
  Result<void> check(std::size_t stream, const Row& row) const;
};

// Gives each row at its time, MockOptions::round of them in a round; ends when nothing follows. Its
// first task gives all of them.
std::unique_ptr<Spout> make_feeder(std::shared_ptr<Feeding> feeding);

}  // namespace dnstorm::testkit
