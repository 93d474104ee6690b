#include "engine/api/emitter.hpp"

#include <algorithm>

namespace dnstorm {

namespace {
const SchemaPtr& empty_schema() {
  static const SchemaPtr schema = std::make_shared<const Schema>();
  return schema;
}
}  // namespace

Emitter::Emitter(std::vector<SchemaPtr> schemas, Outlet& outlet) : outlet_(outlet) {
  streams_.reserve(schemas.size());
  for (SchemaPtr& schema : schemas) {
    bool wanted = schema != nullptr;
    streams_.push_back({wanted, BatchBuilder(wanted ? std::move(schema) : empty_schema()), 0});
  }
}

void Emitter::forward(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  // Rows already collected come first: the order of a stream is the order of emission.
  flush(stream);
  rows_emitted_ += selection ? selection->size() : batch->row_count();
  outlet_.deliver(stream, std::move(batch), std::move(selection));
}

RowWriter Emitter::row_to(std::uint32_t task_id, std::size_t stream) {
  if (streams_[stream].direct_to != task_id) {
    flush(stream);
    streams_[stream].direct_to = task_id;
    outlet_.direct_to(stream, task_id);
  }
  return row(stream);
}

std::vector<std::uint32_t> Emitter::flush_telling(std::size_t stream) {
  std::vector<std::uint32_t> receivers;
  outlet_.watch_receivers(&receivers);
  flush(stream);
  outlet_.watch_receivers(nullptr);
  std::sort(receivers.begin(), receivers.end());
  return receivers;
}

void Emitter::track(std::uint64_t message) {
  flush();
  outlet_.track(message);
}

void Emitter::anchor_to(std::span<const Anchor> anchors) {
  flush();
  outlet_.anchor_to(anchors);
}

void Emitter::ack(const Anchor& input) {
  if (!input || input->settled) return;
  flush();  // what descends from it must be known before it is gone
  outlet_.ack(*input);
  input->settled = true;
}

void Emitter::fail(const Anchor& input) {
  if (!input || input->settled) return;
  outlet_.fail(*input);
  input->settled = true;
}

void Emitter::reset_timeout(const Anchor& input) {
  if (input && !input->settled) outlet_.reset_timeout(*input);
}

void Emitter::flush() {
  for (std::size_t i = 0; i < streams_.size(); ++i) flush(i);
}

void Emitter::flush(std::size_t stream) {
  BatchBuilder& builder = streams_[stream].builder;
  if (!builder.empty()) outlet_.deliver(stream, builder.seal(), nullptr);
}

}  // namespace dnstorm
