#include "engine/topology/detail/ids.hpp"

namespace dnstorm::topology::detail {

namespace {
constexpr std::size_t id_length_max = 200;
}  // namespace

const Node* Ids::read(Fields& fields, std::string_view kind) {
  const Node* id = fields.require_scalar("id");
  if (id == nullptr) return nullptr;
  fields.rename(fmt::format("{} '{}'", kind, shown(id->text)));
  auto refuse = [&](std::string what) {
    problems_.add(id->place, std::move(what));
    return nullptr;
  };
  if (id->text.empty()) return refuse(fmt::format("the id of a {} is empty", kind));
  if (id->text.size() > id_length_max)
    return refuse(
        fmt::format("the id of {} is longer than {} bytes", fields.what(), id_length_max));
  if (id->text.find('/') != std::string::npos)
    return refuse(fmt::format("the id of {} contains a '/'", fields.what()));
  if (id->text.starts_with("__"))
    return refuse(
        fmt::format("the id of {} begins with '__', which is kept for the engine", fields.what()));
  auto [first, is_new] = places_.emplace(id->text, id->place);
  if (is_new) return id;
  return refuse(fmt::format("id '{}' is taken already, in {}", shown(id->text),
                            line_in(first->second, id->place.file, topology_)));
}

std::string line_in(Place place, std::uint32_t seen_from, const Topology& topology) {
  if (place.file == seen_from) return fmt::format("line {}", place.line);
  return fmt::format("{}:{}", place.file == 0 ? topology.file : topology.includes[place.file - 1],
                     place.line);
}

}  // namespace dnstorm::topology::detail
