#include "engine/runtime/output_router.hpp"

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

using plan::GroupingType;

OutputRouter::OutputRouter(const TaskWiring& task, const std::vector<SchemaPtr>& schemas,
                           std::uint32_t credits, SendEvent send)
    : task_index_(task.index), send_(std::move(send)) {
  for (const OutEdge& edge : task.out_edges) edges_.push_back({edge, credits, false, {}, {}, 0});
  for (std::size_t s = 0; s < task.streams.size(); ++s) {
    std::vector<Reader>& readers = streams_.emplace_back();
    for (const Subscription& subscription : task.streams[s]) {
      Reader reader;
      reader.subscription = subscription;
      if (subscription.grouping == GroupingType::fields)
        reader.key = KeyReader(*schemas[s], subscription.fields);
      reader.partitions.resize(subscription.targets.size());
      readers.push_back(std::move(reader));
    }
  }
}

void OutputRouter::begin_round(std::uint32_t origin, std::uint64_t round) {
  origin_ = origin;
  round_ = round;
}

void OutputRouter::deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  for (Reader& reader : streams_[stream]) {
    const Subscription& to = reader.subscription;
    auto targets = static_cast<std::uint32_t>(to.targets.size());
    switch (to.grouping) {
      case GroupingType::all:
        for (EdgeIndex edge : to.targets) push(edge, to.input, batch, selection);
        break;
      case GroupingType::global: push(to.targets[0], to.input, batch, selection); break;
      case GroupingType::shuffle:
      case GroupingType::none:
        push(to.targets[reader.turn++ % targets], to.input, batch, selection);
        break;
      case GroupingType::local_or_shuffle:
        // All tasks are in this process: rows stay with the task of the same number.
        push(to.targets[task_index_ % targets], to.input, batch, selection);
        break;
      case GroupingType::fields:
        if (targets == 1)
          push(to.targets[0], to.input, batch, selection);
        else
          partition(reader, batch, selection);
        break;
    }
  }
}

void OutputRouter::partition(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection) {
  Rows rows(*batch, selection.get());
  auto targets = static_cast<std::uint32_t>(reader.partitions.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    std::uint32_t target = task_of_group(key_group(reader.key.hash(rows[i])), targets);
    reader.partitions[target].push_back(static_cast<std::uint16_t>(rows.index(i)));
  }
  for (std::uint32_t t = 0; t < targets; ++t) {
    Selection& part = reader.partitions[t];
    if (part.empty()) continue;
    bool whole = part.size() == batch->row_count();
    push(reader.subscription.targets[t], reader.subscription.input, batch,
         whole ? nullptr : std::make_shared<const Selection>(part));
    part.clear();
  }
}

void OutputRouter::push(EdgeIndex index, std::uint32_t input, BatchPtr batch, SelectionPtr selection) {
  Edge& edge = edges_[index];
  if (edge.held) send(edge, std::move(edge.last));
  edge.last = Event{};
  edge.last.input = input;
  edge.last.batch = std::move(batch);
  edge.last.selection = std::move(selection);
  edge.rows_sent += edge.last.row_count();
  edge.held = true;
}

void OutputRouter::end_round(TimeNs watermark, std::uint64_t checkpoint, bool last) {
  for (Edge& edge : edges_) {
    if (!edge.held) edge.last = Event{};
    edge.held = false;
    edge.last.closes = true;
    edge.last.watermark = watermark;
    edge.last.checkpoint = checkpoint;
    edge.last.last = last;
    send(edge, std::move(edge.last));
  }
}

void OutputRouter::send(Edge& edge, Event event) {
  event.to = edge.wiring.to;
  event.edge = edge.wiring.in_edge;
  event.origin = origin_;
  event.round = round_;
  if (edge.blocked()) {
    edge.backlog.push_back(std::move(event));
    return;
  }
  --edge.credits;
  if (edge.blocked()) ++blocked_edges_;
  send_(std::move(event));
}

void OutputRouter::credit(EdgeIndex index, std::uint32_t events) {
  Edge& edge = edges_[index];
  bool was_blocked = edge.blocked();
  edge.credits += events;
  while (edge.credits != 0 && !edge.backlog.empty()) {
    --edge.credits;
    send_(std::move(edge.backlog.front()));
    edge.backlog.pop_front();
  }
  if (was_blocked && !edge.blocked()) --blocked_edges_;
}

}  // namespace dnstorm::runtime
