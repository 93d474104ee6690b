#include "cli/cluster_submission.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/topology/topology.hpp"

namespace dnstorm::cli {

namespace {

Result<std::string> read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorKind::no_input, std::strerror(errno), ""};
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace

Result<cluster::Submission> make_submission(const std::string& path, const LoadOptions& options) {
  if (!options.plugins.empty() || options.parallelism != 0)
    return Error{ErrorKind::usage,
                 "a cluster takes plug-ins and numbers of executors from the topology file, not "
                 "from --plugin and --parallelism",
                 ""};
  cluster::Submission submission;
  submission.file = path;
  submission.set = options.set;
  auto text = read_whole(path);
  if (!text.ok()) return std::move(text.error()).within(path);
  submission.text = std::move(*text);
  topology::Variables variables;
  if (!options.filter.empty())
    variables.properties = DNSTORM_TRY(topology::read_properties_file(options.filter));
  submission.properties = variables.properties;
  variables.environment = environment_variables();
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  auto open = [&](const std::string& name) -> Result<std::string> {
    std::string included = DNSTORM_TRY(read_whole(folder / name));
    submission.files[name] = included;
    return included;
  };
  topology::ReadResult read = topology::read_text(submission.text, path, variables, open);
  if (!read.ok()) {
    for (std::size_t i = 0; i + 1 < read.problems.size(); ++i)
      fmt::print(stderr, "{}\n", topology::to_string(path, read.problems[i]));
    return Error{read.kind, topology::to_string(path, read.problems.back()), {}};
  }
  submission.name = read.topology.name;
  return submission;
}

}  // namespace dnstorm::cli
