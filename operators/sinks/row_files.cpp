#include "operators/sinks/row_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "operators/checkpoint.hpp"
#include "operators/sinks/rotated_file.hpp"
#include "operators/sinks/row_text.hpp"
#include "operators/sinks/window_buffer.hpp"

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
      const Schema& schema = *input.schema;
      auto time = *schema.find(Role::time);
      auto end = schema.find(Role::window_end).value_or(time);
      std::string source;
      if (options_.flag("source")) source = default_measurement(input.component, input.stream);
      readers_.push_back({RowText(format_, schema, options_.list("fields"), source),
                          {schema.offset(time)},
                          {schema.offset(end)}});
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
    for (RowView row : in.rows()) {
      TimeNs begin = row.get(reader.begin);
      TimeNs end = row.get(reader.end);
      // A row without a window is complete when event time is beyond it, not when it is reached.
      if (end <= begin) end = begin == time_max ? begin : begin + 1;
      reader.text.append(by_end_[end].emplace_back(Line{begin, {}}).text, row);
    }
  }

  void watermark(TimeNs now, Emitter&) override {
    auto closed = by_end_.upper_bound(now);
    std::uint64_t lost_before = file_->lost();
    std::uint64_t written = 0;
    for (auto it = by_end_.begin(); it != closed; ++it) {
      std::stable_sort(it->second.begin(), it->second.end(), [](const Line& a, const Line& b) {
        return a.begin != b.begin ? a.begin < b.begin : natural_less(a.text, b.text);
      });
      for (const Line& line : it->second) file_->write(line.begin, it->first, line.text);
      written += it->second.size();
    }
    by_end_.erase(by_end_.begin(), closed);
    file_->flush();
    file_->reached(now);
    std::uint64_t lost = file_->lost() - lost_before;
    lost_->add(lost);
    rows_->add(written - lost);
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
    out.put(std::uint64_t{by_end_.size()});
    for (const auto& [end, lines] : by_end_) {
      out.put(end);
      out.put(std::uint64_t{lines.size()});
      for (const Line& line : lines) {
        out.put(line.begin);
        out.put_bytes(line.text);
      }
    }
    return {};
  }
  Result<void> restore(StateReader& in) override {
    DNSTORM_CHECK(file_->restore(in));
    for (std::uint64_t left = in.get_count(16); left != 0; --left) {
      auto end = in.get<TimeNs>();
      for (std::uint64_t lines = in.get_count(16); lines != 0; --lines) {
        Line& line = by_end_[end].emplace_back();
        line.begin = in.get<TimeNs>();
        line.text = in.get_bytes();
      }
    }
    return in.ok() ? Result<void>{} : damaged_state();
  }

 private:
  struct Reader {
    RowText text;
    FieldRef<std::int64_t> begin;
    FieldRef<std::int64_t> end;
  };
  struct Line {
    TimeNs begin = 0;
    std::string text;
  };

  void count_files() {
    files_->add(file_->files() - files_counted_);
    files_counted_ = file_->files();
  }

  RowFormat format_;
  Options options_;
  std::vector<Reader> readers_;  // one an input
  std::map<TimeNs, std::vector<Line>> by_end_;
  std::optional<RotatedFile> file_;
  Counter* rows_ = nullptr;
  Counter* lost_ = nullptr;
  Counter* files_ = nullptr;
  std::uint64_t files_counted_ = 0;
};

Result<std::vector<std::string>> fields_of(const InputDecl& input,
                                           const std::vector<std::string>& wanted) {
  if (!input.schema.find(Role::time))
    return Error{ErrorKind::config,
                 fmt::format("rows of '{}' have no time by which files could be filled: put an "
                             "aggregate before this sink, or use `log`",
                             input.component),
                 ""};
  if (!wanted.empty()) {
    for (const std::string& name : wanted) {
      DNSTORM_CHECK(require_field(input, name, "fields"));
      if (std::count(wanted.begin(), wanted.end(), name) > 1)
        return Error{ErrorKind::config, fmt::format("field '{}' is named twice", name), "fields"};
    }
    return wanted;
  }
  std::vector<std::string> all;
  for (const Field& field : input.schema.fields()) all.push_back(field.name);
  return all;
}

Result<Declaration> declare_row_files(RowFormat format, const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  std::vector<std::string> columns;
  for (const InputDecl& input : inputs) {
    auto fields = DNSTORM_TRY(fields_of(input, options.list("fields")));
    if (columns.empty()) columns = fields;
    if (format == RowFormat::csv && fields != columns)
      return Error{ErrorKind::config,
                   fmt::format("rows of '{}' and '{}' have other columns, and a CSV file has one "
                               "header: name common `fields`, or give each a sink of its own",
                               inputs.front().component, input.component),
                   "fields"};
    // By these it knows when a row's window is closed.
    fields.push_back(input.schema.field(*input.schema.find(Role::time)).name);
    if (auto end = input.schema.find(Role::window_end))
      fields.push_back(input.schema.field(*end).name);
    declaration.reads.push_back(std::move(fields));
  }
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
