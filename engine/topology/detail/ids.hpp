// The ids of components, spouts and bolts: one of each in a topology, whatever file it is from.
#pragma once

#include <map>
#include <string>

#include "engine/topology/detail/fields.hpp"

namespace dnstorm::topology::detail {

class Ids {
 public:
  Ids(const Topology& topology, Problems& problems) : topology_(topology), problems_(problems) {}

  // The id of an object, checked, after which `fields` is named in messages; null (and a problem)
  // if it has none that can be used. `kind`: component, spout, bolt.
  const Node* read(Fields& fields, std::string_view kind);

 private:
  const Topology& topology_;
  Problems& problems_;
  std::map<std::string, Place> places_;
};

// "line 7", or "x.yaml:7" if that is another file than the one that the message is about.
std::string line_in(Place place, std::uint32_t seen_from, const Topology& topology);

}  // namespace dnstorm::topology::detail
