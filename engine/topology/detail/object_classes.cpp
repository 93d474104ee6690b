#include "engine/topology/detail/object_classes.hpp"

#include <algorithm>
#include <charconv>

namespace dnstorm::topology::detail {

namespace {

using Args = std::vector<const Node*>;

Made refused(Place place, std::string problem) { return {{}, std::move(problem), place}; }

std::string counted(std::size_t args) {
  return fmt::format("{} argument{}", args, args == 1 ? "" : "s");
}

Node scalar(Place place, std::string text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.place = place;
  node.text = std::move(text);
  return node;
}

void append(Node& list, const Node* item) {
  list.items.push_back(item);
  list.weight += item->weight;
}

// Of a map; the value of a key that is there already is replaced, as Java's put() does it.
void put(Node& map, const Entry& entry) {
  auto same = std::find_if(map.entries.begin(), map.entries.end(),
                           [&](const Entry& one) { return one.key == entry.key; });
  if (same == map.entries.end())
    map.entries.push_back(entry);
  else
    same->value = entry.value;
  map.weight += entry.value->weight;
}

Made make_value(const Args& args, Place place) {
  if (args.size() != 1)
    return refused(place, "takes one argument, the value, not " + std::to_string(args.size()));
  return {*args.front(), {}, place};
}

// The arguments are the items, or the one argument is the list.
Made make_items(const Args& args, Place place) {
  if (args.size() == 1 && args.front()->kind == Node::Kind::list) return {*args.front(), {}, place};
  Made made{{}, {}, place};
  made.value.kind = Node::Kind::list;
  made.value.place = place;
  for (const Node* item : args) append(made.value, item);
  return made;
}

Made make_array_list(const Args& args, Place place) {
  if (args.size() > 1)
    return refused(place, fmt::format("takes one list at most, not {}", counted(args.size())));
  if (args.size() == 1 && args.front()->kind != Node::Kind::list)
    return refused(args.front()->place,
                   fmt::format("takes a list, not {}", kind_name(*args.front())));
  return make_items(args, place);
}

Made make_fields(const Args& args, Place place) {
  Made made = make_items(args, place);
  for (const Node* item : made.value.items)
    if (item->kind != Node::Kind::scalar)
      return refused(item->place, fmt::format("takes names of fields, not {}", kind_name(*item)));
  return made;
}

Made make_map(const Args& args, Place place) {
  if (args.size() > 1)
    return refused(place, fmt::format("takes one map at most, not {}", counted(args.size())));
  if (args.size() == 1 && args.front()->kind != Node::Kind::map)
    return refused(args.front()->place,
                   fmt::format("takes a map, not {}", kind_name(*args.front())));
  Made made{{}, {}, place};
  if (args.size() == 1) made.value = *args.front();
  made.value.kind = Node::Kind::map;
  made.value.place = place;
  return made;
}

bool is_count(const Node& node) {
  std::int32_t number = 0;  // a Java int
  const char* end = node.text.data() + node.text.size();
  auto [rest, problem] = std::from_chars(node.text.data(), end, number);
  return node.kind == Node::Kind::scalar && problem == std::errc() && rest == end && number > 0;
}

Made not_a_count(const Node& node) {
  return refused(node.place,
                 fmt::format("takes a whole number above 0, not {}",
                             node.kind == Node::Kind::scalar ? fmt::format("'{}'", shown(node.text))
                                                             : std::string(kind_name(node))));
}

Made make_count(const Args& args, Place place) {
  if (args.size() != 1)
    return refused(place, "takes one argument, a number, not " + std::to_string(args.size()));
  if (!is_count(*args.front())) return not_a_count(*args.front());
  return {scalar(args.front()->place, args.front()->text), {}, place};
}

struct TimeUnit {
  std::string_view name;  // of java.util.concurrent.TimeUnit
  std::string_view suffix;
};
constexpr TimeUnit time_units[] = {
    {"NANOSECONDS", "ns"}, {"MICROSECONDS", "us"}, {"MILLISECONDS", "ms"}, {"SECONDS", "s"},
    {"MINUTES", "m"},      {"HOURS", "h"},         {"DAYS", "d"}};

Made make_duration(const Args& args, Place place) {
  if (args.size() != 2)
    return refused(place, fmt::format("takes 2 arguments, a number and a unit such as SECONDS, "
                                      "not {}",
                                      args.size()));
  if (!is_count(*args[0])) return not_a_count(*args[0]);
  std::vector<std::string> known;
  for (const TimeUnit& unit : time_units) {
    if (args[1]->kind == Node::Kind::scalar && args[1]->text == unit.name)
      return {scalar(args[0]->place, args[0]->text + std::string(unit.suffix)), {}, place};
    known.emplace_back(unit.name);
  }
  return refused(args[1]->place,
                 fmt::format("takes a unit of time, not '{}'{}", shown(args[1]->text),
                             suggestion(args[1]->text, known)));
}

// The factories of Duration: one number, the unit is in the name.
template <char... suffix>
Made make_duration_of(const Args& args, Place place) {
  Made made = make_count(args, place);
  made.value.text += std::string{suffix...};
  return made;
}

const std::vector<ObjectClass>& object_classes() {
  static const std::vector<ObjectClass> classes = {
      {"value", make_value},
      {"list", make_items, {}, {"add", "addAll"}},
      {"map", make_map, {}, {"put"}, true},
      {"org.apache.storm.topology.base.BaseWindowedBolt$Count", make_count, {{"of", make_count}}},
      {"org.apache.storm.topology.base.BaseWindowedBolt$Duration",
       make_duration,
       {{"of", make_duration_of<'m', 's'>},
        {"seconds", make_duration_of<'s'>},
        {"minutes", make_duration_of<'m'>},
        {"hours", make_duration_of<'h'>},
        {"days", make_duration_of<'d'>}}},
      {"org.apache.storm.tuple.Fields", make_fields},
      {"java.util.ArrayList", make_array_list, {}, {"add", "addAll"}},
      {"java.util.HashMap", make_map, {}, {"put"}}};
  return classes;
}

std::string_view simple_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

Made wrong_arguments(const ObjectCall& call, std::string_view wanted) {
  return refused(call.place, fmt::format("takes {} for '{}'", wanted, call.name));
}

}  // namespace

const ObjectClass* find_object_class(std::string_view name) {
  for (const ObjectClass& object_class : object_classes())
    if (object_class.name == name || simple_name(object_class.name) == name) return &object_class;
  return nullptr;
}

std::vector<std::string> object_class_names() {
  std::vector<std::string> names;
  for (const ObjectClass& object_class : object_classes()) {
    names.emplace_back(object_class.name);
    std::string_view simple = simple_name(object_class.name);
    if (simple != object_class.name) names.emplace_back(simple);
  }
  return names;
}

Made call_method(Node value, const ObjectCall& call) {
  Place place = value.place;
  if (call.name == "add") {
    if (call.args.size() != 1) return wrong_arguments(call, "one argument");
    append(value, call.args.front());
  } else if (call.name == "addAll") {
    if (call.args.size() != 1 || call.args.front()->kind != Node::Kind::list)
      return wrong_arguments(call, "one argument, a list,");
    for (const Node* item : call.args.front()->items) append(value, item);
  } else {
    if (call.args.size() != 2 || call.args.front()->kind != Node::Kind::scalar)
      return wrong_arguments(call, "two arguments, a key and a value,");
    put(value, {call.args[0]->text, call.args[0]->place, call.args[1]});
  }
  return {std::move(value), {}, place};
}

}  // namespace dnstorm::topology::detail
