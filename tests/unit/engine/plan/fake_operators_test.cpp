#include "tests/unit/engine/plan/fake_operators.hpp"

#include <algorithm>

namespace dnstorm::plan::testing {

namespace {

OptionSpec option(std::string name, OptionType type, std::string default_text = "") {
  OptionSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.default_text = std::move(default_text);
  spec.help = "for tests";
  return spec;
}

OptionSpec required(OptionSpec spec) {
  spec.required = true;
  return spec;
}

OperatorDef packets() {
  OperatorDef def;
  def.name = "packets";
  def.kind = OperatorKind::spout;
  def.options = {required(option("file", OptionType::text)),
                 option("limit", OptionType::integer, "10"),
                 option("loop", OptionType::flag, "false")};
  def.options[1].min = 1;
  def.options[1].max = 100;
  def.constructor = {"file", "limit"};
  def.methods = {{"withLimit", {"limit"}}, {"looped", {"loop"}}};
  def.declare = [](const Options&, const std::vector<InputDecl>&) -> Result<Declaration> {
    Declaration declaration;
    declaration.outputs = {{"default",
                            {{"ts", Type::time, Role::time},
                             {"qname", Type::str},
                             {"qtype", Type::u16},
                             {"rcode", Type::u8},
                             {"client", Type::ip}}},
                           {"drops", {{"count", Type::u64}}}};
    return declaration;
  };
  return def;
}

OperatorDef widen() {
  OperatorDef def;
  def.name = "widen";
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    StreamDecl stream{"default", inputs[0].schema.fields()};
    stream.fields.push_back({"network", Type::str});
    stream.extends_input = true;
    declaration.outputs = {stream};
    declaration.reads = {{"client"}};
    return declaration;
  };
  return def;
}

OperatorDef unite() {
  OperatorDef def;
  def.name = "unite";
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    StreamDecl stream{"default", inputs[0].schema.fields()};
    stream.extends_input = true;
    stream.of_all_inputs = true;
    declaration.outputs = {stream};
    declaration.reads.resize(inputs.size());
    return declaration;
  };
  return def;
}

OperatorDef filter() {
  OperatorDef def;
  def.name = "filter";
  def.options = {required(option("field", OptionType::text))};
  def.declare = [](const Options& options,
                   const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.outputs = {{"default", {}, true}, {"refused", {{"reason", Type::u8}}}};
    declaration.state = StateScope::none;
    declaration.reads.resize(inputs.size());
    declaration.reads[0] = {
        DNSTORM_TRY(require_field(inputs[0], options.text("field"), "field")).name};
    return declaration;
  };
  return def;
}

Result<Declaration> declare_count(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  StreamDecl output;
  output.fields = {{"window", Type::time, Role::time}};
  for (const InputDecl& input : inputs) {
    std::vector<std::string> reads = options.list("by");
    for (const std::string& by : reads) {
      Field field = DNSTORM_TRY(require_field(input, by, "by"));
      if (&input == &inputs.front()) output.fields.push_back(field);
    }
    reads.push_back("ts");
    declaration.reads.push_back(reads);
  }
  output.fields.push_back({"count", Type::u64, Role::value});
  declaration.outputs = {output};
  declaration.partition_by = options.list("by");
  declaration.light = options.list("by") == std::vector<std::string>{"rcode"};
  declaration.single_task = options.list("by").empty();
  return declaration;
}

OperatorDef count() {
  OperatorDef def;
  def.name = "count";
  def.aliases = {"org.apache.storm.Count"};
  def.options = {option("by", OptionType::list), option("window", OptionType::duration, "10s"),
                 option("notes", OptionType::list)};
  def.methods = {
      {"withTumblingWindow", {"window"}}, {"withKey", {"window", "by"}}, {"addNote", {"notes+"}}};
  def.declare = declare_count;
  return def;
}

OperatorDef top() {
  OperatorDef def = count();
  def.name = "top";
  def.aliases = {};
  def.declare = [](const Options& options,
                   const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration = DNSTORM_TRY(declare_count(options, inputs));
    declaration.partition_exact = true;
    return declaration;
  };
  return def;
}

