#include "operators/count/rate.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/keyed_aggregate.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

struct RateValue {
  void merge(const RateValue& other) { count += other.count; }
  void clear() { count = 0; }
  void save(StateWriter& out) const { out.put(count); }
  bool restore(StateReader& in) {
    count = in.get<std::uint64_t>();
    return in.ok();
  }
  std::uint64_t count = 0;
};

class RateKind {
 public:
  using Value = RateValue;

  explicit RateKind(const Options& options) : weight_(options.text("weight")) {}

  void bind(const TaskContext& task) {
    for (const Input& input : task.inputs)
      weights_.push_back(weight_.empty() ? NumberRef() : NumberRef(*input.schema, weight_));
    if (task.outputs[0] == nullptr) return;
    count_ = task.outputs[0]->ref<std::uint64_t>("count");
    rate_ = task.outputs[0]->ref<double>("rate");
    sketch_ = task.outputs[0]->ref<Bytes>(sketch_field);
  }
  RateValue make() const { return {}; }
  void add(RateValue& value, const RowView& row, std::size_t input) const {
    const NumberRef& weight = weights_[input];
    value.count += weight.present() ? weight.get(row) : 1;
  }
  template <class NewRow>
  void emit(const RateValue& value, WindowBounds bounds, NewRow&& new_row) const {
    RowWriter row = new_row();
    put_sketch(value, sketch_, row);
    row.set(count_, value.count);
    auto length = static_cast<double>(time_from_to(bounds.start, bounds.end));
    if (length > 0)
      row.set(rate_, static_cast<double>(value.count) * static_cast<double>(ns_per_s) / length);
  }

 private:
  std::string weight_;
  std::vector<NumberRef> weights_;  // one an input
  FieldRef<std::uint64_t> count_;
  FieldRef<double> rate_;
  FieldRef<Bytes> sketch_;
};

Result<Declaration> declare_rate(const Options& options, const std::vector<InputDecl>& inputs) {
  bool has_bounds =
      options.given("count_window") || options.given("session") || options.duration("window") != 0;
  if (!has_bounds)
    return Error{ErrorKind::config,
                 "option 'window' must be above 0: the whole input has no length to divide by",
                 "window"};
  std::string what = options.given("weight") ? options.text("weight") : "rows";
  std::vector<Field> results = {
      {.name = "count",
       .type = Type::u64,
       .role = Role::value,
       .help = "sum of " + what,
       .fold = Fold::sum},
      {.name = "rate",
       .type = Type::f64,
       .role = Role::value,
       .help = what + " a second",
       .fold = Fold::sum},
  };
  Declaration declaration =
      DNSTORM_TRY(declare_keyed(options, inputs, std::move(results), {"weight"}));
  if (options.given("weight")) {
    DNSTORM_CHECK(common_number(inputs, options.text("weight"), "weight"));
    read_from_all(declaration, {options.text("weight")});
  }
  return declaration;
}

}  // namespace

OperatorDef rate_operator() {
  OperatorDef def;
  def.name = "rate";
  def.summary = "Gives how many rows there are in a second, per key and window.";
  def.options = {
      {"weight", OptionType::text, "",
       "an unsigned field that is added instead of 1: the count of a count, bytes"},
  };
  for (OptionSpec& spec : keyed_options()) def.options.push_back(std::move(spec));
  def.constructor = {"by", "window"};
  def.methods = window_methods();
  def.example =
      "- id: qps\n"
      "  className: rate\n"
      "  properties: {by: [server], window: 10s, slide: 1s}\n";
  def.declare = declare_rate;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<KeyedAggregateBolt<RateKind>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
