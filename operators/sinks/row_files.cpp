#include "operators/sinks/row_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "operators/checkpoint.hpp"
#include "operators/sinks/rotated_file.hpp"
#include "operators/sinks/row_order.hpp"
#include "operators/sinks/row_text.hpp"

namespace dnstorm::operators {

namespace {

std::string name_of(RowFormat format) { return format == RowFormat::csv ? "csv" : "json_lines"; }

Result<void> make_folder(const std::string& who, const std::string& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (!problem && ::access(folder.c_str(), W_OK | X_OK) == 0) return {};
  std::string why = problem ? problem.message() : std::strerror(errno);
  return Error{ErrorKind::io,
               fmt::format("{}: cannot write into {}: {}: correct `folder`", who, folder, why),
               "folder"};
}

// Rows wait here, as the lines they become, until event time has passed their window: so that a
// file has them in one order, however the work before was divided.
class RowFiles final : public Bolt {
 public:
  RowFiles(RowFormat format, const Options& options) : format_(format), options_(options) {}

  Result<void> prepare(const TaskContext& task) override {
    rows_ = &task.counter("rows_written");
    lost_ = &task.counter("rows_lost");
    files_ = &task.counter("files_written");
    for (const Input& input : task.inputs) {
      std::string source;
      if (options_.flag("source")) source = default_measurement(input.component, input.stream);
      readers_.push_back(
          {RowText(format_, *input.schema, options_.list("fields"), source, names_of()),
           RowTimes(*input.schema)});
    }
    const std::string& folder = options_.text("folder");
    DNSTORM_CHECK(make_folder(name_of(format_), folder));
    std::string name = options_.text("name").empty() ? task.component : options_.text("name");
    file_.emplace(
        RotatedFileOptions{.who = name_of(format_),
                           .base = folder + "/" + name,
                           .ending = format_ == RowFormat::csv ? "csv" : "jsonl",
                           .header = readers_.front().text.header(),
                           .every = options_.duration("rotate"),
                           .max_bytes = static_cast<std::uint64_t>(options_.integer("max_bytes")),
                           .zstd = options_.text("compression") == "zstd"});
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows())
      reader.text.append(open_rows_.add(reader.times.of(row)).text, row);
  }

  void watermark(TimeNs now, Emitter&) override {
    std::uint64_t lost_before = file_->lost();
    std::vector<OrderedRow> rows = open_rows_.take(now);
    for (const OrderedRow& row : rows) file_->write(row.span.begin, row.span.end, row.text);
    file_->flush();
    file_->reached(now);
    std::uint64_t lost = file_->lost() - lost_before;
    lost_->add(lost);
    rows_->add(rows.size() - lost);
    count_files();
  }

  Result<void> finish(Emitter&) override {
    file_->finish();
    count_files();
    return file_->failure();
  }
  bool blocking() const override { return true; }

  Result<void> save(StateWriter& out) override {
    DNSTORM_CHECK(file_->save(out));
    open_rows_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    DNSTORM_CHECK(file_->restore(in));
    open_rows_.restore(in);
    return in.ok() ? Result<void>{} : damaged_state();
  }

 private:
  RowNames names_of() const {
    bool ecs = format_ == RowFormat::json && options_.text("names") == "ecs";
    return ecs ? RowNames::ecs : RowNames::own;
  }

  struct Reader {
    RowText text;
    RowTimes times;
  };

  void count_files() {
    files_->add(file_->files() - files_counted_);
    files_counted_ = file_->files();
  }

  RowFormat format_;
  Options options_;
  std::vector<Reader> readers_;  // one an input
  RowOrder open_rows_;
  std::optional<RotatedFile> file_;
  Counter* rows_ = nullptr;
  Counter* lost_ = nullptr;
  Counter* files_ = nullptr;
  std::uint64_t files_counted_ = 0;
};

Result<Declaration> declare_row_files(RowFormat format, const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  std::vector<std::string> columns;
  for (const InputDecl& input : inputs) {
    auto fields = DNSTORM_TRY(row_fields(input, options.list("fields")));
    if (columns.empty()) columns = fields;
    if (format == RowFormat::csv && fields != columns)
      return Error{ErrorKind::config,
                   fmt::format("rows of '{}' and '{}' have other columns, and a CSV file has one "
                               "header: name common `fields`, or give each a sink of its own",
                               inputs.front().component, input.component),
                   "fields"};
  }
  declaration.reads = DNSTORM_TRY(row_reads(options.list("fields"), inputs));
  return declaration;
}

OperatorDef row_files_operator(RowFormat format) {
  OperatorDef def;
  def.name = name_of(format);
  def.kind = OperatorKind::sink;
  std::string ending = format == RowFormat::csv ? "csv" : "jsonl";
  def.options = {
      {"folder", OptionType::text, ".",
       fmt::format("where the files NAME-20260101T120000Z.{} go; made if need be", ending)},
      {"name", OptionType::text, "",
       "what their names begin with; if not given, the id of this component"},
      {"fields", OptionType::list, "",
       "the fields to write, in this order; if not given, all there are"},
      {"source", OptionType::flag, "false", "a first field `source`: the component of the row"},
      {"rotate", OptionType::duration, "1h",
       "a new file every so often, by event time, at its multiples since 1970; 0: never"},
      {"max_bytes", OptionType::integer, "0",
       "a new file before one has more bytes of rows, packed or not; 0: no limit"},
      {.name = "compression",
       .type = OptionType::choice,
       .default_text = "none",
       .help = "none, or zstd: files end in .zst",
       .choices = {"none", "zstd"}},
  };
  if (format == RowFormat::json)
    def.options.push_back({.name = "names",
                           .type = OptionType::choice,
                           .default_text = "own",
                           .help = "of the fields: own, or ecs: those of the Elastic Common Schema",
                           .choices = {"own", "ecs"}});
  def.constructor = {"folder"};
  def.example = fmt::format(
      "- id: rows\n  className: {}\n"
      "  properties: {{folder: build/rows, rotate: 10m, compression: zstd}}\n",
      def.name);
  def.declare = [format](const Options& options, const std::vector<InputDecl>& inputs) {
    return declare_row_files(format, options, inputs);
  };
  def.make_bolt = [format](const Options& options) {
    return std::make_unique<RowFiles>(format, options);
  };
  return def;
}

}  // namespace

OperatorDef json_lines_operator() {
  OperatorDef def = row_files_operator(RowFormat::json);
  def.summary = "Writes rows as JSON, one object a line, to files rotated by time and size.";
  return def;
}

OperatorDef csv_operator() {
  OperatorDef def = row_files_operator(RowFormat::csv);
  def.summary = "Writes rows as CSV with a header to files rotated by time and size.";
  return def;
}

}  // namespace dnstorm::operators