OperatorDef rank() {
  OperatorDef def;
  def.name = "rank";
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.outputs = {{"default", {{"rank", Type::u32}}}};
    declaration.reads.resize(inputs.size());
    declaration.single_task = true;
    return declaration;
  };
  return def;
}

OperatorDef sink(const std::string& name) {
  OperatorDef def;
  def.name = name;
  def.kind = OperatorKind::sink;
  if (name == "reads") {
    def.options = {option("fields", OptionType::list)};
    def.constructor = {"fields"};
  }
  bool reads = name == "reads";
  def.declare = [reads](const Options& options,
                        const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.reads.resize(inputs.size());
    if (reads) declaration.reads.assign(inputs.size(), options.list("fields"));
    return declaration;
  };
  return def;
}

OperatorDef system() {
  OperatorDef def;
  def.name = "system";
  def.kind = OperatorKind::spout;
  def.options = {option("tick", OptionType::duration, "1s"),
                 option("metrics", OptionType::duration, "10s")};
  def.declare = [](const Options&, const std::vector<InputDecl>&) -> Result<Declaration> {
    Declaration declaration;
    declaration.ends_with_others = declaration.single_task = true;
    declaration.outputs = {{"__tick", {{"time", Type::time}, {"seconds", Type::u64}}},
                           {"__metrics", {{"time", Type::time}, {"value", Type::u64}}}};
    return declaration;
  };
  return def;
}

GroupingDef near() {
  GroupingDef def;
  def.name = "near";
  def.aliases = {"org.apache.storm.Near"};
  def.options = {required(option("of", OptionType::text)),
                 option("size", OptionType::integer, "24")};
  def.constructor = {"of"};
  def.declare = [](const Options& options, const InputDecl& stream) -> Result<GroupingDeclaration> {
    Field field = DNSTORM_TRY(require_field(stream, options.text("of"), "of"));
    return GroupingDeclaration{{field.name}};
  };
  return def;
}

}  // namespace

const OperatorRegistry& registry() {
  static const OperatorRegistry registry = [] {
    OperatorRegistry all;
    for (OperatorDef& def : std::vector<OperatorDef>{packets(), filter(), widen(), unite(), count(),
                                                     top(), rank(), sink("reads"), sink("blind")})
      all.add(std::move(def));
    all.add(near());
    all.add(system());
    TaskHookDef watch;
    watch.name = "watch";
    watch.aliases = {"org.apache.storm.hooks.Watch"};
    all.add(std::move(watch));
    WorkerHookDef fetch;
    fetch.name = "fetch";
    fetch.options = {required(option("url", OptionType::text)),
                     option("times", OptionType::integer, "1")};
    fetch.constructor = {"url"};
    all.add(std::move(fetch));
    return all;
  }();
  return registry;
}

ExpandResult expand_text(const std::string& yaml, const ExpandOptions& options) {
  topology::ReadResult read = topology::read_text(yaml, "t");
  for (const auto& problem : read.problems) ADD_FAILURE() << topology::to_string("t", problem);
  return expand(read.topology, registry(), options);
}

Plan plan_of(const std::string& yaml, const ExpandOptions& options) {
  ExpandResult result = expand_text(yaml, options);
  for (const auto& problem : result.problems) ADD_FAILURE() << topology::to_string("t", problem);
  return std::move(result.plan);
}

std::string problems_of(const std::string& yaml, const ExpandOptions& options) {
  std::string text;
  for (const auto& problem : expand_text(yaml, options).problems)
    text += topology::to_string("t", problem) + "\n";
  return text;
}

const ComponentPlan& find(const Plan& plan, const std::string& id) {
  for (const ComponentPlan& component : plan.components)
    if (component.id == id) return component;
  ADD_FAILURE() << "no component " << id;
  static const ComponentPlan none;
  return none;
}

std::string fields_of(const Plan& plan, const std::string& id, std::size_t output) {
  const OutputPlan& stream = find(plan, id).outputs.at(output);
  return stream.schema == nullptr ? "-" : stream.schema->names();
}

}  // namespace dnstorm::plan::testing
