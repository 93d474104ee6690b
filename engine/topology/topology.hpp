// A topology as its author wrote it: plain values with the places they stand at, not yet checked
// against the operators. read() makes it of YAML (the grammar is Storm's Flux), plan::expand()
// checks it and makes a Plan of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/options.hpp"
#include "engine/base/result.hpp"
#include "engine/topology/variables.hpp"

namespace dnstorm::topology {

struct Place {
  int line = 0;  // 1-based; 0: not from a file
  int column = 0;
  std::uint32_t file = 0;  // 0: Topology::file; n: Topology::includes[n - 1]
};

// No component has more tasks or executors than this: far beyond what one machine can run side by
// side.
inline constexpr std::uint32_t tasks_max = 1024;

enum class GroupingType : std::uint8_t {
  shuffle,
  fields,
  partial_key,
  all,
  global,
  local_or_shuffle,
  none,
  direct,
  custom
};
// As a topology file names it: SHUFFLE, FIELDS, ...
std::string_view name_of(GroupingType type);
std::optional<GroupingType> grouping_named(std::string_view name);
std::vector<std::string> grouping_names();
// Whether the grouping is by a key: it needs `args`, and no other grouping may have them.
inline bool groups_by_key(GroupingType type) {
  return type == GroupingType::fields || type == GroupingType::partial_key;
}

// One of a component's configMethods, called after its properties are set.
struct MethodCall {
  std::string name;
  Place place;
  std::vector<RawOption> args;
};

// What a file says of the options of an object, in the order in which Storm applies it: the later
// wins.
struct WrittenOptions {
  std::vector<RawOption> constructor_args;
  RawOptions properties;
  std::vector<MethodCall> methods;
  RawOptions overrides;  // from the command line: above all that the file says
};

// Which nodes of a cluster run a component; where one process runs all, it only decides how many
// tasks a component has that runs on each node.
struct PlaceRule {
  std::string label;               // nodes with that label; "": any
  std::string node;                // that very one; "": any
  bool per_node = false;           // one task on each such node
  std::vector<std::string> apart;  // components not to share a node with
  Place place;
  Place apart_place;
};

struct Component : WrittenOptions {
  std::string id;
  std::string class_name;
  Place place;  // of the id
  Place class_name_place;
  RawOptions config;              // above the topology's
  std::uint32_t parallelism = 1;  // executors
  Place parallelism_place;
  std::uint32_t num_tasks = 0;  // 0: as many as executors
  Place num_tasks_place;
  PlaceRule rule;
};

// An object for the beginning and the end of a process.
struct WorkerHook : WrittenOptions {
  std::string id;
  std::string class_name;
  Place class_name_place;
};

// The class of a CUSTOM grouping.
struct CustomClass : WrittenOptions {
  std::string class_name;
  Place class_name_place;
};

struct Stream {
  std::string name;  // for people only
  std::string from;
  std::string to;
  std::string stream_id = "default";
  GroupingType grouping = GroupingType::shuffle;
  std::vector<std::string> args;
  std::optional<CustomClass> custom;  // if the grouping is custom
  Place place, from_place, to_place, grouping_place, stream_id_place, args_place;
};

// A shared library with operators, as it is written: a path or a bare name (engine/plugin).
struct Plugin {
  std::string name;
  Place place;
};

struct Topology {
  std::string file;                   // as it was named; for diagnostics
  std::vector<std::string> includes;  // the files that were read with it
  std::vector<Plugin> plugins;
  std::string name;
  RawOptions config;
  std::vector<WorkerHook> worker_hooks;
  std::vector<Component> spouts;
  std::vector<Component> bolts;
  std::vector<Stream> streams;
};

// One finding: "file:line:column: what is wrong, what to do".
struct Diagnostic {
  Place place;
  std::string what;
  std::string file = {};  // the included file that it is about; empty: the one that was named
};
std::string to_string(const std::string& file, const Diagnostic& diagnostic);
// The file that a place is in.
const std::string& file_of(const Topology& topology, Place place);
// Puts findings in the order of the files and gives those of `includes` their file.
void settle(std::vector<Diagnostic>& problems, const std::vector<std::string>& includes);

// The topology, or every problem found (not only the first).
struct ReadResult {
  Topology topology;
  std::vector<Diagnostic> problems;
  ErrorKind kind = ErrorKind::config;  // no_input: the file could not be read at all
  bool ok() const { return problems.empty(); }
};
// The text of a file that a topology includes; the error says only what is wrong with it.
using OpenFile = std::function<Result<std::string>(const std::string& path)>;
// Includes are looked for beside the file.
ReadResult read_file(const std::string& path, const Variables& variables = {});
// Without `open`, includes are refused.
ReadResult read_text(const std::string& text, const std::string& file,
                     const Variables& variables = {}, const OpenFile& open = {});

// Overrides a property, as `--set component.property=value` does; the value is YAML.
Result<void> set_property(Topology& topology, std::string_view assignment);

}  // namespace dnstorm::topology
