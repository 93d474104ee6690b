#include "engine/topology/detail/objects.hpp"

#include <algorithm>

#include "engine/topology/detail/object_classes.hpp"

namespace dnstorm::topology::detail {

namespace {

// The one entry of {key: ...}; null if the node is something else.
const Node* only_entry(const Node& node, std::string_view key) {
  bool is_it =
      node.kind == Node::Kind::map && node.entries.size() == 1 && node.entries.front().key == key;
  return is_it ? node.entries.front().value : nullptr;
}

Made make_by_factory(const ObjectClass& object_class, const ComponentDefinition& component,
                     const std::vector<const Node*>& args) {
  const Node& wanted = *component.factory->value;
  if (component.object.args != nullptr)
    return {{}, "takes either 'constructorArgs' or a 'factory'", component.factory->place};
  std::vector<std::string> known;
  for (const Factory& factory : object_class.factories) {
    if (factory.name == wanted.text) return factory.make(args, component.factory->place);
    known.emplace_back(factory.name);
  }
  return {{},
          fmt::format("has no factory '{}'{}", shown(wanted.text), suggestion(wanted.text, known)),
          wanted.place};
}

// Sets properties and calls methods, in Storm's order.
Made configure(const ObjectClass& object_class, const ObjectDefinition& object, Node value) {
  const Place place = value.place;
  for (const Entry& property : object.properties) {
    if (!object_class.has_properties)
      return {{}, fmt::format("has no property '{}'", shown(property.key)), property.place};
    ObjectCall put{"put", property.place, {}, nullptr};
    Node key;
    key.kind = Node::Kind::scalar;
    key.text = property.key;
    key.place = property.place;
    put.args = {&key, property.value};
    Made made = call_method(std::move(value), put);
    value = std::move(made.value);
  }
  for (const ObjectCall& call : object.methods) {
    std::vector<std::string> known(object_class.methods.begin(), object_class.methods.end());
    if (std::find(known.begin(), known.end(), call.name) == known.end())
      return {{},
              fmt::format("has no method '{}'{}", shown(call.name), suggestion(call.name, known)),
              call.place};
    Made made = call_method(std::move(value), call);
    if (!made.problem.empty()) return made;
    value = std::move(made.value);
    if (value.weight > yaml_nodes_max) break;  // said by whoever keeps it
  }
  return {std::move(value), {}, place};
}

}  // namespace

void Objects::read(const std::vector<const Node*>& components, Ids& ids) {
  for (const Node* node : components)
    for (const Entry& entry : node->entries)
      if (entry.key == "id" && entry.value->kind == Node::Kind::scalar)
        later_.emplace(entry.value->text, entry.value->place);
  for (const Node* node : components) read_component(*node, ids);
  current_.clear();
}

ObjectDefinition Objects::define(Fields& fields) {
  ObjectDefinition made;
  if (const Entry* args = fields.find("constructorArgs")) {
    if (args->value->kind != Node::Kind::null) made.args = args;
    made.complete &= read_arguments(*args, fields, made.constructor_args);
  }
  if (const Entry* properties = fields.find("properties"))
    read_properties(*properties, fields, made);
  if (const Entry* methods = fields.find("configMethods")) read_methods(*methods, fields, made);
  return made;
}

bool Objects::read_arguments(const Entry& list, const Fields& owner,
                             std::vector<const Node*>& into) {
  if (list.value->kind == Node::Kind::null) return true;
  if (list.value->kind != Node::Kind::list) {
    problems_.add(list.place, fmt::format("'{}' of {} is a list of arguments, not {}", list.key,
                                          owner.what(), kind_name(*list.value)));
    return false;
  }
  for (const Node* item : list.value->items)
    if (const Node* value = resolve(*item)) into.push_back(value);
  return into.size() == list.value->items.size();
}

// Both Flux's list of {name, value | ref} and a plain map.
void Objects::read_properties(const Entry& properties, const Fields& owner,
                              ObjectDefinition& into) {
  const Node& node = *properties.value;
  switch (node.kind) {
    case Node::Kind::null:
      return;
    case Node::Kind::map:
      for (const Entry& entry : node.entries)
        add_property(resolve(*entry.value), entry.key, entry.place, into);
      return;
    case Node::Kind::list:
      for (const Node* item : node.items) read_property(*item, owner, into);
      return;
    case Node::Kind::scalar:
      problems_.add(properties.place,
                    fmt::format("'properties' of {} is a map of 'option: value'", owner.what()));
  }
}

void Objects::read_property(const Node& node, const Fields& owner, ObjectDefinition& into) {
  Fields fields(node, fmt::format("a property of {}", owner.what()), problems_);
  const Node* name = fields.require_scalar("name");
  const Entry* value = fields.find("value");
  const Node* ref = fields.scalar("ref");
  fields.finish();
  if (name == nullptr) return;
  if ((value != nullptr) == (ref != nullptr)) {
    problems_.add(name->place, fmt::format("property '{}' of {} takes either 'value' or 'ref'",
                                           shown(name->text), owner.what()));
    return;
  }
  add_property(value != nullptr ? resolve(*value->value) : refer(*ref), name->text, name->place,
               into);
}

void Objects::add_property(const Node* value, const std::string& name, Place place,
                           ObjectDefinition& into) {
  into.complete &= value != nullptr;
  if (value != nullptr) into.properties.push_back({name, place, value});
}

void Objects::read_methods(const Entry& methods, const Fields& owner, ObjectDefinition& into) {
  const Node& list = *methods.value;
  if (list.kind == Node::Kind::null) return;
  if (list.kind != Node::Kind::list) {
    problems_.add(methods.place,
                  fmt::format("'configMethods' of {} is a list of {{name, args}}", owner.what()));
    return;
  }
  for (const Node* item : list.items) {
    Fields fields(*item, fmt::format("a method of {}", owner.what()), problems_);
    const Node* name = fields.require_scalar("name");
    ObjectCall call;
    const Entry* args = fields.find("args");
    bool complete = name != nullptr;
    if (args != nullptr) complete &= read_arguments(*args, fields, call.args);
    fields.finish();
    into.complete &= complete;
    if (!complete) continue;
    call.name = name->text;
    call.place = name->place;
    call.written = args;
    into.methods.push_back(std::move(call));
  }
}

void Objects::read_component(const Node& node, Ids& ids) {
  Fields fields(node, "a component", problems_);
  const Node* id = ids.read(fields, "component");
  current_ = id == nullptr ? "" : id->text;
  ComponentDefinition component;
  component.class_name = fields.require_scalar("className");
  component.object = define(fields);
  component.factory = fields.find("factory");
  bool complete = component.object.complete && component.class_name != nullptr;
  if (component.factory != nullptr) complete &= fields.scalar("factory") != nullptr;
  component.factory_args = fields.find("factoryArgs");
  std::vector<const Node*> factory_args;
  if (component.factory_args != nullptr)
    complete &= read_arguments(*component.factory_args, fields, factory_args);
  fields.finish();
  const Node* value = complete ? make(fields, component, factory_args) : nullptr;
  if (id != nullptr) values_.emplace(id->text, value);
}

const Node* Objects::make(const Fields& fields, const ComponentDefinition& component,
                          const std::vector<const Node*>& factory_args) {
  const Node& name = *component.class_name;
  const ObjectClass* object_class = find_object_class(name.text);
  if (object_class == nullptr) {
    problems_.add(name.place,
                  fmt::format("{} has the unknown class '{}'{}", fields.what(), shown(name.text),
                              suggestion(name.text, object_class_names())));
    return nullptr;
  }
  const ObjectDefinition& object = component.object;
  Place args_place = object.args != nullptr ? object.args->place : name.place;
  Made made;
  if (component.factory != nullptr)
    made = make_by_factory(*object_class, component, factory_args);
  else if (component.factory_args != nullptr)
    made = {{}, "has 'factoryArgs' without a 'factory'", component.factory_args->place};
  else
    made = object_class->make(object.constructor_args, args_place);
  if (made.problem.empty()) made = configure(*object_class, object, std::move(made.value));
  if (made.problem.empty()) return keep(std::move(made.value));
  problems_.add(made.place,
                fmt::format("{} ({}) {}", fields.what(), shown(name.text), made.problem));
  return nullptr;
}

const Node* Objects::resolve(const Node& node) {
  if (const Node* id = only_entry(node, "ref"); id && id->kind == Node::Kind::scalar)
    return refer(*id);
  if (const Node* ids = only_entry(node, "reflist")) return resolve_reflist(*ids, node.place);
  if (node.kind == Node::Kind::list) return resolve_list(node);
  if (node.kind == Node::Kind::map) return resolve_map(node);
  return &node;
}

const Node* Objects::resolve_list(const Node& node) {
  Node made = node;
  made.weight = 1;
  bool is_same = true;
  for (const Node*& item : made.items) {
    const Node* value = resolve(*item);
    if (value == nullptr) return nullptr;
    is_same &= value == item;
    item = value;
    made.weight += value->weight;
  }
  return is_same ? &node : keep(std::move(made));
}

const Node* Objects::resolve_map(const Node& node) {
  Node made = node;
  made.weight = 1;
  bool is_same = true;
  for (Entry& entry : made.entries) {
    const Node* value = resolve(*entry.value);
    if (value == nullptr) return nullptr;
    is_same &= value == entry.value;
    entry.value = value;
    made.weight += value->weight;
  }
  return is_same ? &node : keep(std::move(made));
}

const Node* Objects::resolve_reflist(const Node& node, Place place) {
  Node made;
  made.kind = Node::Kind::list;
  made.place = place;
  bool is_list = node.kind == Node::Kind::list;
  for (const Node* id : node.items) is_list &= id->kind == Node::Kind::scalar;
  if (!is_list) {
    problems_.add(place, "'reflist' is a list of ids of components, as in {reflist: [a, b]}");
    return nullptr;
  }
  for (const Node* id : node.items) {
    const Node* value = refer(*id);
    if (value == nullptr) return nullptr;
    made.items.push_back(value);
    made.weight += value->weight;
  }
  return keep(std::move(made));
}

const Node* Objects::refer(const Node& id) {
  auto found = values_.find(id.text);
  if (found != values_.end()) return found->second;
  if (problems_.full()) return nullptr;
  if (id.text == current_) {
    problems_.add(id.place, fmt::format("component '{}' refers to itself", shown(id.text)));
    return nullptr;
  }
  if (auto later = later_.find(id.text); later != later_.end()) {
    problems_.add(id.place,
                  fmt::format("component '{}' is read later ({}); a reference looks back only",
                              shown(id.text), line_in(later->second, id.place.file, topology_)));
    return nullptr;
  }
  std::vector<std::string> known;
  for (const auto& [name, value] : values_) known.push_back(name);
  problems_.add(id.place, fmt::format("no component '{}' to refer to{}", shown(id.text),
                                      suggestion(id.text, known)));
  return nullptr;
}

const Node* Objects::keep(Node node) {
  if (node.weight > yaml_nodes_max) {
    problems_.add(node.place,
                  fmt::format("more than {} values; a topology is smaller", yaml_nodes_max));
    return nullptr;
  }
  return &made_.emplace_back(std::move(node));
}

}  // namespace dnstorm::topology::detail
