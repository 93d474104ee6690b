#include "operators/dsc/dsc_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "operators/checkpoint.hpp"
#include "operators/dsc/file_format.hpp"
#include "operators/dsc/results.hpp"
#include "operators/whole_file.hpp"

namespace dnstorm::operators {

namespace {

class DscFile final : public Bolt {
 public:
  explicit DscFile(const Options& options)
      : folder_(options.text("folder")), formats_(options.list("formats")) {}

  Result<void> prepare(const TaskContext& task) override {
    written_ = &task.counter("files_written");
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema);
    if (::mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST)
      return Error{ErrorKind::io,
                   fmt::format("dsc_file: the folder {} cannot be made: {}; correct `folder`",
                               folder_, std::strerror(errno)),
                   "folder"};
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const DscArrayRefs& fields = readers_[in.input];
    for (RowView row : in.rows()) {
      DscArray& array = array_of(row.get(fields.window_end), row.get(fields.place));
      array.name = row.get(fields.dataset);
      array.dimension1 = row.get(fields.dimension1);
      array.dimension2 = row.get(fields.dimension2);
      array.start = row.get(fields.start);
      array.stop = row.get(fields.stop);
      add(array, row.get(fields.key1), row.get(fields.key2), row.get(fields.count));
    }
  }

  void watermark(TimeNs now, Emitter&) override {
    while (!intervals_.empty() && intervals_.begin()->first <= now) {
      write(intervals_.begin()->second);
      intervals_.erase(intervals_.begin());
    }
  }

  Result<void> finish(Emitter&) override { return failure_; }
  bool blocking() const override { return true; }

  // What waits; a file that is written again is the same. No checkpoint after a file that is
  // missing.
  Result<void> save(StateWriter& out) override {
    if (!failure_.ok()) return failure_;
    out.put(std::uint64_t{intervals_.size()});
    for (const auto& [end, arrays] : intervals_) {
      out.put(end);
      out.put(std::uint64_t{arrays.size()});
      for (const auto& [place, array] : arrays) save_array(array, out);
    }
    return {};
  }
  Result<void> restore(StateReader& in) override {
    for (std::uint64_t left = in.get_count(sizeof(TimeNs)); left != 0; --left) {
      auto end = in.get<TimeNs>();
      for (std::uint64_t arrays = in.get_count(sizeof(TimeNs)); arrays != 0; --arrays)
        restore_array(end, in);
    }
    return in.ok() ? Result<void>{} : damaged_state();
  }

 private:
  using Arrays = std::map<std::uint32_t, DscArray>;  // by place

  DscArray& array_of(TimeNs end, std::uint32_t place) {
    DscArray& array = intervals_[end][place];
    array.place = place;
    return array;
  }
  static void add(DscArray& array, std::string_view key1, std::string_view key2,
                  std::uint64_t count) {
    // A dataset without cells, and a row without: the marks that say so have a count of 0.
    if (count == 0 && key1.empty()) return;
    if (array.rows.empty() || array.rows.back().key != key1)
      array.rows.push_back({std::string(key1), {}});
    if (count != 0) array.rows.back().cells.emplace_back(key2, count);
  }

  // DSC's order: the last declared first, before all the numbers of packets.
  void write(const Arrays& arrays) {
    std::vector<DscArray> ordered;
    for (auto array = arrays.rbegin(); array != arrays.rend(); ++array)
      ordered.push_back(array->second);
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const DscArray& array) { return array.name == dsc_pcap_stats; });
    for (const std::string& format : formats_) {
      std::string path =
          fmt::format("{}/{}.dscdata.{}", folder_, ordered[0].stop / ns_per_s, format);
      auto done = write_whole_file("dsc_file", path,
                                   format == "xml" ? dsc_xml(ordered) : dsc_json(ordered));
      if (done.ok())
        written_->add();
      else if (failure_.ok())
        failure_ = done;
    }
  }

  static void save_array(const DscArray& array, StateWriter& out) {
    out.put(array.place);
    for (const std::string* text : {&array.name, &array.dimension1, &array.dimension2})
      out.put_bytes(*text);
    out.put(array.start);
    out.put(array.stop);
    out.put(std::uint64_t{array.rows.size()});
    for (const DscArray::Row& row : array.rows) {
      out.put_bytes(row.key);
      out.put(std::uint64_t{row.cells.size()});
      for (const auto& [key, count] : row.cells) {
        out.put_bytes(key);
        out.put(count);
      }
    }
  }
  void restore_array(TimeNs end, StateReader& in) {
    DscArray& array = array_of(end, in.get<std::uint32_t>());
    for (std::string* text : {&array.name, &array.dimension1, &array.dimension2})
      *text = in.get_bytes();
    array.start = in.get<TimeNs>();
    array.stop = in.get<TimeNs>();
    for (std::uint64_t rows = in.get_count(sizeof(std::uint64_t)); rows != 0; --rows) {
      DscArray::Row& row = array.rows.emplace_back();
      row.key = in.get_bytes();
      for (std::uint64_t cells = in.get_count(sizeof(std::uint64_t)); cells != 0; --cells) {
        std::string key(in.get_bytes());
        row.cells.emplace_back(std::move(key), in.get<std::uint64_t>());
      }
    }
  }

  std::string folder_;
  std::vector<std::string> formats_;
  std::vector<DscArrayRefs> readers_;
  std::map<TimeNs, Arrays> intervals_;  // by the end of the interval
  Counter* written_ = nullptr;
  Result<void> failure_;
};

Result<Declaration> declare_dsc_file(const Options& options, const std::vector<InputDecl>& inputs) {
  for (const std::string& format : options.list("formats"))
    if (format != "xml" && format != "json")
      return Error{ErrorKind::config,
                   fmt::format("option 'formats' takes xml and json, not '{}'", format), "formats"};
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  for (const InputDecl& input : inputs) {
    std::vector<std::string> reads;
    for (const Field& field : dsc_array_fields()) {
      auto found = input.schema.find(field.name);
      if (!found || input.schema.field(*found).type != field.type)
        return Error{ErrorKind::config,
                     fmt::format("stream '{}' of '{}' is none that it writes: the stream `arrays` "
                                 "of a dsc is wanted",
                                 input.stream, input.component),
                     ""};
      if (field.name != "window") reads.push_back(field.name);
    }
    declaration.reads.push_back(std::move(reads));
  }
  return declaration;
}

}  // namespace

OperatorDef dsc_file_operator() {
  OperatorDef def;
  def.name = "dsc_file";
  def.kind = OperatorKind::sink;
  def.summary = "Writes the intervals of a dsc as files in the form of DSC, XML and JSON.";
  def.options = {
      {"folder", OptionType::text, ".", "where the files STOP.dscdata.xml go; made if need be"},
      {"formats", OptionType::list, "xml", "xml, json or both"},
  };
  def.constructor = {"folder"};
  def.example =
      "- id: files\n"
      "  className: dsc_file\n"
      "  properties: {folder: build/dsc, formats: [xml, json]}\n";
  def.declare = declare_dsc_file;
  def.make_bolt = [](const Options& options) { return std::make_unique<DscFile>(options); };
  return def;
}

}  // namespace dnstorm::operators
