#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

#include "engine/topology/detail/fields.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::topology {

namespace {

using detail::Entry;
using detail::Fields;
using detail::Node;
using detail::Problems;
using detail::shown;
using detail::suggestion;

constexpr std::size_t id_length_max = 200;

struct GroupingName {
  std::string_view name;
  GroupingType type;
};
constexpr GroupingName grouping_names[] = {{"SHUFFLE", GroupingType::shuffle},
                                           {"FIELDS", GroupingType::fields},
                                           {"PARTIAL_KEY", GroupingType::partial_key},
                                           {"ALL", GroupingType::all},
                                           {"GLOBAL", GroupingType::global},
                                           {"LOCAL_OR_SHUFFLE", GroupingType::local_or_shuffle},
                                           {"NONE", GroupingType::none}};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

class Reader {
 public:
  Reader(Topology& topology, Problems& problems) : topology_(topology), problems_(problems) {}

  void read(const Node& root) {
    Fields fields(root, "a topology", problems_);
    if (const Node* name = fields.require_scalar("name")) read_name(*name);
    if (const Entry* entry = fields.find("config")) read_config(*entry);
    for (const char* key : {"includes", "workerHooks", "topologySource"}) fields.refuse(key);
    for (const Node* item : list_of(fields, "components")) read_bean(*item);
    for (const Node* item : list_of(fields, "spouts"))
      read_vertex(*item, "spout", topology_.spouts);
    for (const Node* item : list_of(fields, "bolts")) read_vertex(*item, "bolt", topology_.bolts);
    for (const Node* item : list_of(fields, "streams")) read_stream(*item);
    fields.finish();
  }

 private:
  std::vector<const Node*> list_of(Fields& fields, std::string_view key) {
    const Entry* entry = fields.find(key);
    if (entry == nullptr || entry->value->kind == Node::Kind::null) return {};
    if (entry->value->kind == Node::Kind::list) return entry->value->items;
    problems_.add(entry->place, fmt::format("'{}' of {} is a list ('- ...' in each line), not {}",
                                            key, fields.what(), kind_name(*entry->value)));
    return {};
  }

  void read_name(const Node& node) {
    topology_.name = node.text;
    if (node.text.empty()) problems_.add(node.place, "the name of a topology is empty");
  }

  void read_config(const Entry& config) {
    if (config.value->kind == Node::Kind::null) return;
    Fields fields(*config.value, "'config'", problems_);
    for (const Entry& entry : config.value->entries)
      if (auto option = raw_option(entry.key, entry.place, *entry.value, problems_))
        topology_.config.emplace(entry.key, std::move(*option));
  }

  // The id of a component, checked; empty if it has none that can be used.
  const Node* read_id(Fields& fields, std::string_view kind) {
    const Node* id = fields.require_scalar("id");
    if (id == nullptr) return nullptr;
    fields.rename(fmt::format("{} '{}'", kind, shown(id->text)));
    if (id->text.empty())
      problems_.add(id->place, fmt::format("the id of a {} is empty", kind));
    else if (id->text.size() > id_length_max)
      problems_.add(id->place, fmt::format("the id of {} is longer than {} bytes", fields.what(),
                                           id_length_max));
    else if (id->text.find('/') != std::string::npos)
      problems_.add(id->place, fmt::format("the id of {} contains a '/'", fields.what()));
    else if (id->text.starts_with("__"))
      problems_.add(id->place,
                    fmt::format("the id of {} begins with '__', which is kept for the engine",
                                fields.what()));
    else if (auto [first, is_new] = ids_.emplace(id->text, id->place); !is_new)
      problems_.add(id->place, fmt::format("id '{}' is taken already, in line {}", shown(id->text),
                                           first->second.line));
    else
      return id;
    return nullptr;
  }

  // `components` (Flux's beans) hold a value that properties refer to; the class name is for
  // people.
  void read_bean(const Node& node) {
    Fields fields(node, "a component", problems_);
    const Node* id = read_id(fields, "component");
    fields.require_scalar("className");
    const Entry* arguments = fields.require("constructorArgs");
    for (const char* key : {"factory", "factoryArgs", "properties", "configMethods"})
      fields.refuse(key, "give the value as the one entry of constructorArgs");
    fields.finish();
    if (arguments == nullptr) return;
    const Node& list = *arguments->value;
    if (list.kind != Node::Kind::list || list.items.size() != 1) {
      problems_.add(arguments->place,
                    fmt::format("'constructorArgs' of {} is a list of one value", fields.what()));
      return;
    }
    if (id != nullptr) beans_[id->text] = list.items.front();
  }

