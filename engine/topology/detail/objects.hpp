// The objects of Flux: `components`, which are worth a value (a scalar, a list or a map), and
// {ref: id} and {reflist: [id...]} where an argument stands. Storm makes Java objects of them;
// here a class is what turns constructor arguments into a value (object_classes.cpp).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/topology/detail/ids.hpp"

namespace dnstorm::topology::detail {

// One of `configMethods`.
struct ObjectCall {
  std::string name;
  Place place;
  std::vector<const Node*> args;
  const Entry* written = nullptr;  // the args as they are written; null: none
};

// What a component, a spout or a bolt says of itself as an object, all references followed.
struct ObjectDefinition {
  std::vector<const Node*> constructor_args;
  const Entry* args = nullptr;  // constructorArgs as they are written; null: none
  std::vector<Entry> properties;
  std::vector<ObjectCall> methods;
  bool complete = true;  // false: something of it had a problem
};

struct ComponentDefinition {
  const Node* class_name = nullptr;
  ObjectDefinition object;
  const Entry* factory = nullptr;       // null: not given
  const Entry* factory_args = nullptr;  // the same
};

class Objects {
 public:
  Objects(const Topology& topology, Problems& problems)
      : topology_(topology), problems_(problems) {}

  // Reads the components in their order: each may refer to those before it.
  void read(const std::vector<const Node*>& components, Ids& ids);

  // constructorArgs, properties and configMethods of an object.
  ObjectDefinition define(Fields& fields);

 private:
  void read_component(const Node& node, Ids& ids);
  const Node* make(const Fields& fields, const ComponentDefinition& component,
                   const std::vector<const Node*>& factory_args);
  bool read_arguments(const Entry& list, const Fields& owner, std::vector<const Node*>& into);
  void read_properties(const Entry& properties, const Fields& owner, ObjectDefinition& into);
  void read_property(const Node& node, const Fields& owner, ObjectDefinition& into);
  void add_property(const Node* value, const std::string& name, Place place,
                    ObjectDefinition& into);
  void read_methods(const Entry& methods, const Fields& owner, ObjectDefinition& into);

  // The value with references followed; null: there was a problem, here or in what it refers to.
  const Node* resolve(const Node& node);
  const Node* resolve_list(const Node& node);
  const Node* resolve_map(const Node& node);
  const Node* resolve_reflist(const Node& node, Place place);
  const Node* refer(const Node& id);
  // Null (and a problem) if it has become too large: references count as often as they are used.
  const Node* keep(Node node);

  const Topology& topology_;
  Problems& problems_;
  std::deque<Node> made_;
  std::map<std::string, const Node*> values_;  // null: the component had a problem
  std::map<std::string, Place> later_;         // all components, read or not
  std::string current_;                        // the one that is being read
};

}  // namespace dnstorm::topology::detail
