// Who is connected to whom, task by task: a plan made concrete. Pure; the same plan gives the same
// wiring on every node.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"
#include "engine/runtime/event.hpp"

namespace dnstorm::runtime {

// One pair of tasks, whatever the number of streams between them.
struct InEdge {
  TaskIndex from = 0;
  EdgeIndex out_edge = 0;  // as the sender numbers it
  std::vector<std::uint32_t>
      origins;           // whose rounds come this way: those of the sender, by its slots
  bool by_load = false;  // the sender wants to know of every round with rows that is worked off
};
struct OutEdge {
  TaskIndex to = 0;
  EdgeIndex in_edge = 0;      // as the receiver numbers it
  std::uint32_t task_id = 0;  // of the receiver, as Storm numbers tasks
  // The edge leads to the feedback, which is that origin: it takes whatever comes, without credits,
  // and hears only of the ends of its own rounds and of origins.
  std::optional<std::uint32_t> feedback = std::nullopt;
};
// A custom grouping and what it is told.
struct CustomDeal {
  plan::CustomGrouping grouping;
  GroupingContext context;
};
// One reader of an output stream.
struct Subscription {
  plan::GroupingType grouping = plan::GroupingType::shuffle;
  std::vector<std::string> fields;
  std::uint32_t input = 0;                             // index into the receiver's inputs
  std::vector<EdgeIndex> targets;                      // out-edges, by task index of the receiver
  std::uint32_t first_task_id = 1;                     // of the receiver
  bool by_load = false;                                // of a shuffle
  std::shared_ptr<const CustomDeal> custom = nullptr;  // of a custom grouping
};

struct TaskWiring {
  std::uint32_t component = 0;  // index into Plan::components
  std::uint32_t index = 0;      // within the component
  std::uint32_t count = 1;      // tasks of the component
  std::uint32_t executor = 0;   // index into Wiring::executors
  std::vector<InEdge> in_edges;
  std::vector<OutEdge> out_edges;
  std::vector<std::vector<Subscription>> streams;  // by output stream
  std::vector<std::uint32_t> origins;              // whose rounds the task sees, ascending; by slot
};

// A contiguous range of tasks of one component, then those of the components chained to it.
struct ExecutorWiring {
  std::uint32_t component = 0;  // the first one
  std::vector<TaskIndex> tasks;
};

struct Wiring {
  std::vector<TaskWiring> tasks;
  std::vector<ExecutorWiring> executors;
  std::vector<TaskIndex> origins;         // the spout tasks, and the feedback
  std::optional<std::uint32_t> feedback;  // which origin it is; nothing: there are no cycles
};

Wiring wire(const plan::Plan& plan);

}  // namespace dnstorm::runtime
