#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

using Names = std::vector<std::string>;

OptionType type_of(const Configured& object, const std::string& name) {
  auto spec = std::find_if(object.options.begin(), object.options.end(),
                           [&](const OptionSpec& one) { return one.name == name; });
  DNSTORM_ASSERT(spec != object.options.end(), "an argument sets an option that is not there",
                 name);
  return spec->type;
}

// Java's varargs: what is left goes into the last argument, if that is a list.
bool takes_more(const Configured& object, const Names& names) {
  return !names.empty() && type_of(object, names.back()) == OptionType::list;
}

// The arguments, at most as many as there are names unless the last takes more.
void assign(const Configured& object, const Names& names, const std::vector<RawOption>& args,
            RawOptions& into) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i < names.size()) {
      into[names[i]] = args[i];
      if (args.size() > names.size() && i + 1 == names.size()) into[names[i]].is_list = true;
      continue;
    }
    DNSTORM_ASSERT(takes_more(object, names), "more arguments than there are options", object.who);
    auto& values = into[names.back()].values;
    values.insert(values.end(), args[i].values.begin(), args[i].values.end());
  }
}

std::string counted(std::size_t count) {
  return fmt::format("{} argument{}", count, count == 1 ? "" : "s");
}

bool construct(Draft& draft, const Configured& object, RawOptions& into) {
  const std::vector<RawOption>& args = object.written.constructor_args;
  if (args.size() <= object.constructor.size() || takes_more(object, object.constructor)) {
    assign(object, object.constructor, args, into);
    return true;
  }
  std::string wanted =
      object.constructor.empty()
          ? "takes no constructorArgs; give 'properties'"
          : fmt::format("takes at most {} ({}), not {}", counted(object.constructor.size()),
                        fmt::join(object.constructor, ", "), args.size());
  draft.add(place_of(args[object.constructor.size()]), fmt::format("{} {}", object.who, wanted));
  return false;
}

const MethodDef* find_method(Draft& draft, const Configured& object,
                             const topology::MethodCall& call) {
  Names known;
  for (const MethodDef& method : object.methods) {
    if (method.name == call.name) return &method;
    known.push_back(method.name);
  }
  std::string hint = did_you_mean(call.name, known);
  if (hint.empty())
    hint = known.empty() ? "; it has none, give 'properties'"
                         : fmt::format("; it has {}", fmt::join(known, ", "));
  draft.add(call.place, fmt::format("{} has no method '{}'{}", object.who, call.name, hint));
  return nullptr;
}

// Called again, the method adds another item.
bool adds_item(const MethodDef& method) {
  return method.options.size() == 1 && method.options[0].ends_with('+');
}

bool add_item(Draft& draft, const Configured& object, const topology::MethodCall& call,
              const MethodDef& method, RawOptions& into) {
  Names values;
  for (const RawOption& arg : call.args)
    values.insert(values.end(), arg.values.begin(), arg.values.end());
  if (call.args.size() < 2 || values.size() < 2) {
    draft.add(call.place, fmt::format("{}: method '{}' takes a name and values, not {}", object.who,
                                      call.name, counted(call.args.size())));
    return false;
  }
  std::string name = method.options[0].substr(0, method.options[0].size() - 1);
  DNSTORM_ASSERT(type_of(object, name) == OptionType::list, "items are added to a list", name);
  auto [option, first] = into.try_emplace(
      name, RawOption{{}, true, call.place.line, call.place.column, call.place.file});
  option->second.is_list = true;
  option->second.values.push_back(
      fmt::format("{}={}", values[0], fmt::join(values.begin() + 1, values.end(), ",")));
  return true;
}

bool call_method(Draft& draft, const Configured& object, const topology::MethodCall& call,
                 RawOptions& into) {
  const MethodDef* method = find_method(draft, object, call);
  if (method == nullptr) return false;
  if (adds_item(*method)) return add_item(draft, object, call, *method, into);
  const Names& names = method->options;
  bool sets_flag =
      names.size() == 1 && call.args.empty() && type_of(object, names[0]) == OptionType::flag;
  if (sets_flag) {
    into[names[0]] = {{"true"}, false, call.place.line, call.place.column, call.place.file};
    return true;
  }
  bool fits = call.args.size() == names.size() ||
              (call.args.size() > names.size() && takes_more(object, names));
  if (fits) {
    assign(object, names, call.args, into);
    return true;
  }
  draft.add(call.place,
            fmt::format("{}: method '{}' takes {} ({}), not {}", object.who, call.name,
                        counted(names.size()), fmt::join(names, ", "), call.args.size()));
  return false;
}

void lay_over(RawOptions& options, const RawOptions& over) {
  for (const auto& [name, option] : over) options[name] = option;
}

}  // namespace

Configured configured(const DraftComponent& component) {
  const OperatorDef& op = *component.op;
  return {fmt::format("'{}' ({})", component.id(), op.name),
          op.options,
          op.constructor,
          op.methods,
          *component.source,
          component.source->class_name_place};
}

std::optional<RawOptions> gather_options(Draft& draft, const Configured& object) {
  const topology::WrittenOptions& written = object.written;
  RawOptions options;
  bool fits = construct(draft, object, options);
  lay_over(options, written.properties);
  for (const topology::MethodCall& call : written.methods)
    fits &= call_method(draft, object, call, options);
  lay_over(options, written.overrides);
  return fits ? std::optional(std::move(options)) : std::nullopt;
}

// Options::parse() stops at the first error; what it names is set aside, to find the next one too.
std::optional<Options> parse_options(Draft& draft, const Configured& object, RawOptions raw) {
  std::vector<OptionSpec> specs = object.options;
  bool valid = true;
  for (;;) {
    auto options = Options::parse(specs, raw);
    if (options.ok()) return valid ? std::optional(std::move(*options)) : std::nullopt;
    valid = false;
    const Error& error = options.error();
    draft.add(place_of(raw, error.subject, object.place),
              fmt::format("{}: {}", object.who, error.what));
    bool set_aside = raw.erase(error.subject) != 0;
    for (OptionSpec& spec : specs)
      if (spec.name == error.subject) set_aside |= std::exchange(spec.required, false);
    if (!set_aside) return std::nullopt;
  }
}

}  // namespace dnstorm::plan::detail
