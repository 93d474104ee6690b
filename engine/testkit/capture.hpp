// Remembers the rows that reach it: what stands in the place of a sink, and behind a stream that a
// test looks at.
#pragma once

#include <memory>

#include "engine/api/registry.hpp"
#include "engine/testkit/test_topology.hpp"

namespace dnstorm::testkit {

// Of all tasks of one component; they run in one thread.
std::unique_ptr<Bolt> make_capture(std::shared_ptr<Captured> into, Labels labels);

// A sink that reads all fields; to be made with the rows' destination by make_capture().
OperatorDef capture_operator();
// A source whose streams a test declares: fields: [word, "n:u64"].
OperatorDef feeder_operator();

}  // namespace dnstorm::testkit
