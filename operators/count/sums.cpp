#include "operators/count/sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operators/count/field_totals.hpp"
#include "operators/count/keyed_aggregate.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

// What a result is of its field: the options, in the order of the results.
constexpr const char* functions[] = {"sum", "min", "max", "mean", "first", "last"};

struct Column {
  std::string function;
  std::string field;
  std::string name() const { return field + "_" + function; }
  bool adds() const { return function == "sum" || function == "mean"; }
  Fold fold() const {
    return function == "sum"   ? Fold::sum
           : function == "min" ? Fold::least
           : function == "max" ? Fold::greatest
                               : Fold::none;
  }
  bool of_time() const { return function == "first" || function == "last"; }
};

std::vector<Column> columns_of(const Options& options) {
  std::vector<Column> columns;
  for (const char* function : functions)
    for (const std::string& field : options.list(function)) columns.push_back({function, field});
  return columns;
}

// In one order whatever the order in which they are named: parts of the same fields fit together.
std::vector<std::string> fields_of(const std::vector<Column>& columns) {
  std::vector<std::string> fields;
  for (const Column& column : columns) fields.push_back(column.field);
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

bool needs_row_time(const std::vector<Column>& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const Column& column) { return column.of_time(); });
}

// A field of an input, read as a word.
class WordRef {
 public:
  // `summed`: whether its sum is asked for.
  WordRef(const Schema& schema, const std::string& name, bool summed) : summed_(summed) {
    std::size_t index = schema.find(name).value();
    type_ = schema.field(index).type;
    offset_ = schema.offset(index);
    if (is_unsigned(type_)) number_ = NumberRef(schema, name);
  }
  // False: it is no number.
  bool add_to(FieldTotal& total, const RowView& row, TimeNs time) const {
    switch (type_) {
      case Type::f64: {
        double value = row.get(FieldRef<double>{offset_});
        if (!std::isfinite(value)) return false;
        if (summed_) total.real.add(value);
        total.note(word_of(value), time);
        return true;
      }
      case Type::i64:
      case Type::time: {
        auto value = row.get(FieldRef<std::int64_t>{offset_});
        total.whole += static_cast<WideBits>(WideSum{value});
        total.note(word_of(value), time);
        return true;
      }
      default:
        std::uint64_t value = number_.get(row);
        total.whole += value;
        total.note(word_of(value), time);
        return true;
    }
  }

 private:
  Type type_ = Type::u64;
  std::uint32_t offset_ = 0;
  NumberRef number_;
  bool summed_;
};

// A field of the result and how it comes from the totals of a field.
class ResultWriter {
 public:
  ResultWriter(const Schema& schema, const Column& column, std::size_t field)
      : function_(column.function), field_(field) {
    auto index = schema.find(column.name());
    if (!index) return;
    type_ = schema.field(*index).type;
    offset_ = schema.offset(*index);
  }
  // True: the number is beyond what its type holds, and the nearest of that type has been written.
  bool write(const FieldTotals& totals, RowWriter& row) const {
    if (offset_ == FieldRef<double>::absent) return false;
    const FieldTotal& total = totals.fields[field_];
    if (function_ == "sum") return write_sum(total, row);
    if (function_ == "mean") return write_mean(total, row);
    Word word = function_ == "min"     ? total.least
                : function_ == "max"   ? total.greatest
                : function_ == "first" ? total.first.second
                                       : total.last.second;
    write_word(total.count != 0 ? std::optional<Word>(word) : std::nullopt, row);
    return false;
  }

