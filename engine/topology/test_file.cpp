#include "engine/topology/test_file.hpp"

#include <sstream>

#include "engine/topology/detail/disk.hpp"
#include "engine/topology/detail/test_case.hpp"

namespace dnstorm::topology {

namespace {

using detail::Entry;
using detail::Fields;
using detail::Node;
using detail::Problems;

std::size_t indent_of(const std::string& line) { return line.find_first_not_of(' '); }

// The lines below `topology:` that are its value, each on its own line number: what is wrong with
// the topology is told where it stands.
std::string lines_of(const std::string& text, const Entry& entry) {
  std::istringstream in(text);
  std::string line, lines;
  auto key_indent = static_cast<std::size_t>(entry.place.column - 1);
  bool inside = false, over = false;
  for (int number = 1; std::getline(in, line); ++number) {
    std::size_t indent = indent_of(line);
    bool blank = indent == std::string::npos || line[indent] == '#' || line[indent] == '\r';
    if (inside && !blank && indent <= key_indent && line[indent] != '-') over = true;
    if (inside && !over) lines += line;
    lines += '\n';
    if (number == entry.place.line) inside = true;
  }
  return lines;
}

void read_topology(const std::string& text, Fields& fields, TestFile& into, Problems& problems) {
  const Entry* entry = fields.require("topology");
  if (entry == nullptr) return;
  if (entry->value->kind == Node::Kind::scalar) {
    into.topology = {entry->value->text, entry->value->place};
  } else if (entry->value->kind == Node::Kind::map &&
             entry->value->place.line > entry->place.line) {
    into.topology = {"", entry->place};
    into.text = lines_of(text, *entry);
  } else {
    problems.add(entry->place, "'topology' is a path, or the topology itself on the lines below");
  }
}

void read_variables(Fields& fields, TestFile& into, Problems& problems) {
  const Entry* entry = fields.find("variables");
  if (entry == nullptr) return;
  if (entry->value->kind != Node::Kind::map)
    problems.add(entry->place, "'variables' is a map of names and values");
  for (const Entry& variable : entry->value->entries) {
    auto option = detail::raw_option(variable.key, variable.place, *variable.value, problems);
    if (!option) continue;
    std::string list = fmt::format("[{}]", fmt::join(option->values, ", "));
    into.variables.properties[variable.key] = option->is_list ? list : option->values.front();
  }
}

void read_all(const Node& root, const std::string& text, TestFile& into, Problems& problems) {
  Fields fields(root, "a test file", problems);
  if (root.kind != Node::Kind::map) return;
  read_topology(text, fields, into, problems);
  read_variables(fields, into, problems);
  TestCase common;
  detail::read_common(fields, common, problems);
  const Entry* tests = fields.require("tests");
  fields.finish();
  if (tests == nullptr) return;
  if (tests->value->kind != Node::Kind::list || tests->value->items.empty())
    return problems.add(tests->place, "'tests' is a list of tests, at least one");
  std::map<std::string, Place> names;
  for (const Node* node : tests->value->items) {
    into.cases.push_back(detail::read_test_case(*node, common, problems));
    const TestCase& test = into.cases.back();
    auto [first, is_new] = names.emplace(test.name, test.place);
    if (!is_new && !test.name.empty())
      problems.add(test.place, fmt::format("a test '{}' stands in line {} already",
                                           detail::shown(test.name), first->second.line));
  }
}

}  // namespace

TestFileResult read_test_text(const std::string& text, const std::string& file) {
  TestFileResult result;
  result.tests.file = file;
  Problems problems;
  detail::Tree tree = detail::parse_yaml(text, problems);
  if (tree.root != nullptr)
    read_all(*tree.root, text, result.tests, problems);
  else if (problems.size() == 0)
    problems.add({}, "is empty; a test file has at least a topology and tests");
  result.problems = problems.take();
  return result;
}

TestFileResult read_test_file(const std::string& path) {
  auto text = detail::read_disk(path);
  if (text.ok()) return read_test_text(*text, path);
  TestFileResult failed;
  failed.tests.file = path;
  failed.kind = text.error().kind;
  failed.problems.push_back({{}, text.error().what});
  return failed;
}

}  // namespace dnstorm::topology
