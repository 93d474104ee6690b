#include "engine/topology/detail/written.hpp"

namespace dnstorm::topology::detail {

namespace {

// Each with the place where it stands as an argument, which is not that of what it refers to.
std::vector<RawOption> raw_arguments(const std::string& name, const Entry* written,
                                     const std::vector<const Node*>& args, Problems& problems) {
  std::vector<RawOption> made;
  for (std::size_t i = 0; i < args.size(); ++i) {
    auto option = raw_option(fmt::format("{}[{}]", name, i), written->value->items[i]->place,
                             *args[i], problems);
    if (option) made.push_back(std::move(*option));
  }
  return made;
}

}  // namespace

WrittenOptions read_written(Fields& fields, Objects& objects, Problems& problems) {
  ObjectDefinition object = objects.define(fields);
  WrittenOptions written;
  written.constructor_args =
      raw_arguments("constructorArgs", object.args, object.constructor_args, problems);
  for (const Entry& property : object.properties) {
    auto option = raw_option(property.key, property.place, *property.value, problems);
    if (option && !written.properties.emplace(property.key, std::move(*option)).second)
      problems.add(property.place, fmt::format("property '{}' stands twice", shown(property.key)));
  }
  for (const ObjectCall& call : object.methods)
    written.methods.push_back({call.name, call.place,
                               raw_arguments(shown(call.name), call.written, call.args, problems)});
  return written;
}

void refuse_factory(Fields& fields, std::string_view what) {
  for (const char* key : {"factory", "factoryArgs"})
    fields.refuse(key, fmt::format("is of no use: {} has no factory; give 'constructorArgs' or "
                                   "'properties'",
                                   what));
}

}  // namespace dnstorm::topology::detail