 private:
  bool write_sum(const FieldTotal& total, RowWriter& row) const {
    if (type_ == Type::f64) return write_real(total.real.value(), row);
    auto sum = static_cast<WideSum>(total.whole);
    bool is_signed = type_ == Type::i64;
    WideSum least = is_signed ? std::numeric_limits<std::int64_t>::min() : 0;
    WideSum greatest = is_signed ? WideSum{std::numeric_limits<std::int64_t>::max()}
                                 : WideSum{std::numeric_limits<std::uint64_t>::max()};
    row.set(FieldRef<std::uint64_t>{offset_},
            static_cast<std::uint64_t>(std::clamp(sum, least, greatest)));
    return sum < least || sum > greatest;
  }
  // One of the two sums is 0. A mean of nothing is none.
  bool write_mean(const FieldTotal& total, RowWriter& row) const {
    double sum = total.real.value() + static_cast<double>(static_cast<WideSum>(total.whole));
    if (total.count != 0) return write_real(sum / static_cast<double>(total.count), row);
    row.set(FieldRef<double>{offset_}, std::numeric_limits<double>::quiet_NaN());
    return false;
  }
  bool write_real(double value, RowWriter& row) const {
    constexpr double greatest = std::numeric_limits<double>::max();
    row.set(FieldRef<double>{offset_}, std::clamp(value, -greatest, greatest));
    return std::isinf(value);
  }
  void write_word(std::optional<Word> word, RowWriter& row) const {
    Word value = word.value_or(0);
    switch (type_) {
      case Type::u8:
        return row.set(FieldRef<std::uint8_t>{offset_}, static_cast<std::uint8_t>(value));
      case Type::u16:
        return row.set(FieldRef<std::uint16_t>{offset_}, static_cast<std::uint16_t>(value));
      case Type::u32:
        return row.set(FieldRef<std::uint32_t>{offset_}, static_cast<std::uint32_t>(value));
      case Type::f64:
        return row.set(FieldRef<double>{offset_},
                       word ? real_of(*word) : std::numeric_limits<double>::quiet_NaN());
      case Type::i64:
      case Type::time:
        return row.set(FieldRef<std::int64_t>{offset_}, word ? signed_of(*word) : 0);
      default:
        return row.set(FieldRef<std::uint64_t>{offset_}, value);
    }
  }

  std::string function_;
  std::size_t field_;
  Type type_ = Type::u64;
  std::uint32_t offset_ = FieldRef<double>::absent;
};

class SumsKind {
 public:
  using Value = FieldTotals;

  explicit SumsKind(const Options& options)
      : columns_(columns_of(options)),
        fields_(fields_of(columns_)),
        time_(needs_row_time(columns_) ? options.text("time") : ""),
        merges_(options.flag("merge")) {
    for (const std::string& field : fields_) names_ = hash_combine(names_, hash_bytes(field));
  }

  void bind(const TaskContext& task) {
    not_numbers_ = &task.counter("not_numbers");
    saturated_ = &task.counter("sums_saturated");
    for (const Input& input : task.inputs)
      if (!merges_) bind_input(*input.schema);
    if (task.outputs[0] == nullptr) return;
    const Schema& schema = *task.outputs[0];
    count_ = schema.ref<std::uint64_t>("count");
    sketch_ = schema.ref<Bytes>(sketch_field);
    for (const Column& column : columns_)
      writers_.emplace_back(schema, column, place_of(column.field));
  }
  FieldTotals make() const { return {fields_.size(), names_}; }
  void add(FieldTotals& totals, const RowView& row, std::size_t input) const {
    const Reader& reader = readers_[input];
    TimeNs time = reader.time.present() ? row.get(reader.time) : 0;
    ++totals.rows;
    for (std::size_t i = 0; i < reader.fields.size(); ++i)
      if (!reader.fields[i].add_to(totals.fields[i], row, time)) [[unlikely]]
        not_numbers_->add();
  }
  template <class NewRow>
  void emit(const FieldTotals& totals, WindowBounds, NewRow&& new_row) const {
    RowWriter row = new_row();
    put_sketch(totals, sketch_, row);
    row.set(count_, totals.rows);
    for (const ResultWriter& writer : writers_)
      if (writer.write(totals, row)) saturated_->add();
  }

 private:
  struct Reader {
    std::vector<WordRef> fields;
    FieldRef<std::int64_t> time;
  };

  void bind_input(const Schema& schema) {
    Reader& reader = readers_.emplace_back();
    for (const std::string& field : fields_) {
      bool summed = std::any_of(columns_.begin(), columns_.end(), [&](const Column& column) {
        return column.adds() && column.field == field;
      });
      reader.fields.emplace_back(schema, field, summed);
    }
    if (!time_.empty()) reader.time = schema.ref<std::int64_t>(time_);
  }
  std::size_t place_of(const std::string& field) const {
    auto at = std::lower_bound(fields_.begin(), fields_.end(), field);
    return static_cast<std::size_t>(at - fields_.begin());
  }

  std::vector<Column> columns_;
  std::vector<std::string> fields_;  // ascending
  std::uint64_t names_ = 0;
  std::string time_;
  bool merges_;
  std::vector<Reader> readers_;  // one an input
  std::vector<ResultWriter> writers_;
  Counter* not_numbers_ = nullptr;
  Counter* saturated_ = nullptr;
  FieldRef<std::uint64_t> count_;
  FieldRef<Bytes> sketch_;
};

Type sum_type(Type type) { return is_unsigned(type) ? Type::u64 : type; }

