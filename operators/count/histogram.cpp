#include "operators/count/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/keyed_aggregate.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

// The bounds between buckets, ascending: bucket i holds bounds[i - 1] <= x < bounds[i], bucket 0
// what is below the first, the last one what is not below the last.
using Bounds = std::vector<double>;

Error unusable(const char* name, const std::string& why) {
  return {ErrorKind::config, fmt::format("option '{}' {}", name, why), name};
}

Result<Bounds> bounds_of(const Options& options) {
  const std::string& scale = options.text("scale");
  bool linear = scale == "linear";
  double from = options.given("from") ? options.number("from") : linear ? 0 : 1;
  if (!linear && from <= 0) return unusable("from", "must be above 0 unless scale is linear");
  if (linear != options.given("width"))
    return unusable("width", linear ? "must be given with scale: linear: how wide a bucket is"
                                    : "has no meaning unless scale is linear");
  double width = linear ? options.number("width") : 0;
  if (linear && width <= 0) return unusable("width", "must be above 0");
  Bounds bounds;
  double power = 1;
  for (std::int64_t i = 0; i <= options.integer("buckets"); ++i) {
    bounds.push_back(linear ? from + static_cast<double>(i) * width : from * power);
    power *= scale == "log10" ? 10 : 2;
    if (!std::isfinite(bounds.back()) || (i != 0 && bounds.back() <= *(bounds.end() - 2)))
      return unusable("buckets", "leaves what a number can be; take fewer buckets");
  }
  return bounds;
}

struct HistogramValue {
  explicit HistogramValue(const Bounds& bounds)
      : first(bounds.front()), last(bounds.back()), counts(bounds.size() + 1) {}

  void add(std::size_t bucket, double value) {
    if (total == 0 || value < min) min = value;
    if (total == 0 || value > max) max = value;
    ++total;
    ++counts[bucket];
  }
  void merge(const HistogramValue& other) {
    if (other.total == 0) return;
    min = total == 0 ? other.min : std::min(min, other.min);
    max = total == 0 ? other.max : std::max(max, other.max);
    total += other.total;
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
  }
  void clear() {
    std::fill(counts.begin(), counts.end(), 0U);
    total = 0;
  }
  void save(StateWriter& out) const {
    out.put(first);
    out.put(last);
    out.put(min);
    out.put(max);
    out.put(std::uint64_t{counts.size()});
    for (std::uint64_t count : counts) out.put(count);
  }
  bool restore(StateReader& in) {
    bool same = in.get<double>() == first && in.get<double>() == last;
    min = in.get<double>();
    max = in.get<double>();
    if (in.get_count(sizeof(std::uint64_t)) != counts.size() || !same) return false;
    for (std::uint64_t& count : counts) {
      count = in.get<std::uint64_t>();
      total += count;
    }
    return in.ok();
  }

  double first, last;  // of the bounds: counts of other buckets are not these
  std::vector<std::uint64_t> counts;
  std::uint64_t total = 0;
  double min = 0;
  double max = 0;
};

class HistogramKind {
 public:
  using Value = HistogramValue;

  explicit HistogramKind(const Options& options)
      : of_(options.text("of")), bounds_(bounds_of(options).value()) {}

