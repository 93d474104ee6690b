#include "engine/topology/detail/disk.hpp"
#include "engine/topology/detail/parts.hpp"
#include "engine/topology/detail/streams.hpp"
#include "engine/topology/detail/vertices.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::topology {

namespace {

using detail::Parts;
using detail::Problems;

void read_config(const Parts& parts, Topology& topology, Problems& problems) {
  for (const detail::Entry& entry : parts.config)
    if (auto option = detail::raw_option(entry.key, entry.place, *entry.value, problems))
      topology.config.emplace(entry.key, std::move(*option));
}

void read_plugins(const Parts& parts, Topology& topology, Problems& problems) {
  for (const detail::Node* node : parts.plugins) {
    if (node->kind == detail::Node::Kind::scalar && !node->text.empty())
      topology.plugins.push_back({node->text, node->place});
    else
      problems.add(node->place, fmt::format("a plug-in is the path or the name of a shared "
                                            "library, not {}",
                                            node->kind == detail::Node::Kind::scalar
                                                ? "an empty text"
                                                : detail::kind_name(*node)));
  }
}

void read_parts(const Parts& parts, Topology& topology, Problems& problems) {
  if (parts.name != nullptr) {
    topology.name = parts.name->text;
    if (topology.name.empty()) problems.add(parts.name->place, "the name of a topology is empty");
  }
  read_plugins(parts, topology, problems);
  read_config(parts, topology, problems);
  detail::Ids ids(topology, problems);
  detail::Objects objects(topology, problems);
  objects.read(parts.components, ids);
  detail::Vertices vertices(objects, ids, problems);
  for (const detail::Node* node : parts.worker_hooks)
    vertices.read_hook(*node, topology.worker_hooks);
  for (const detail::Node* node : parts.spouts) vertices.read(*node, "spout", topology.spouts);
  for (const detail::Node* node : parts.bolts) vertices.read(*node, "bolt", topology.bolts);
  for (const detail::Node* node : parts.streams)
    topology.streams.push_back(detail::read_stream(*node, objects, problems));
}

}  // namespace

const std::string& file_of(const Topology& topology, Place place) {
  return place.file == 0 ? topology.file : topology.includes[place.file - 1];
}

ReadResult read_text(const std::string& text, const std::string& file, const Variables& variables,
                     const OpenFile& open) {
  ReadResult result;
  result.topology.file = file;
  Problems problems;
  detail::Gatherer gatherer(result.topology, variables, open, problems);
  read_parts(gatherer.gather(text), result.topology, problems);
  result.problems = problems.take(result.topology.includes);
  return result;
}

ReadResult read_file(const std::string& path, const Variables& variables) {
  auto text = detail::read_disk(path);
  if (text.ok()) return read_text(*text, path, variables, detail::read_disk);
  ReadResult failed;
  failed.topology.file = path;
  failed.kind = text.error().kind;
  failed.problems.push_back({{}, text.error().what});
  return failed;
}

}  // namespace dnstorm::topology