// Of rows: from the type of the field.
Result<Field> result_of_rows(const Column& column, const std::vector<InputDecl>& inputs) {
  Field field = DNSTORM_TRY(common_fields(inputs, {column.field}, column.function)).front();
  bool fits = is_number(field.type) || (field.type == Type::time && !column.adds());
  if (!fits)
    return Error{ErrorKind::config,
                 fmt::format("field '{}' is of type {}; '{}' takes fields of type u8, u16, u32, "
                             "u64, i64 or f64{}",
                             column.field, to_string(field.type), column.function,
                             column.adds() ? "" : ", and times"),
                 column.function};
  if (column.function == "sum") field.type = sum_type(field.type);
  if (column.function == "mean") field.type = Type::f64;
  return field;
}

// Of parts: as it is in them.
Result<Field> result_of_parts(const Column& column, const std::vector<InputDecl>& inputs) {
  Field field = DNSTORM_TRY(common_fields(inputs, {column.name()}, column.function)).front();
  bool fits = is_number(field.type) || (field.type == Type::time && !column.adds());
  if (column.function == "sum") fits = fits && field.type == sum_type(field.type);
  if (column.function == "mean") fits = field.type == Type::f64;
  if (fits) return field;
  return Error{ErrorKind::config,
               fmt::format("merge: true reads the results of another aggregate, but field '{}' is "
                           "of type {}",
                           column.name(), to_string(field.type)),
               "merge"};
}

Result<std::vector<Field>> results_of(const std::vector<Column>& columns,
                                      const std::vector<InputDecl>& inputs, bool merges) {
  std::vector<Field> results = {{.name = "count",
                                 .type = Type::u64,
                                 .role = Role::value,
                                 .help = "number of rows",
                                 .fold = Fold::sum}};
  for (const Column& column : columns) {
    Field field =
        DNSTORM_TRY(merges ? result_of_parts(column, inputs) : result_of_rows(column, inputs));
    results.push_back({.name = column.name(),
                       .type = field.type,
                       .role = Role::value,
                       .labels = column.adds() ? "" : field.labels,
                       .help = fmt::format("{} of {}", column.function, column.field),
                       .fold = column.fold()});
  }
  return results;
}

Result<Declaration> declare_aggregate(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  std::vector<Column> columns = columns_of(options);
  if (columns.empty())
    return Error{ErrorKind::config,
                 "none of the options sum, min, max, mean, first and last names a field; write for "
                 "example sum: [response_size]",
                 "sum"};
  bool merges = options.flag("merge");
  auto results = DNSTORM_TRY(results_of(columns, inputs, merges));
  Declaration declaration = DNSTORM_TRY(declare_keyed(options, inputs, results, {}));
  StreamDecl& stream = declaration.outputs[0];
  // Parts show what they are of: the types of the whole come from there. What nobody reads of them
  // does not travel.
  if (options.flag("partial"))
    stream.fields.insert(stream.fields.end(), results.begin(), results.end());
  DNSTORM_CHECK(check_output_names(stream, "by"));
  if (merges) return declaration;
  read_from_all(declaration, fields_of(columns));
  // The first and the last are so by event time, whatever the windows are of.
  if (needs_row_time(columns))
    DNSTORM_CHECK(read_time(declaration, options, inputs, "first and last"));
  return declaration;
}

}  // namespace

OperatorDef aggregate_operator() {
  OperatorDef def;
  def.name = "aggregate";
  def.summary = "Gives sums, means, extremes, first and last values of fields per key and window.";
  def.options = {
      {"sum", OptionType::list, "", "fields whose sum is given, as NAME_sum; exact"},
      {"min", OptionType::list, "", "fields whose least value is given, as NAME_min"},
      {"max", OptionType::list, "", "fields whose greatest value is given, as NAME_max"},
      {"mean", OptionType::list, "", "fields whose mean is given, as NAME_mean"},
      {"first", OptionType::list, "", "fields whose earliest value is given, as NAME_first"},
      {"last", OptionType::list, "", "fields whose latest value is given, as NAME_last"},
  };
  for (OptionSpec& spec : keyed_options()) def.options.push_back(std::move(spec));
  def.constructor = {"by", "window"};
  def.methods = window_methods();
  def.example =
      "- id: sizes\n"
      "  className: aggregate\n"
      "  properties: {sum: [size], max: [size], mean: [size], by: [qtype], window: 10s}\n";
  def.declare = declare_aggregate;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<KeyedAggregateBolt<SumsKind>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
