#include "operators/shape/tee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

class TeeBolt final : public Bolt {
 public:
  explicit TeeBolt(std::size_t streams) : streams_(streams) {}
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    for (std::size_t i = 0; i < streams_; ++i)
      if (out.wanted(i)) out.forward(i, in.batch, in.selection);
  }

 private:
  std::size_t streams_;
};

Result<Declaration> declare_tee(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(require_one_input("tee", inputs));
  const auto& streams = options.list("streams");
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  declaration.reads.resize(1);
  for (auto name = streams.begin(); name != streams.end(); ++name) {
    if (std::find(streams.begin(), name, *name) != name)
      return Error{ErrorKind::config, fmt::format("stream '{}' is named twice", *name), "streams"};
    declaration.outputs.push_back({*name, inputs[0].schema.fields(), true});
  }
  if (streams.empty()) return Error{ErrorKind::config, "no stream is named", "streams"};
  return declaration;
}

}  // namespace

OperatorDef tee_operator() {
  OperatorDef def;
  def.name = "tee";
  def.summary = "Passes every row on, unchanged, on each of several named streams.";
  def.options = {{.name = "streams",
                  .type = OptionType::list,
                  .default_text = "",
                  .help = "their names",
                  .required = true}};
  def.constructor = {"streams"};
  def.example = "- id: both\n  className: tee\n  properties: {streams: [raw, shaped]}\n";
  def.declare = declare_tee;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<TeeBolt>(options.list("streams").size());
  };
  return def;
}

}  // namespace dnstorm::operators
