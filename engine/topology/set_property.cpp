#include "engine/topology/detail/fields.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::topology {

namespace {

Error usage(std::string what) { return {ErrorKind::usage, std::move(what), {}}; }

// The component whose id, with a dot behind it, begins `target`; ids may contain dots, the longest
// wins.
Component* find_target(Topology& topology, std::string_view target) {
  Component* found = nullptr;
  for (std::vector<Component>* components : {&topology.spouts, &topology.bolts}) {
    for (Component& component : *components) {
      const std::string& id = component.id;
      bool begins =
          target.size() > id.size() + 1 && target.starts_with(id) && target[id.size()] == '.';
      if (begins && (found == nullptr || id.size() > found->id.size())) found = &component;
    }
  }
  return found;
}

std::vector<std::string> ids(const Topology& topology) {
  std::vector<std::string> known;
  for (const Component& component : topology.spouts) known.push_back(component.id);
  for (const Component& component : topology.bolts) known.push_back(component.id);
  return known;
}

}  // namespace

Result<void> set_property(Topology& topology, std::string_view assignment) {
  std::size_t equals = assignment.find('=');
  std::string_view target = assignment.substr(0, equals);
  std::size_t dot = target.find('.');
  if (equals == std::string_view::npos || dot == 0 || dot == std::string_view::npos ||
      dot + 1 == target.size())
    return usage(
        fmt::format("'{}' is not of the form component.property=value", detail::shown(assignment)));
  Component* component = find_target(topology, target);
  if (component == nullptr) {
    std::string_view id = target.substr(0, dot);
    return usage(fmt::format("no component '{}' to set a property of{}", detail::shown(id),
                             detail::suggestion(id, ids(topology))));
  }
  std::string name(target.substr(component->id.size() + 1));
  detail::Problems problems;
  detail::Tree tree = detail::parse_yaml(std::string(assignment.substr(equals + 1)), problems);
  std::optional<RawOption> option;
  if (tree.root != nullptr) option = detail::raw_option(name, {}, *tree.root, problems);
  auto found = problems.take();
  if (!found.empty())
    return usage(fmt::format("{}: {}", detail::shown(assignment), found.front().what));
  // What YAML sees as nothing ("a.b=") is the empty text, as in a shell.
  component->overrides[name] = option ? std::move(*option) : RawOption{{""}, false, 0, 0};
  return {};
}

}  // namespace dnstorm::topology
