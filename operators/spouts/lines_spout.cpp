#include "operators/spouts/lines_spout.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dnstorm::operators {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The buffer of getline(3), which grows with the longest line.
class LineBuffer {
 public:
  LineBuffer() = default;
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;
  ~LineBuffer() { std::free(data_); }
  // False at the end of the file or after an error.
  bool read(std::FILE* file, std::string_view& line) {
    ssize_t size = ::getline(&data_, &capacity_, file);
    if (size < 0) return false;
    line = {data_, static_cast<std::size_t>(size)};
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return true;
  }

 private:
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
};

class LinesSpout final : public Spout {
 public:
  explicit LinesSpout(const Options& options)
      : files_(options.list("file")),
        repeats_left_(options.integer("repeat")),
        batch_(static_cast<std::uint32_t>(options.integer("batch"))) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    if (task.outputs[0] != nullptr) {
      time_ = task.outputs[0]->ref<TimeNs>("time");
      line_ = task.outputs[0]->ref<Str>("line");
    }
    return open_file();
  }

  Result<Next> next(Emitter& out) override {
    watermark_ = task_->clock->wall_ns();
    std::size_t bytes = 0;
    for (std::uint32_t rows = 0; rows < batch_ && bytes < batch_bytes_max; ++rows) {
      std::string_view line;
      while (!buffer_.read(file_.get(), line)) {
        if (std::ferror(file_.get()) != 0) return problem("cannot be read");
        bool more = DNSTORM_TRY(open_next());
        if (!more) return Next::end;
      }
      bytes += line.size() + 32;
      if (!out.wanted()) continue;
      RowWriter row = out.row();
      row.set(time_, watermark_);
      row.set_str(line_, line);
    }
    return Next::more;
  }

  TimeNs watermark() const override { return watermark_; }
  void close() override { file_.reset(); }
  Result<void> save(StateWriter& out) override {
    out.put(std::uint64_t{at_});
    out.put(repeats_left_);
    out.put(std::int64_t{::ftello(file_.get())});
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    at_ = in.get<std::uint64_t>() % files_.size();
    repeats_left_ = in.get<std::int64_t>();
    auto offset = in.get<std::int64_t>();
    watermark_ = in.get<TimeNs>();
    DNSTORM_CHECK(open_file());
    if (::fseeko(file_.get(), offset, SEEK_SET) != 0) return problem("cannot be read from there");
    return {};
  }

 private:
  // The file after this one, or the first one again; false when all has been read often enough.
  Result<bool> open_next() {
    if (++at_ == files_.size()) {
      at_ = 0;
      if (repeats_left_ == 1) return false;
      if (repeats_left_ > 1) --repeats_left_;
    }
    DNSTORM_CHECK(open_file());
    return true;
  }
  Result<void> open_file() {
    file_.reset(std::fopen(files_[at_].c_str(), "re"));
    if (file_ == nullptr) return problem("cannot be opened");
    return {};
  }
  Error problem(std::string_view what) const {
    return {ErrorKind::no_input,
            fmt::format("{} {}: {}: correct `file`", files_[at_], what, std::strerror(errno)),
            "file"};
  }

  std::vector<std::string> files_;
  std::int64_t repeats_left_;  // 0: without end
  std::uint32_t batch_;
  std::size_t at_ = 0;
  std::unique_ptr<std::FILE, CloseFile> file_;
  LineBuffer buffer_;
  const TaskContext* task_ = nullptr;
  TimeNs watermark_ = time_min;
  FieldRef<TimeNs> time_;
  FieldRef<Str> line_;
};

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>&) {
  if (options.list("file").empty())
    return Error{ErrorKind::config, "option 'file' names no file", "file"};
  Declaration declaration;
  declaration.restorable = true;
  declaration.outputs.push_back(
      {"default",
       {{.name = "time", .type = Type::time, .role = Role::time, .help = "when it was read"},
        {.name = "line", .type = Type::str, .unbounded = true, .help = "without its end"}}});
  declaration.single_task = true;
  return declaration;
}

}  // namespace

OperatorDef lines_operator() {
  OperatorDef def;
  def.name = "lines";
  def.kind = OperatorKind::spout;
  def.summary = "the lines of text files";
  def.options = {
      {.name = "file",
       .type = OptionType::list,
       .default_text = "",
       .help = "files, read one after the other",
       .required = true},
      {"repeat", OptionType::integer, "1", "how often all of them are read; 0: without end", false,
       0, 1e15},
      {"batch", OptionType::integer, "1024", "rows a round at most", false, 1, batch_rows_max},
  };
  def.aliases = {"org.apache.storm.perf.spout.FileReadSpout"};
  def.constructor = {"file"};
  def.example =
      "- id: sentences\n"
      "  className: lines\n"
      "  properties: {file: book.txt}\n";
  def.declare = declare;
  def.make_spout = [](const Options& options) { return std::make_unique<LinesSpout>(options); };
  return def;
}

}  // namespace dnstorm::operators
