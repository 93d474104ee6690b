#include "board/server/honesty.hpp"

#include "board/server/json.hpp"

namespace dnstorm::board {
namespace {

void write_component(JsonWriter& json, const ComponentCounts& component) {
  json.begin_object()
      .member("id", component.id)
      .member("kind", component.kind)
      .member("tasks", component.tasks)
      .member("executed", component.executed)
      .member("emitted", component.emitted)
      .member("failed", component.failed)
      .end_object();
}

}  // namespace

std::string honesty_json(const Honesty& h) {
  JsonWriter json;
  json.begin_object()
      .member("captured", h.captured)
      .member("parsed", h.parsed)
      .member("malformed", h.malformed)
      .member("not_dns", h.not_dns)
      .member("filtered", h.filtered)
      .member("in_flight", h.in_flight)
      .member("dropped_kernel", h.dropped_kernel)
      .member("dropped_interface", h.dropped_interface)
      .member("dropped_queue", h.dropped_queue)
      .member("spool_unwritten", h.spool_unwritten)
      .member("late", h.late)
      .member("folded", h.folded)
      .member("behind_s", h.behind_s)
      .member("state", h.state)
      .member("failure", h.failure);
  json.key("reasons").begin_array();
  for (const auto& [reason, count] : h.reasons)
    json.begin_array().value(reason).value(count).end_array();
  json.end_array().key("components").begin_array();
  for (const ComponentCounts& component : h.components) write_component(json, component);
  json.end_array().end_object();
  return json.take();
}

}  // namespace dnstorm::board
