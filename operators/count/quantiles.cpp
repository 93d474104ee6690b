#include "operators/count/quantiles.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/keyed_aggregate.hpp"
#include "operators/count/quantile_sketch.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

// A quantile as it is written: parts / whole, whole a power of ten. So that the place of 0.95 among
// 100 numbers is the 95th and not one that rounding decides.
struct Quantile {
  std::string name;  // p95
  std::uint64_t parts = 0;
  std::uint64_t whole = 1;

  // The place of the least number that so large a part of all does not exceed.
  std::uint64_t rank(std::uint64_t count) const {
    std::uint64_t rank = count / whole * parts + (count % whole * parts + whole - 1) / whole;
    return std::max<std::uint64_t>(rank, 1);
  }
};

// "0.999": p999. Nothing if it is none between 0 and 1 with at most nine digits.
std::optional<Quantile> parse_quantile(const std::string& text) {
  constexpr std::size_t digits_max = 9;
  if (!text.starts_with("0.") || text.size() > 2 + digits_max) return std::nullopt;
  Quantile quantile{"p", 0, 1};
  std::string digits = text.substr(2);
  while (digits.ends_with('0')) digits.pop_back();
  if (digits.size() == 1) digits += '0';
  for (char digit : digits) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) return std::nullopt;
    quantile.parts = quantile.parts * 10 + static_cast<std::uint64_t>(digit - '0');
    quantile.whole *= 10;
  }
  if (quantile.parts == 0) return std::nullopt;
  quantile.name += digits;
  return quantile;
}

Result<std::vector<Quantile>> parse_quantiles(const Options& options) {
  std::vector<Quantile> quantiles;
  for (const std::string& text : options.list("quantiles")) {
    auto quantile = parse_quantile(text);
    if (!quantile)
      return Error{ErrorKind::config,
                   fmt::format("'{}' is no quantile: write a number between 0 and 1 with at most "
                               "nine digits, such as 0.95",
                               text),
                   "quantiles"};
    quantiles.push_back(*quantile);
  }
  return quantiles;
}

class QuantilesKind {
 public:
  using Value = QuantileSketch;

  explicit QuantilesKind(const Options& options)
      : of_(options.text("of")),
        quantiles_(parse_quantiles(options).value()),
        precision_(QuantileSketch::precision_for(options.number("error"))),
        exact_max_(static_cast<std::uint32_t>(options.integer("exact_below"))) {}

  void bind(const TaskContext& task) {
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema, of_);
    not_numbers_ = &task.counter("not_numbers");
    if (task.outputs[0] == nullptr) return;
    const Schema& schema = *task.outputs[0];
    count_ = schema.ref<std::uint64_t>("count");
    min_ = schema.ref<double>("min");
    max_ = schema.ref<double>("max");
    sum_ = schema.ref<double>("sum");
    for (const Quantile& quantile : quantiles_) ranks_.push_back(schema.ref<double>(quantile.name));
    error_ = schema.ref<double>("error");
    sketch_ = schema.ref<Bytes>(sketch_field);
  }
  QuantileSketch make() const { return {precision_, exact_max_}; }
  void add(QuantileSketch& sketch, const RowView& row, std::size_t input) const {
    double value = readers_[input].get(row);
    if (std::isfinite(value)) [[likely]]
      sketch.add(value);
    else
      not_numbers_->add();
  }
  template <class NewRow>
  void emit(const QuantileSketch& sketch, WindowBounds, NewRow&& new_row) const {
    if (sketch.count() == 0) return;
    RowWriter row = new_row();
    put_sketch(sketch, sketch_, row);
    row.set(count_, sketch.count());
    row.set(min_, sketch.min());
    row.set(max_, sketch.max());
    row.set(sum_, sketch.sum());
    for (std::size_t i = 0; i < ranks_.size(); ++i)
      if (ranks_[i].present())
        row.set(ranks_[i], sketch.at_rank(quantiles_[i].rank(sketch.count())));
    row.set(error_, sketch.relative_error());
  }

 private:
  std::string of_;
  std::vector<Quantile> quantiles_;
  unsigned precision_;
  std::uint32_t exact_max_;
  std::vector<RealRef> readers_;  // one an input
  Counter* not_numbers_ = nullptr;
  FieldRef<std::uint64_t> count_;
  FieldRef<double> min_, max_, sum_;
  std::vector<FieldRef<double>> ranks_;  // one a quantile
  FieldRef<double> error_;
  FieldRef<Bytes> sketch_;
};

std::vector<Field> results_of(const std::vector<Quantile>& quantiles, const std::string& what) {
  std::vector<Field> fields;
  auto add = [&](std::string name, Type type, std::string help, Fold fold = Fold::none) {
    fields.push_back({.name = std::move(name),
                      .type = type,
                      .role = Role::value,
                      .help = std::move(help),
                      .fold = fold});
  };
  add("count", Type::u64, "how many numbers there are", Fold::sum);
  add("min", Type::f64, "the least " + what, Fold::least);
  add("max", Type::f64, "the greatest " + what, Fold::greatest);
  add("sum", Type::f64, "sum of " + what, Fold::sum);
  for (const Quantile& quantile : quantiles)
    add(quantile.name, Type::f64,
        fmt::format("the least {} that {} of {} do not exceed", what, quantile.parts,
                    quantile.whole));
  add("error", Type::f64, "how far a quantile may be off, as a part of it; 0: exact");
  return fields;
}

Result<Declaration> declare_quantiles(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  bool merges = options.flag("merge");
  const std::string& of = options.text("of");
  if (of.empty() && !merges)
    return Error{ErrorKind::config, "option 'of' names no field; write for example of: latency_us",
                 "of"};
  auto quantiles = DNSTORM_TRY(parse_quantiles(options));
  Declaration declaration = DNSTORM_TRY(
      declare_keyed(options, inputs, results_of(quantiles, of.empty() ? "number" : of), {"of"}));
  if (merges) return declaration;
  DNSTORM_CHECK(common_real(inputs, of, "of"));
  read_from_all(declaration, {of});
  return declaration;
}

}  // namespace

OperatorDef quantiles_operator() {
  OperatorDef def;
  def.name = "quantiles";
  def.summary = "Gives count, sum, extremes and quantiles of a number per key and window.";
  def.options = {
      {"of", OptionType::text, "",
       "the field that holds the number; asked for but with merge: true"},
      {"quantiles", OptionType::list, "0.5,0.9,0.95,0.99",
       "which ones; 0.95 becomes the field p95, 0.999 p999"},
      {.name = "error",
       .type = OptionType::number,
       .default_text = "0.01",
       .help = "how far a quantile may be off at most, as a part of it",
       .min = 0.001,
       .max = 0.2},
      {.name = "exact_below",
       .type = OptionType::integer,
       .default_text = "64",
       .help = "up to so many numbers the quantiles are exact",
       .max = 1e9},
  };
  for (OptionSpec& spec : keyed_options()) def.options.push_back(std::move(spec));
  def.constructor = {"of", "by", "window"};
  def.methods = window_methods();
  def.example =
      "- id: times\n"
      "  className: quantiles\n"
      "  properties: {of: latency_us, by: [qtype], window: 10s}\n";
  def.declare = declare_quantiles;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<KeyedAggregateBolt<QuantilesKind>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