  void bind(const TaskContext& task) {
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema, of_);
    not_numbers_ = &task.counter("not_numbers");
    if (task.outputs[0] == nullptr) return;
    const Schema& schema = *task.outputs[0];
    bucket_ = schema.ref<std::uint32_t>("bucket");
    low_ = schema.ref<double>("low");
    high_ = schema.ref<double>("high");
    count_ = schema.ref<std::uint64_t>("count");
    sketch_ = schema.ref<Bytes>(sketch_field);
  }
  HistogramValue make() const { return HistogramValue(bounds_); }
  void add(HistogramValue& value, const RowView& row, std::size_t input) const {
    double number = readers_[input].get(row);
    if (!std::isfinite(number)) [[unlikely]]
      return not_numbers_->add();
    auto above = std::upper_bound(bounds_.begin(), bounds_.end(), number);
    value.add(static_cast<std::size_t>(above - bounds_.begin()), number);
  }
  template <class NewRow>
  void emit(const HistogramValue& value, WindowBounds, NewRow&& new_row) const {
    if (sketch_.present()) return put_sketch(value, sketch_, new_row());
    for (std::size_t i = 0; i < value.counts.size(); ++i) {
      if (value.counts[i] == 0) continue;
      RowWriter row = new_row();
      row.set(bucket_, static_cast<std::uint32_t>(i));
      row.set(low_, i == 0 ? value.min : bounds_[i - 1]);
      row.set(high_, i == bounds_.size() ? value.max : bounds_[i]);
      row.set(count_, value.counts[i]);
    }
  }

 private:
  std::string of_;
  Bounds bounds_;
  std::vector<RealRef> readers_;  // one an input
  Counter* not_numbers_ = nullptr;
  FieldRef<std::uint32_t> bucket_;
  FieldRef<double> low_, high_;
  FieldRef<std::uint64_t> count_;
  FieldRef<Bytes> sketch_;
};

std::vector<Field> results() {
  std::vector<Field> fields;
  auto add = [&](const char* name, Type type, Role role, const char* help, Fold fold = Fold::none) {
    fields.push_back({.name = name, .type = type, .role = role, .help = help, .fold = fold});
  };
  add("bucket", Type::u32, Role::key, "from 1; 0: below all of them, the greatest: beyond");
  add("low", Type::f64, Role::value, "no number of the bucket is less", Fold::least);
  add("high", Type::f64, Role::value, "all numbers of the bucket are less; of the last: or equal",
      Fold::greatest);
  add("count", Type::u64, Role::value, "how many numbers there are in the bucket", Fold::sum);
  return fields;
}

Result<Declaration> declare_histogram(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  bool merges = options.flag("merge");
  const std::string& of = options.text("of");
  if (of.empty() && !merges)
    return Error{ErrorKind::config, "option 'of' names no field; write for example of: size", "of"};
  DNSTORM_CHECK(bounds_of(options));
  Declaration declaration = DNSTORM_TRY(declare_keyed(options, inputs, results(), {"of"}));
  if (merges) return declaration;
  DNSTORM_CHECK(common_real(inputs, of, "of"));
  read_from_all(declaration, {of});
  return declaration;
}

}  // namespace

OperatorDef histogram_operator() {
  OperatorDef def;
  def.name = "histogram";
  def.summary = "Counts how many numbers fall into each bucket, per key and window.";
  def.options = {
      {"of", OptionType::text, "",
       "the field that holds the number; asked for but with merge: true"},
      {.name = "scale",
       .type = OptionType::choice,
       .default_text = "log2",
       .help = "buckets of one width, or each two or ten times as wide as the one before",
       .choices = {"linear", "log2", "log10"}},
      {.name = "from",
       .type = OptionType::number,
       .default_text = "",
       .help = "where the first bucket begins; by default 0, of log2 and log10 1",
       .min = -1e18,
       .max = 1e18},
      {.name = "width",
       .type = OptionType::number,
       .default_text = "",
       .help = "how wide a linear bucket is",
       .max = 1e18},
      {.name = "buckets",
       .type = OptionType::integer,
       .default_text = "20",
       .help = "how many there are, beside the two for what lies below and beyond",
       .min = 1,
       .max = 1000},
  };
  for (OptionSpec& spec : keyed_options()) def.options.push_back(std::move(spec));
  def.constructor = {"of", "by", "window"};
  def.methods = window_methods();
  def.example =
      "- id: sizes\n"
      "  className: histogram\n"
      "  properties: {of: size, by: [qtype], scale: linear, width: 128, buckets: 32}\n";
  def.declare = declare_histogram;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<KeyedAggregateBolt<HistogramKind>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
