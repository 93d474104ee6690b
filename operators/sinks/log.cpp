#include "operators/sinks/log.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "operators/sinks/json_text.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

namespace {

class LogSink final : public Bolt {
 public:
  explicit LogSink(const Options& options) : path_(options.text("file")) {}
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;
  ~LogSink() override {
    if (file_ != nullptr && file_ != stdout && file_ != stderr) std::fclose(file_);
  }

  Result<void> prepare(const TaskContext& task) override {
    rows_ = &task.counter("rows_logged");
    for (const Input& input : task.inputs) {
      Reader& reader = readers_.emplace_back();
      reader.source = input.component;
      if (input.stream != "default") reader.source += "/" + input.stream;
      for (std::size_t i = 0; i < input.schema->size(); ++i)
        reader.cells.push_back(CellReader::of(*input.schema, i));
    }
    file_ = path_ == "-" ? stdout : path_ == "stderr" ? stderr : std::fopen(path_.c_str(), "ae");
    if (file_ == nullptr)
      return Error{
          ErrorKind::io,
          fmt::format("log: cannot write {}: {}: correct `file`", path_, std::strerror(errno)),
          "file"};
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      text_ += reader.source + ":";
      for (const CellReader& cell : reader.cells) {
        text_ += " " + cell.name + "=";
        append_json_string(text_, cell.text(row));
      }
      text_ += "\n";
    }
    rows_->add(in.rows().size());
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size() ||
        std::fflush(file_) != 0)
      failure_ = std::strerror(errno);
    text_.clear();
  }

  Result<void> finish(Emitter&) override {
    if (failure_.empty()) return {};
    return Error{ErrorKind::io, fmt::format("log: writing {} failed: {}", path_, failure_), "file"};
  }

 private:
  struct Reader {
    std::string source;
    std::vector<CellReader> cells;
  };
  std::string path_;
  std::vector<Reader> readers_;  // one an input
  std::FILE* file_ = nullptr;
  std::string text_;
  std::string failure_;
  Counter* rows_ = nullptr;
};

Result<Declaration> declare_log(const Options&, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  for (const InputDecl& input : inputs) {
    auto& reads = declaration.reads.emplace_back();
    for (const Field& field : input.schema.fields()) reads.push_back(field.name);
  }
  return declaration;
}

}  // namespace

OperatorDef log_operator() {
  OperatorDef def;
  def.name = "log";
  def.kind = OperatorKind::sink;
  def.summary = "Writes every row as a line of text, to look at what a stream carries.";
  def.options = {{"file", OptionType::text, "stderr",
                  "where to write: stderr, - for standard output, or a file that is added to"}};
  def.aliases = {"org.apache.storm.flux.wrappers.bolts.LogInfoBolt",
                 "org.apache.storm.starter.bolt.PrinterBolt"};
  def.example = "- id: seen\n  className: log\n";
  def.declare = declare_log;
  def.make_bolt = [](const Options& options) { return std::make_unique<LogSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
