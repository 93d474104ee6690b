#include "operators/rssac002/rssac002_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <tuple>

#include "operators/checkpoint.hpp"
#include "operators/rssac002/document.hpp"
#include "operators/rssac002/rows.hpp"
#include "operators/whole_file.hpp"

namespace dnstorm::operators {

namespace {

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem)
    return Error{ErrorKind::io,
                 fmt::format("rssac002_file: {} cannot be written: {}; see to `folder`",
                             folder.string(), problem.message()),
                 "folder"};
  return {};
}

class RssacFile final : public Bolt {
 public:
  explicit RssacFile(const Options& options)
      : folder_(options.text("folder")), name_(options.text("name")) {}

  Result<void> prepare(const TaskContext& task) override {
    written_ = &task.counter("files_written");
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema);
    return make_folder(folder_);
  }

  void execute(const InputBatch& in, Emitter&) override {
    const RssacLineRefs& fields = readers_[in.input];
    for (RowView row : in.rows()) {
      Key key{row.get(fields.window), std::string(row.get(fields.service)),
              std::string(row.get(fields.metric)), row.get(fields.until)};
      RssacDocument& document = waiting_[key];
      if (document.lines.empty()) {
        std::tie(document.day, document.service, document.metric, document.until) = key;
        document.day_end = row.get(fields.window_end);
        document.from = row.get(fields.from);
        document.version = row.get(fields.version);
      }
      document.lines.push_back({std::string(row.get(fields.section)),
                                std::string(row.get(fields.item)), row.get(fields.count),
                                row.get(fields.error)});
    }
  }

  // A document's lines come in one round, and its watermark behind them.
  void watermark(TimeNs, Emitter&) override {
    for (const auto& [key, document] : waiting_) {
      auto done = write(document);
      if (done.ok())
        written_->add();
      else if (failure_.ok())
        failure_ = done;
    }
    waiting_.clear();
  }

  Result<void> finish(Emitter&) override { return failure_; }
  bool blocking() const override { return true; }

  // What waits; a file that is written again is the same. No checkpoint after a file that is
  // missing.
  Result<void> save(StateWriter& out) override {
    if (!failure_.ok()) return failure_;
    out.put(std::uint64_t{waiting_.size()});
    for (const auto& [key, document] : waiting_) save_document(document, out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    for (std::uint64_t left = in.get_count(sizeof(TimeNs)); left != 0; --left) restore_document(in);
    return in.ok() ? Result<void>{} : damaged_state();
  }

 private:
  using Key = std::tuple<TimeNs, std::string, std::string, TimeNs>;

  Result<void> write(const RssacDocument& document) const {
    std::string name = name_.empty() ? rssac_file_name(document.service) : name_;
    std::string path = fmt::format("{}/{}", folder_, rssac_path(document, name));
    DNSTORM_CHECK(make_folder(std::filesystem::path(path).parent_path()));
    DNSTORM_CHECK(write_whole_file("rssac002_file", path, rssac_yaml(document)));
    // Of the day so far, if it was written: there may be none.
    if (document.complete()) ::unlink((path + ".incomplete").c_str());
    return {};
  }

  static void save_document(const RssacDocument& document, StateWriter& out) {
    for (const std::string* text : {&document.version, &document.service, &document.metric})
      out.put_bytes(*text);
    for (TimeNs time : {document.day, document.day_end, document.from, document.until})
      out.put(time);
    out.put(std::uint64_t{document.lines.size()});
    for (const RssacFigure& line : document.lines) {
      out.put_bytes(line.section);
      out.put_bytes(line.item);
      out.put(line.count);
      out.put(line.error);
    }
  }
  void restore_document(StateReader& in) {
    RssacDocument document;
    for (std::string* text : {&document.version, &document.service, &document.metric})
      *text = in.get_bytes();
    for (TimeNs* time : {&document.day, &document.day_end, &document.from, &document.until})
      *time = in.get<TimeNs>();
    for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left) {
      RssacFigure& line = document.lines.emplace_back();
      line.section = in.get_bytes();
      line.item = in.get_bytes();
      line.count = in.get<std::uint64_t>();
      line.error = in.get<double>();
    }
    Key key{document.day, document.service, document.metric, document.until};
    waiting_[key] = std::move(document);
  }

  std::string folder_;
  std::string name_;
  std::vector<RssacLineRefs> readers_;
  std::map<Key, RssacDocument> waiting_;
  Counter* written_ = nullptr;
  Result<void> failure_;
};

Result<Declaration> declare_rssac_file(const Options& options,
                                       const std::vector<InputDecl>& inputs) {
  if (options.text("name").find('/') != std::string::npos)
    return Error{ErrorKind::config, "option 'name' is the first part of file names: without '/'",
                 "name"};
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  for (const InputDecl& input : inputs) {
    std::vector<std::string> reads;
    for (const Field& field : rssac_line_fields()) {
      auto found = input.schema.find(field.name);
      if (!found || input.schema.field(*found).type != field.type)
        return Error{ErrorKind::config,
                     fmt::format("stream '{}' of '{}' is none that it writes: the rows of an "
                                 "rssac002 without partial: true are wanted",
                                 input.stream, input.component),
                     ""};
      reads.push_back(field.name);
    }
    declaration.reads.push_back(std::move(reads));
  }
  return declaration;
}

}  // namespace

OperatorDef rssac002_file_operator() {
  OperatorDef def;
  def.name = "rssac002_file";
  def.kind = OperatorKind::sink;
  def.summary = "Writes the days of an rssac002 as YAML documents in the published layout.";
  def.options = {
      {"folder", OptionType::text, ".",
       "where the files YEAR/MONTH/METRIC/NAME-DATE-METRIC.yaml go; made if need be"},
      {"name", OptionType::text, "",
       "NAME in the files; by default a-root of the service a.root-servers.net, of any other the "
       "service"},
  };
  def.constructor = {"folder"};
  def.example =
      "- id: files\n"
      "  className: rssac002_file\n"
      "  properties: {folder: build/rssac002}\n";
  def.declare = declare_rssac_file;
  def.make_bolt = [](const Options& options) { return std::make_unique<RssacFile>(options); };
  return def;
}

}  // namespace dnstorm::operators
