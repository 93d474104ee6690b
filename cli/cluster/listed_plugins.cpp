#include "cli/cluster/listed_plugins.hpp"

#include <filesystem>

namespace dnstorm::cli {

std::vector<topology::Diagnostic> load_listed_plugins(const topology::Topology& topology,
                                                      const plugin::SearchPath& search,
                                                      plugin::Loader& loader) {
  std::vector<topology::Diagnostic> problems;
  for (const topology::Plugin& plugin : topology.plugins) {
    std::filesystem::path named_in = topology::file_of(topology, plugin.place);
    auto file = plugin::find(plugin.name, named_in.parent_path().string(), search);
    auto loaded = file.ok() ? loader.load(*file) : Result<void>(std::move(file.error()));
    if (!loaded.ok()) problems.push_back({plugin.place, loaded.error().what});
  }
  topology::settle(problems, topology.includes);
  return problems;
}

}  // namespace dnstorm::cli
