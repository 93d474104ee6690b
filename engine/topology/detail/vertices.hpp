// Spouts and bolts as the file has them. What an option, a method or a class means is for plan.
#pragma once

#include <string_view>
#include <vector>

#include "engine/topology/detail/objects.hpp"

namespace dnstorm::topology::detail {

class Vertices {
 public:
  Vertices(Objects& objects, Ids& ids, Problems& problems)
      : objects_(objects), ids_(ids), problems_(problems) {}

  void read(const Node& node, std::string_view kind, std::vector<Component>& into);
  void read_hook(const Node& node, std::vector<WorkerHook>& into);

 private:
  void refuse_numbers(const Fields& fields, const Component& component);
  void read_loads(Fields& fields, Component& component);
  void read_parallelism(Fields& fields, Component& component);
  void read_config(const Node& config, const Fields& owner, Component& component);

  Objects& objects_;
  Ids& ids_;
  Problems& problems_;
};

}  // namespace dnstorm::topology::detail