  void read_vertex(const Node& node, std::string_view kind, std::vector<Component>& into) {
    Fields fields(node, fmt::format("a {}", kind), problems_);
    Component component;
    component.place = node.place;
    if (const Node* id = read_id(fields, kind)) {
      component.id = id->text;
      component.place = id->place;
    }
    if (const Node* name = fields.require_scalar("className")) {
      component.class_name = name->text;
      component.class_name_place = name->place;
    }
    read_parallelism(fields, component);
    if (const Entry* properties = fields.find("properties"))
      read_properties(*properties, fields, component);
    for (const char* key : {"constructorArgs", "factory", "factoryArgs", "configMethods"})
      fields.refuse(key, "options of an operator are given as 'properties'");
    for (const char* key : {"onHeapMemoryLoad", "offHeapMemoryLoad", "cpuLoad"}) fields.refuse(key);
    fields.finish();
    into.push_back(std::move(component));
  }

  void read_parallelism(Fields& fields, Component& component) {
    if (auto executors = fields.number("parallelism", 1, tasks_max)) {
      component.parallelism = *executors;
      component.parallelism_place = fields.find("parallelism")->value->place;
    }
    if (auto tasks = fields.number("numTasks", 1, tasks_max)) {
      component.num_tasks = *tasks;
      component.num_tasks_place = fields.find("numTasks")->value->place;
    }
    const Entry* config = fields.find("config");
    if (config == nullptr || config->value->kind == Node::Kind::null) return;
    Fields inner(*config->value, fmt::format("'config' of {}", fields.what()), problems_);
    if (auto tasks = inner.number("topology.tasks", 1, tasks_max)) {
      Place place = inner.find("topology.tasks")->value->place;
      if (component.num_tasks != 0 && component.num_tasks != *tasks)
        problems_.add(
            place,
            fmt::format("topology.tasks of {} is {}, but numTasks is {}; one of them is enough",
                        fields.what(), *tasks, component.num_tasks));
      component.num_tasks = *tasks;
      component.num_tasks_place = place;
    }
    inner.finish();
  }

  // Both Flux's list of {name, value | ref} and a plain map.
  void read_properties(const Entry& properties, const Fields& owner, Component& component) {
    const Node& node = *properties.value;
    switch (node.kind) {
      case Node::Kind::null:
        return;
      case Node::Kind::map:
        for (const Entry& entry : node.entries)
          set_property(component, entry.key, entry.place, resolve(*entry.value));
        return;
      case Node::Kind::list:
        for (const Node* item : node.items) read_property(*item, owner, component);
        return;
      case Node::Kind::scalar:
        problems_.add(properties.place,
                      fmt::format("'properties' of {} is a map of 'option: value'", owner.what()));
    }
  }

  void read_property(const Node& node, const Fields& owner, Component& component) {
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
    set_property(component, name->text, name->place,
                 value != nullptr ? value->value : find_bean(*ref));
  }

  // `value` is null if it could not be resolved.
  void set_property(Component& component, const std::string& name, Place place, const Node* value) {
    if (value == nullptr) return;
    auto option = raw_option(name, place, *value, problems_);
    if (!option) return;
    if (!component.properties.emplace(name, std::move(*option)).second)
      problems_.add(place, fmt::format("property '{}' stands twice", shown(name)));
  }

  // {ref: id} stands for the value of that component.
  const Node* resolve(const Node& node) {
    if (node.kind != Node::Kind::map || node.entries.size() != 1 || node.entries[0].key != "ref" ||
        node.entries[0].value->kind != Node::Kind::scalar)
      return &node;
    return find_bean(*node.entries[0].value);
  }

  const Node* find_bean(const Node& ref) {
    auto found = beans_.find(ref.text);
    if (found != beans_.end()) return found->second;
    if (problems_.full()) return nullptr;
    std::vector<std::string> known;
    for (const auto& [id, value] : beans_) known.push_back(id);
    problems_.add(ref.place, fmt::format("no component '{}' to refer to{}", shown(ref.text),
                                         suggestion(ref.text, known)));
    return nullptr;
  }

