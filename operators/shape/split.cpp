#include "operators/shape/split.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dnstorm::operators {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class SplitBolt final : public Bolt {
 public:
  explicit SplitBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs)
      readers_.push_back({input.schema->ref<Str>(options_.text("of")),
                          input.schema->ref<TimeNs>(options_.text("time"))});
    if (task.outputs[0] != nullptr) {
      time_ = task.outputs[0]->ref<TimeNs>("time");
      word_ = task.outputs[0]->ref<Str>("word");
    }
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    if (!out.wanted()) return;
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      TimeNs time = reader.time.present() ? row.get(reader.time) : 0;
      std::string_view text = row.get(reader.text);
      for (std::size_t at = 0; at < text.size();) {
        if (is_blank(text[at])) {
          ++at;
          continue;
        }
        std::size_t end = at + 1;
        while (end < text.size() && !is_blank(text[end])) ++end;
        RowWriter word = out.row();
        word.set(time_, time);
        word.set_str(word_, text.substr(at, end - at));
        at = end;
      }
    }
  }

 private:
  struct Reader {
    FieldRef<Str> text;
    FieldRef<TimeNs> time;
  };
  Options options_;
  std::vector<Reader> readers_;  // one an input
  FieldRef<TimeNs> time_;
  FieldRef<Str> word_;
};

Result<Declaration> declare_split(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  for (const InputDecl& input : inputs) {
    for (const auto& [option, type] : {std::pair{"of", Type::str}, std::pair{"time", Type::time}}) {
      Field field = DNSTORM_TRY(require_field(input, options.text(option), option));
      if (field.type != type)
        return Error{ErrorKind::config,
                     fmt::format("field '{}' of stream '{}' of '{}' is of type {}; `{}` needs {}",
                                 field.name, input.stream, input.component, to_string(field.type),
                                 option, to_string(type)),
                     option};
    }
    declaration.reads.push_back({options.text("of"), options.text("time")});
  }
  declaration.outputs.push_back(
      {"default",
       {{.name = "time", .type = Type::time, .role = Role::time, .help = "that of the text"},
        {.name = "word", .type = Type::str, .unbounded = true, .help = "without blanks"}}});
  return declaration;
}

}  // namespace

OperatorDef split_operator() {
  OperatorDef def;
  def.name = "split";
  def.summary = "Splits text into words, one row each.";
  def.options = {
      {"of", OptionType::text, "line", "the text field that is split at blanks"},
      {"time", OptionType::text, "time", "the field that holds the event time of a row"},
  };
  def.aliases = {"org.apache.storm.perf.bolt.SplitSentenceBolt"};
  def.example = "- id: split\n  className: split\n  properties: {of: line}\n";
  def.declare = declare_split;
  def.make_bolt = [](const Options& options) { return std::make_unique<SplitBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
