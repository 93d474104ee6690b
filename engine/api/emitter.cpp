#include "engine/api/emitter.hpp"

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
    streams_.push_back({wanted, BatchBuilder(wanted ? std::move(schema) : empty_schema())});
  }
}

void Emitter::forward(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  // Rows already collected come first: the order of a stream is the order of emission.
  flush(stream);
  rows_emitted_ += selection ? selection->size() : batch->row_count();
  outlet_.deliver(stream, std::move(batch), std::move(selection));
}

void Emitter::flush() {
  for (std::size_t i = 0; i < streams_.size(); ++i) flush(i);
}

void Emitter::flush(std::size_t stream) {
  BatchBuilder& builder = streams_[stream].builder;
  if (!builder.empty()) outlet_.deliver(stream, builder.seal(), nullptr);
}

}  // namespace dnstorm
