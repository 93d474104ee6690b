// From a task's rows to events on its out-edges: groupings, rounds, credits. Owned by one task.
//
// Rows of a round are held back by one event per edge, so that the last one can carry the end of the
// round. An event needs a credit; what has none waits in the edge's backlog, and a task with a
// backlog is given no further input: the backlog is never more than what one input event produced.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "engine/api/emitter.hpp"
#include "engine/api/key.hpp"
#include "engine/runtime/wiring.hpp"

namespace dnstorm::runtime {

// Carries an event to its task. In one process a message to an actor, in a test a queue.
using SendEvent = std::function<void(Event)>;

class OutputRouter final : public Emitter::Outlet {
 public:
  // `schemas` as in TaskContext::outputs.
  OutputRouter(const TaskWiring& task, const std::vector<SchemaPtr>& schemas, std::uint32_t credits,
               SendEvent send);

  void begin_round(std::uint32_t origin, std::uint64_t round);
  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) override;
  void end_round(TimeNs watermark, std::uint64_t checkpoint, bool last);

  // The receiver of an out-edge has worked off `events` events.
  void credit(EdgeIndex edge, std::uint32_t events);
  // False while an edge has a backlog or no credit at all: the task must not be run.
  bool ready() const { return blocked_edges_ == 0; }
  std::uint64_t rows_sent(EdgeIndex edge) const { return edges_[edge].rows_sent; }

 private:
  struct Edge {
    OutEdge wiring;
    std::uint32_t credits;
    bool held = false;  // `last` is the newest event of the round, not yet sent
    Event last;
    std::deque<Event> backlog;
    std::uint64_t rows_sent = 0;
    bool blocked() const { return credits == 0 || !backlog.empty(); }
  };
  struct Reader {
    Subscription subscription;
    KeyReader key;
    std::uint64_t turn = 0;             // of a shuffle
    std::vector<Selection> partitions;  // scratch of a fields grouping
  };
  void push(EdgeIndex edge, std::uint32_t input, BatchPtr batch, SelectionPtr selection);
  void send(Edge& edge, Event event);
  void partition(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection);

  std::vector<Edge> edges_;
  std::vector<std::vector<Reader>> streams_;
  std::uint32_t task_index_;
  std::uint32_t blocked_edges_ = 0;
  std::uint32_t origin_ = 0;
  std::uint64_t round_ = 0;
  SendEvent send_;
};

}  // namespace dnstorm::runtime
