// The `influx` sink: points to an InfluxDB over HTTP, in line protocol. Points of a window are
// handed to the writer when the window is closed; the writer (influx_writer.hpp) sends from a
// thread of its own, retries, and holds the topology up when the database is slower than it.
#pragma once

#include <functional>
#include <memory>

#include "engine/api/registry.hpp"
#include "operators/note.hpp"
#include "operators/sinks/http_client.hpp"
#include "operators/sinks/pause.hpp"

namespace dnstorm::operators {

OperatorDef influx_operator();

// The same over another transport and with other pauses: for tests.
struct InfluxSurroundings {
  std::function<std::unique_ptr<HttpTransport>()> make_transport;
  std::function<std::unique_ptr<Pause>()> make_pause;
  Note note;
};
OperatorDef influx_operator(InfluxSurroundings surroundings);

}  // namespace dnstorm::operators
