#include "cli/cluster/submission.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "cli/cluster/listed_plugins.hpp"

namespace dnstorm::cli {

namespace {

constexpr std::string_view environment_prefix = "ENV-";

Error all_of(const std::string& file, const std::vector<topology::Diagnostic>& problems,
             ErrorKind kind) {
  std::string text;
  for (const topology::Diagnostic& problem : problems)
    text += (text.empty() ? "" : "\n") + topology::to_string(file, problem);
  return {kind, std::move(text), ""};
}

Result<std::string> read_text_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return Error{ErrorKind::no_input, std::string("cannot be opened: ") + std::strerror(errno), ""};
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad() || text.fail()) return Error{ErrorKind::no_input, "cannot be read or is empty", ""};
  return std::move(text).str();
}

// Adds the variables of the environment that the text names, under the names by which it does.
void carry_environment(const std::string& text,
                       const std::map<std::string, std::string>& environment,
                       std::map<std::string, std::string>& into) {
  constexpr std::string_view begin = "${ENV-";
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
    std::size_t name = at + begin.size();
    std::size_t end = text.find_first_of("}[\n", name);
    if (end == std::string::npos) return;
    auto found = environment.find(text.substr(name, end - name));
    if (found != environment.end())
      into[std::string(environment_prefix) + found->first] = found->second;
  }
}

topology::ReadResult read(const cluster::Submission& submission) {
  return topology::read_text(submission.text, submission.file, variables_of(submission),
                             files_of(submission));
}

}  // namespace

topology::Variables variables_of(const cluster::Submission& submission) {
  topology::Variables variables;
  for (const auto& [key, value] : submission.properties) {
    if (key.starts_with(environment_prefix))
      variables.environment[key.substr(environment_prefix.size())] = value;
    else
      variables.properties[key] = value;
  }
  return variables;
}

topology::OpenFile files_of(const cluster::Submission& submission) {
  return [&submission](const std::string& path) -> Result<std::string> {
    auto file = submission.files.find(path);
    if (file != submission.files.end()) return file->second;
    return Error{ErrorKind::no_input, "was not submitted with the topology", ""};
  };
}

Result<cluster::Submission> make_submission(const std::string& path,
                                            const SubmissionOptions& options) {
  cluster::Submission submission;
  submission.file = path;
  submission.set = options.set;
  auto text = read_text_file(path);
  if (!text.ok()) return std::move(text.error()).within(path);
  submission.text = std::move(*text);
  topology::Variables variables;
  variables.environment = options.environment;
  if (!options.filter.empty())
    submission.properties = DNSTORM_TRY(topology::read_properties_file(options.filter));
  variables.properties = submission.properties;
  carry_environment(submission.text, options.environment, submission.properties);
  // Which files are included is known once it is read; what else is wrong is found again later.
  auto open = [&](const std::string& file) -> Result<std::string> {
    std::string included = DNSTORM_TRY(read_text_file(file));
    carry_environment(included, options.environment, submission.properties);
    submission.files[file] = included;
    return included;
  };
  topology::ReadResult made = topology::read_text(submission.text, path, variables, open);
  if (!made.ok()) return all_of(path, made.problems, made.kind);
  submission.name = made.topology.name;
  return submission;
}

Result<plan::Plan> plan_of(const cluster::Submission& submission,
                           const cluster::PlanChoices& choices, OperatorRegistry& registry) {
  topology::ReadResult made = read(submission);
  const std::string& file = submission.file;
  if (!made.ok()) return all_of(file, made.problems, made.kind);
  plugin::Loader loader(registry);
  auto refused = load_listed_plugins(made.topology, plugin::SearchPath::of_process(), loader);
  if (!refused.empty()) return all_of(file, refused, ErrorKind::config);
  for (const std::string& assignment : submission.set)
    DNSTORM_CHECK(topology::set_property(made.topology, assignment));
  plan::ExpandResult expanded =
      plan::expand(made.topology, registry,
                   {.nodes_by_label = choices.nodes_by_label, .executors = choices.executors});
  if (!expanded.ok()) return all_of(file, expanded.problems, ErrorKind::config);
  return std::move(expanded.plan);
}

}  // namespace dnstorm::cli
