// Topology files: whatever the text, reading and expanding end with a topology or with problems of
// one line each. The registry is that of one spout and one bolt, enough to reach every step of
// expand(). Variables have values; includes are never followed.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/plan/plan.hpp"

namespace {

using namespace dnstorm;

OperatorRegistry make_registry() {
  OperatorDef spout;
  spout.name = "s";
  spout.kind = OperatorKind::spout;
  spout.options = {{"n", OptionType::integer, "1", "a number"}};
  spout.declare = [](const Options&, const std::vector<InputDecl>&) -> Result<Declaration> {
    Declaration declaration;
    declaration.outputs = {{"default", {{"a", Type::u16}, {"b", Type::str}}}};
    return declaration;
  };
  spout.constructor = {"n"};
  OperatorDef bolt;
  bolt.name = "b";
  bolt.options = {{"by", OptionType::list, "", "fields"}};
  bolt.constructor = {"by"};
  bolt.methods = {{"withBy", {"by"}}};
  bolt.declare = [](const Options& options,
                    const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.outputs = {{"default", {}, true}};
    declaration.partition_by = options.list("by");
    for (const InputDecl& input : inputs) {
      for (const std::string& name : options.list("by"))
        DNSTORM_CHECK(require_field(input, name, "by"));
      declaration.reads.push_back(options.list("by"));
    }
    return declaration;
  };
  OperatorRegistry registry;
  registry.add(std::move(spout));
  registry.add(std::move(bolt));
  return registry;
}

void check_problems(const std::vector<topology::Diagnostic>& problems) {
  for (const auto& problem : problems) {
    std::string line = topology::to_string("t", problem);
    DNSTORM_ASSERT(line.find('\n') == std::string::npos, "a problem is one line", line);
    DNSTORM_ASSERT(line.size() < 4096, "a line that a person can read", line.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const OperatorRegistry registry = make_registry();
  std::string text(reinterpret_cast<const char*>(data), size);
  static const topology::Variables variables = {{{"k", "v"}, {"l", "[a, b]"}}, {{"N", "v"}}};
  topology::ReadResult read = topology::read_text(text, "t", variables);
  check_problems(read.problems);
  topology::Topology target;
  target.bolts.resize(1);
  target.bolts[0].id = "b";
  auto set = topology::set_property(target, text);
  DNSTORM_ASSERT(set.ok() || !set.error().what.empty(), "a refusal says why");
  if (!read.ok()) return 0;
  plan::ExpandResult expanded =
      plan::expand(read.topology, registry, {.parallelism = size % 5 == 0 ? 4u : 0u});
  check_problems(expanded.problems);
  if (expanded.ok()) plan::explain(expanded.plan);
  return 0;
}
