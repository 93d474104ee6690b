#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

using Names = std::vector<std::string>;

OptionType type_of(const OperatorDef& op, const std::string& name) {
  auto spec = std::find_if(op.options.begin(), op.options.end(),
                           [&](const OptionSpec& one) { return one.name == name; });
  DNSTORM_ASSERT(spec != op.options.end(), "an argument sets an option that is not there", name);
  return spec->type;
}

// Java's varargs: what is left goes into the last argument, if that is a list.
bool takes_more(const OperatorDef& op, const Names& names) {
  return !names.empty() && type_of(op, names.back()) == OptionType::list;
}

// The arguments, at most as many as there are names unless the last takes more.
void assign(const OperatorDef& op, const Names& names, const std::vector<RawOption>& args,
            RawOptions& into) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i < names.size()) {
      into[names[i]] = args[i];
      if (args.size() > names.size() && i + 1 == names.size()) into[names[i]].is_list = true;
      continue;
    }
    DNSTORM_ASSERT(takes_more(op, names), "more arguments than there are options", op.name);
    auto& values = into[names.back()].values;
    values.insert(values.end(), args[i].values.begin(), args[i].values.end());
  }
}

std::string counted(std::size_t count) {
  return fmt::format("{} argument{}", count, count == 1 ? "" : "s");
}

bool construct(Draft& draft, const DraftComponent& component, RawOptions& into) {
  const OperatorDef& op = *component.op;
  const std::vector<RawOption>& args = component.source->constructor_args;
  if (args.size() <= op.constructor.size() || takes_more(op, op.constructor)) {
    assign(op, op.constructor, args, into);
    return true;
  }
  std::string wanted =
      op.constructor.empty()
          ? "takes no constructorArgs; give 'properties'"
          : fmt::format("takes at most {} ({}), not {}", counted(op.constructor.size()),
                        fmt::join(op.constructor, ", "), args.size());
  draft.add(place_of(args[op.constructor.size()]),
            fmt::format("'{}' ({}) {}", component.id(), op.name, wanted));
  return false;
}

const MethodDef* find_method(Draft& draft, const DraftComponent& component,
                             const topology::MethodCall& call) {
  const OperatorDef& op = *component.op;
  Names known;
  for (const MethodDef& method : op.methods) {
    if (method.name == call.name) return &method;
    known.push_back(method.name);
  }
  std::string hint = did_you_mean(call.name, known);
  if (hint.empty())
    hint = known.empty() ? "; it has none, give 'properties'"
                         : fmt::format("; it has {}", fmt::join(known, ", "));
  draft.add(call.place, fmt::format("'{}' ({}) has no method '{}'{}", component.id(), op.name,
                                    call.name, hint));
  return nullptr;
}

// Called again, the method adds another item.
bool adds_item(const MethodDef& method) {
  return method.options.size() == 1 && method.options[0].ends_with('+');
}

bool add_item(Draft& draft, const DraftComponent& component, const topology::MethodCall& call,
              const MethodDef& method, RawOptions& into) {
  Names values;
  for (const RawOption& arg : call.args)
    values.insert(values.end(), arg.values.begin(), arg.values.end());
  if (call.args.size() < 2 || values.size() < 2) {
    draft.add(call.place,
              fmt::format("'{}' ({}): method '{}' takes a name and values, not {}", component.id(),
                          component.op->name, call.name, counted(call.args.size())));
    return false;
  }
  std::string name = method.options[0].substr(0, method.options[0].size() - 1);
  DNSTORM_ASSERT(type_of(*component.op, name) == OptionType::list, "items are added to a list",
                 name);
  auto [option, first] = into.try_emplace(
      name, RawOption{{}, true, call.place.line, call.place.column, call.place.file});
  option->second.is_list = true;
  option->second.values.push_back(
      fmt::format("{}={}", values[0], fmt::join(values.begin() + 1, values.end(), ",")));
  return true;
}

bool call_method(Draft& draft, const DraftComponent& component, const topology::MethodCall& call,
                 RawOptions& into) {
  const MethodDef* method = find_method(draft, component, call);
  if (method == nullptr) return false;
  if (adds_item(*method)) return add_item(draft, component, call, *method, into);
  const OperatorDef& op = *component.op;
  const Names& names = method->options;
  bool sets_flag =
      names.size() == 1 && call.args.empty() && type_of(op, names[0]) == OptionType::flag;
  if (sets_flag) {
    into[names[0]] = {{"true"}, false, call.place.line, call.place.column, call.place.file};
    return true;
  }
  bool fits = call.args.size() == names.size() ||
              (call.args.size() > names.size() && takes_more(op, names));
  if (fits) {
    assign(op, names, call.args, into);
    return true;
  }
  draft.add(call.place, fmt::format("'{}' ({}): method '{}' takes {} ({}), not {}", component.id(),
                                    op.name, call.name, counted(names.size()),
                                    fmt::join(names, ", "), call.args.size()));
  return false;
}

void lay_over(RawOptions& options, const RawOptions& over) {
  for (const auto& [name, option] : over) options[name] = option;
}

}  // namespace

std::optional<RawOptions> gather_options(Draft& draft, const DraftComponent& component) {
  const topology::Component& source = *component.source;
  RawOptions options;
  bool fits = construct(draft, component, options);
  lay_over(options, source.properties);
  for (const topology::MethodCall& call : source.methods)
    fits &= call_method(draft, component, call, options);
  lay_over(options, source.overrides);
  return fits ? std::optional(std::move(options)) : std::nullopt;
}

}  // namespace dnstorm::plan::detail
