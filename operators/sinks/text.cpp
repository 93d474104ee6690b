#include "operators/sinks/text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "operators/sinks/json_text.hpp"
#include "operators/sinks/line_protocol.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_table.hpp"
#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

namespace {

// Rows whose times differ but slightly (raw messages) come one window a row; a window of points
// larger than this is written in pieces.
constexpr std::size_t piece_bytes = 1 << 20;

void append_json_line(std::string& out, const Point& point) {
  out += "{\"time\":";
  append_json_string(out, format_time(point.time));
  if (point.end > point.time) {
    out += ",\"end\":";
    append_json_string(out, format_time(point.end));
  }
  out += ",\"measurement\":";
  append_json_string(out, point.measurement);
  out += ",\"tags\":";
  append_json_tags(out, point);
  out += ",\"fields\":";
  append_json_fields(out, point);
  out += "}\n";
}

class TextSink final : public Bolt {
 public:
  explicit TextSink(const Options& options)
      : options_(PointOptions::of(options)),
        path_(options.text("file")),
        format_(options.text("format")) {}
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;
  ~TextSink() override {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }

  Result<void> prepare(const TaskContext& task) override {
    written_ = &task.counter("points_written");
    points_.prepare(task, options_);
    // A run that goes on keeps what was there; restore() says how much of it.
    file_ = path_ == "-" ? stdout : std::fopen(path_.c_str(), task.resuming ? "r+e" : "we");
    if (file_ == nullptr)
      return Error{
          ErrorKind::io,
          fmt::format("text: cannot write {}: {}: correct `file`", path_, std::strerror(errno)),
          "file"};
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override { points_.add(in); }

  void watermark(TimeNs now, Emitter&) override {
    std::vector<Point> points = points_.take(now);
    if (points.empty()) return;
    if (format_ == "table") append_tables(text_, points);
    for (const Point& point : points) {
      if (format_ == "lines") append_line(text_, point);
      if (format_ == "json") append_json_line(text_, point);
      if (text_.size() >= piece_bytes) write_text();
    }
    write_text();
    written_->add(points.size());
  }

  // The file as long as it is now: what is written after this is taken away and written again.
  Result<void> save(StateWriter& out) override {
    points_.save(out);
    // On the disk before the checkpoint that counts on it is.
    if (std::fflush(file_) != 0 || ::fdatasync(::fileno(file_)) != 0) note_failure();
    out.put(std::int64_t{::ftello(file_)});
    // A checkpoint after points that are missing would make that for ever.
    return failure();
  }
  Result<void> restore(StateReader& in) override {
    points_.restore(in);
    auto size = in.get<std::int64_t>();
    if (::ftruncate(::fileno(file_), size) == 0 && ::fseeko(file_, size, SEEK_SET) == 0) return {};
    return Error{ErrorKind::io,
                 fmt::format("text: cannot go on in {}: {}", path_, std::strerror(errno)), "file"};
  }

  Result<void> finish(Emitter&) override {
    if (std::fflush(file_) != 0) note_failure();
    return failure();
  }

 private:
  Result<void> failure() const {
    if (failure_.empty()) return {};
    return Error{
        ErrorKind::io,
        fmt::format("text: writing {} failed: {}: points are missing in it", path_, failure_),
        "file"};
  }
  void write_text() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) note_failure();
    // Whoever follows the file sees a window as soon as it is closed.
    if (std::fflush(file_) != 0) note_failure();
    text_.clear();
  }
  void note_failure() {
    if (failure_.empty()) failure_ = std::strerror(errno);
  }

  PointOptions options_;
  std::string path_;
  std::string format_;
  PointCollector points_;
  std::string text_;
  std::FILE* file_ = nullptr;
  std::string failure_;
  Counter* written_ = nullptr;
};

Result<Declaration> declare_text(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = options.text("file") != "-";
  declaration.reads = DNSTORM_TRY(point_reads(options, inputs, false));
  declaration.single_task = true;
  return declaration;
}

}  // namespace

OperatorDef text_operator() {
  OperatorDef def;
  def.name = "text";
  def.kind = OperatorKind::sink;
  def.summary = "Writes points as text to a file or to standard output.";
  def.options = {
      {"file", OptionType::text, "-",
       "where to write; - is standard output; an existing file is replaced"},
      {.name = "format",
       .type = OptionType::choice,
       .default_text = "lines",
       .help = "lines: InfluxDB line protocol; json: one object a line; table: for people",
       .choices = {"lines", "json", "table"}},
  };
  for (OptionSpec& spec : PointOptions::specs()) def.options.push_back(std::move(spec));
  def.constructor = {"file"};
  def.example =
      "- id: out\n  className: text\n  properties:\n    file: counts.lp\n    format: lines\n";
  def.declare = declare_text;
  def.make_bolt = [](const Options& options) { return std::make_unique<TextSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
