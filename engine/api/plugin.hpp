// A plug-in: a shared library with operators and custom groupings that a topology names as it names
// the built-in ones.
//
//   DNSTORM_PLUGIN(operators) { operators.add(entropy_operator()); }   // once, in one source file
//
// The contract:
// - One symbol goes out of the library, `dnstorm_plugin`: plain data that says what the library was
//   built against. It is compared before any C++ object crosses; what differs is refused with one
//   sentence. The comparison is exact, so a plug-in is built anew for every dnstorm.
// - The plug-in brings a copy of the code of this interface along (it links dnstorm::api). The code
//   has no state of its own, and the comparison sees to it that both copies are the same.
// - The block above runs once, on the thread that reads the topology, before anything else of the
//   plug-in. It declares; opening things is for open() and prepare().
// - An OperatorDef belongs to the registry that takes it, spouts and bolts to the runtime, which
//   destroys them on the thread of their task. TaskContext, Emitter, Clock and counters belong to
//   the runtime. Memory may be freed on either side: there is one heap.
// - The library stays loaded until the process ends: code of it may be behind any object.
// - An operating failure is a Result. An exception that leaves the block or `declare` is shown as
//   one, one that leaves a spout or a bolt ends the run. make_spout, make_bolt and all of a
//   grouping but `declare` must not throw.
// - Threads: as spout.hpp, bolt.hpp and grouping.hpp say. Several tasks are several objects, which
//   share only what the plug-in itself makes global.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/api/digest.hpp"  // made by the build: cmake/ApiDigest.cmake
#include "engine/api/registry.hpp"

namespace dnstorm {

// Counts the changes of what stands in PluginEntry and of how it is used.
inline constexpr std::uint32_t plugin_api_version = 1;

// What else decides how objects lie in memory and how functions are called and named. The kind of
// build (NDEBUG, optimisation, sanitizers) does not.
#define DNSTORM_PLUGIN_STRING_OF(x) #x
#define DNSTORM_PLUGIN_STRING(x) DNSTORM_PLUGIN_STRING_OF(x)
#if defined(_GLIBCXX_DEBUG)
#define DNSTORM_PLUGIN_CONTAINERS "checked containers"
#else
#define DNSTORM_PLUGIN_CONTAINERS "plain containers"
#endif
#if defined(__GLIBCXX__)
#define DNSTORM_PLUGIN_LIBRARY                                                                \
  "libstdc++ " DNSTORM_PLUGIN_STRING(_GLIBCXX_RELEASE) " (string ABI " DNSTORM_PLUGIN_STRING( \
      _GLIBCXX_USE_CXX11_ABI) ")"
#else
#define DNSTORM_PLUGIN_LIBRARY "another C++ library than libstdc++"
#endif
inline constexpr char plugin_toolchain[] =
    "C++ ABI " DNSTORM_PLUGIN_STRING(__GXX_ABI_VERSION) ", " DNSTORM_PLUGIN_LIBRARY
                                                        ", " DNSTORM_PLUGIN_CONTAINERS;

// Where a plug-in puts its operators, groupings and hooks.
class PluginOperators {
 public:
  void add(OperatorDef def) { defs_.push_back(std::move(def)); }
  void add(GroupingDef def) { groupings_.push_back(std::move(def)); }
  void add(TaskHookDef def) { task_hooks_.push_back(std::move(def)); }
  void add(WorkerHookDef def) { worker_hooks_.push_back(std::move(def)); }
  std::vector<OperatorDef> take() { return std::move(defs_); }
  std::vector<GroupingDef> take_groupings() { return std::move(groupings_); }
  std::vector<TaskHookDef> take_task_hooks() { return std::move(task_hooks_); }
  std::vector<WorkerHookDef> take_worker_hooks() { return std::move(worker_hooks_); }

 private:
  std::vector<OperatorDef> defs_;
  std::vector<GroupingDef> groupings_;
  std::vector<TaskHookDef> task_hooks_;
  std::vector<WorkerHookDef> worker_hooks_;
};

// The symbol `dnstorm_plugin`. Plain data; the first two members never change their place.
struct PluginEntry {
  char magic[8];  // plugin_magic
  std::uint32_t api_version;
  const char* toolchain;
  const char* digest;  // of the sources of the interface
  void (*add)(PluginOperators&);
};
inline constexpr char plugin_magic[8] = {'d', 'n', 's', 't', 'o', 'r', 'm', '\0'};

}  // namespace dnstorm

#define DNSTORM_PLUGIN(operators)                                                                \
  static void dnstorm_plugin_add(::dnstorm::PluginOperators&);                                   \
  extern "C" __attribute__((visibility("default"))) const ::dnstorm::PluginEntry dnstorm_plugin; \
  constinit const ::dnstorm::PluginEntry dnstorm_plugin = {                                      \
      {'d', 'n', 's', 't', 'o', 'r', 'm', '\0'},                                                 \
      ::dnstorm::plugin_api_version,                                                             \
      ::dnstorm::plugin_toolchain,                                                               \
      ::dnstorm::api_digest,                                                                     \
      &dnstorm_plugin_add};                                                                      \
  static void dnstorm_plugin_add(::dnstorm::PluginOperators& operators)
