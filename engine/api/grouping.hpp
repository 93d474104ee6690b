// A custom grouping: a class that says which tasks of the reader get a row (Storm's
// CustomStreamGrouping). A topology names it as it names an operator:
//
//   - {from: dns, to: limit, grouping: {type: CUSTOM, customClass: {className: network}}}
//
// Life: declare() of its GroupingDef when the topology is planned; then one object for each task of
// the source and each such stream: make(), prepare() once on the thread that builds the topology,
// choose() for every row, on the thread of the source's task.
//
// The same row gives the same tasks: choose() is const, reads the row and what prepare() was told
// and nothing else (no clock, no random number, no counter). So results do not depend on timing, a
// run that goes on from a checkpoint deals as the one before it, and there is no state to save. A
// task gets its rows in the order in which they were sent. Which tasks have room is no matter:
// credits hold up the source, whatever the grouping.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/options.hpp"

namespace dnstorm {

struct InputDecl;  // registry.hpp

// What a grouping knows of the two ends of its stream.
struct GroupingContext {
  std::string source;             // component
  std::string stream;             // of it
  SchemaPtr schema;               // as it travels: fields that nobody reads are gone
  std::uint32_t source_task = 0;  // 0 .. tasks of the source - 1
  std::string target;             // component
  std::uint32_t target_tasks = 1;
};

class Grouping {
 public:
  virtual ~Grouping() = default;
  virtual void prepare(const GroupingContext& context) = 0;
  // Adds the tasks that get the row to `tasks`, which is empty: 0 .. target_tasks - 1, in any
  // order. One that is named twice gets it once; if none is named, this reader does not get it.
  // Must not throw.
  virtual void choose(const RowView& row, std::vector<std::uint32_t>& tasks) const = 0;
};

// What a grouping, with these options and this stream, needs.
struct GroupingDeclaration {
  std::vector<std::string> reads;  // fields: the planner drops what nobody reads
};

struct GroupingDef {
  std::string name;
  std::string summary;  // one sentence
  std::vector<OptionSpec> options;
  std::string example;  // YAML of the stream
  // As of OperatorDef: Storm's names for it, and the options that constructorArgs set.
  std::vector<std::string> aliases = {};
  std::vector<std::string> constructor = {};
  // Pure: checks options against the full, unpruned schema. Error::subject names the option at
  // fault.
  std::function<Result<GroupingDeclaration>(const Options&, const InputDecl&)> declare;
  // Called once a task of the source; cheap, must not throw.
  std::function<std::unique_ptr<Grouping>(const Options&)> make;
};

}  // namespace dnstorm
