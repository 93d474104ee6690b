#include "operators/count/distinct.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/distinct_counter.hpp"
#include "operators/count/keyed_aggregate.hpp"

namespace dnstorm::operators {

namespace {

class DistinctKind {
 public:
  using Value = DistinctCounter;

  explicit DistinctKind(const Options& options)
      : of_(options.list("of")),
        precision_(static_cast<std::uint8_t>(options.integer("precision"))),
        exact_max_(options.flag("exact")
                       ? DistinctCounter::always_exact
                       : static_cast<std::uint64_t>(options.integer("exact_below"))),
        merges_(options.flag("merge")) {}

  void bind(const TaskContext& task) {
    for (const Input& input : task.inputs)
      if (!merges_) readers_.emplace_back(*input.schema, of_);
    if (task.outputs[0] == nullptr) return;
    distinct_ = task.outputs[0]->ref<std::uint64_t>("distinct");
    error_ = task.outputs[0]->ref<double>("error");
    sketch_ = task.outputs[0]->ref<Bytes>(sketch_field);
  }
  DistinctCounter make() const { return {precision_, exact_max_}; }
  void add(DistinctCounter& counter, const RowView& row, std::size_t input) const {
    counter.add(readers_[input].hash(row));
  }
  template <class NewRow>
  void emit(const DistinctCounter& counter, WindowBounds, NewRow&& new_row) const {
    RowWriter row = new_row();
    row.set(distinct_, counter.count());
    row.set(error_, counter.relative_error());
    put_sketch(counter, sketch_, row);
  }

 private:
  std::vector<std::string> of_;
  std::uint8_t precision_;
  std::uint64_t exact_max_;
  bool merges_;
  std::vector<KeyReader> readers_;  // one an input
  FieldRef<std::uint64_t> distinct_;
  FieldRef<double> error_;
  FieldRef<Bytes> sketch_;
};

Result<Declaration> declare_distinct(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& of = options.list("of");
  if (of.empty() && !options.flag("merge"))
    return Error{ErrorKind::config, "option 'of' names no field; write for example of: [qname]",
                 "of"};
  std::string what = of.empty() ? "items" : fmt::format("{}", fmt::join(of, ", "));
  std::vector<Field> results = {
      {.name = "distinct",
       .type = Type::u64,
       .role = Role::value,
       .help = "number of different " + what},
      {.name = "error",
       .type = Type::f64,
       .role = Role::value,
       .help = "relative standard error of `distinct`; 0: exact"},
  };
  Declaration declaration = DNSTORM_TRY(declare_keyed(options, inputs, std::move(results), {"of"}));
  if (options.flag("merge")) return declaration;
  DNSTORM_CHECK(common_fields(inputs, of, "of"));
  read_from_all(declaration, of);
  return declaration;
}

}  // namespace

OperatorDef distinct_operator() {
  OperatorDef def;
  def.name = "distinct";
  def.summary = "Counts different items per window: exactly while few, with HyperLogLog beyond.";
  def.options = {
      {.name = "of",
       .type = OptionType::list,
       .default_text = "",
       .help = "the fields that make up an item; asked for but with merge: true"},
      {.name = "precision",
       .type = OptionType::integer,
       .default_text = "14",
       .help = "HyperLogLog with 2^precision registers; standard error 1.04 / sqrt(2^precision)",
       .min = HyperLogLog::precision_min,
       .max = HyperLogLog::precision_max},
      {.name = "exact_below",
       .type = OptionType::integer,
       .default_text = "4096",
       .help = "up to so many different items the count is exact",
       .max = 1e9},
      {"exact", OptionType::flag, "false", "never estimate; needs 16 to 32 bytes an item"},
  };
  for (OptionSpec& spec : keyed_options()) def.options.push_back(std::move(spec));
  def.constructor = {"of", "window"};
  def.methods = window_methods();
  def.example =
      "- id: clients\n"
      "  className: distinct\n"
      "  properties: {of: [client], window: 60s}\n";
  def.declare = declare_distinct;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<KeyedAggregateBolt<DistinctKind>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
