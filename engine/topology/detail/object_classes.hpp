// The classes of `components`: dnstorm's own and those of Storm and Java that are worth a plain
// value. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/topology/detail/objects.hpp"

namespace dnstorm::topology::detail {

// The value of an object, or a sentence about what is wrong with it and the place of that.
struct Made {
  Node value;
  std::string problem;  // empty: there is a value
  Place place;
};

using MakeObject = Made (*)(const std::vector<const Node*>& args, Place place);

struct Factory {
  std::string_view name;
  MakeObject make = nullptr;
};

struct ObjectClass {
  std::string_view name;  // full; found by its simple name, too
  MakeObject make = nullptr;
  std::vector<Factory> factories = {};
  std::vector<std::string_view> methods = {};  // add, addAll, put
  bool has_properties = false;                 // they are the entries of a map
};

const ObjectClass* find_object_class(std::string_view name);
std::vector<std::string> object_class_names();

// Calls one of ObjectClass::methods on a value.
Made call_method(Node value, const ObjectCall& call);

}  // namespace dnstorm::topology::detail