  void read_stream(const Node& node) {
    Fields fields(node, "a stream", problems_);
    Stream stream;
    stream.place = node.place;
    if (const Node* name = fields.scalar("name")) stream.name = name->text;
    if (const Node* from = fields.require_scalar("from")) {
      stream.from = from->text;
      stream.from_place = from->place;
    }
    if (const Node* to = fields.require_scalar("to")) {
      stream.to = to->text;
      stream.to_place = to->place;
    }
    if (!stream.from.empty() && !stream.to.empty())
      fields.rename(fmt::format("stream '{}' -> '{}'", shown(stream.from), shown(stream.to)));
    stream.grouping_place = stream.stream_id_place = stream.args_place = stream.place;
    if (const Entry* grouping = fields.find("grouping")) read_grouping(*grouping, fields, stream);
    fields.finish();
    topology_.streams.push_back(std::move(stream));
  }

  void read_grouping(const Entry& grouping, const Fields& owner, Stream& stream) {
    Fields fields(*grouping.value, fmt::format("the grouping of {}", owner.what()), problems_);
    stream.grouping_place = stream.stream_id_place = stream.args_place = grouping.place;
    const Node* type = fields.require_scalar("type");
    if (type != nullptr) read_grouping_type(*type, fields, stream);
    if (const Node* id = fields.scalar("streamId")) {
      stream.stream_id = id->text;
      stream.stream_id_place = id->place;
    }
    const Entry* args = fields.find("args");
    fields.refuse("customClass");
    fields.finish();
    if (type == nullptr) return;
    if (args != nullptr) read_args(*args, fields, stream);
    if (groups_by_key(stream.grouping) && stream.args.empty())
      problems_.add(
          stream.args_place,
          fmt::format("{} is {} and has no 'args': the fields to group by, "
                      "as in args: [qname]",
                      fields.what(),
                      stream.grouping == GroupingType::fields ? "FIELDS" : "PARTIAL_KEY"));
  }

  void read_grouping_type(const Node& node, const Fields& fields, Stream& stream) {
    std::string name = upper(node.text);
    std::vector<std::string> known;
    for (const GroupingName& grouping : grouping_names) {
      known.emplace_back(grouping.name);
      if (name != grouping.name) continue;
      stream.grouping = grouping.type;
      return;
    }
    if (name == "CUSTOM" || name == "DIRECT")
      problems_.add(node.place,
                    fmt::format("{} is {}, which is not supported yet", fields.what(), name));
    else
      problems_.add(node.place, fmt::format("{} has the unknown type '{}'{}", fields.what(),
                                            shown(node.text), suggestion(name, known)));
  }

  void read_args(const Entry& args, const Fields& fields, Stream& stream) {
    stream.args_place = args.value->kind == Node::Kind::null ? args.place : args.value->place;
    auto option = raw_option("args", args.place, *args.value, problems_);
    if (option) stream.args = std::move(option->values);
    if (!groups_by_key(stream.grouping))
      problems_.add(args.place, fmt::format("{} has 'args', which only FIELDS and PARTIAL_KEY take",
                                            fields.what()));
  }

  Topology& topology_;
  Problems& problems_;
  std::map<std::string, Place> ids_;
  std::map<std::string, const Node*> beans_;
};

ReadResult failed(const std::string& path, ErrorKind kind, std::string what) {
  ReadResult result;
  result.topology.file = path;
  result.kind = kind;
  result.problems.push_back({{}, std::move(what)});
  return result;
}

}  // namespace

ReadResult read_text(const std::string& text, const std::string& file) {
  ReadResult result;
  result.topology.file = file;
  Problems problems;
  detail::Tree tree = detail::parse_yaml(text, problems);
  if (tree.root != nullptr && tree.root->kind != Node::Kind::null)
    Reader(result.topology, problems).read(*tree.root);
  result.problems = problems.take();
  if (result.problems.empty() && (tree.root == nullptr || tree.root->kind == Node::Kind::null))
    result.problems.push_back({{}, "is empty; a topology has at least a name, spouts and streams"});
  return result;
}

ReadResult read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       &std::fclose);
  if (file == nullptr)
    return failed(path, ErrorKind::no_input,
                  fmt::format("cannot be opened: {}", std::strerror(errno)));
  // One byte more than allowed shows that the file is too large.
  std::string text(detail::yaml_bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return failed(path, ErrorKind::no_input,
                  fmt::format("cannot be read: {}", std::strerror(errno)));
  return read_text(text, path);
}

}  // namespace dnstorm::topology
