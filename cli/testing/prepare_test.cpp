#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "capture/pcap/writer.hpp"
#include "capture/synth/generator.hpp"
#include "cli/testing/one_run.hpp"
#include "cli/testing/row_file.hpp"

namespace dnstorm::cli {

namespace {

using topology::TestCase;
using topology::TestExpectation;
using topology::TestSource;

Result<void> generate(const topology::TestTraffic& traffic, const std::string& path) {
  namespace synth = capture::synth;
  synth::View view = traffic.profile == "root"  ? synth::View::root
                     : traffic.profile == "tld" ? synth::View::tld
                                                : synth::View::resolver;
  synth::Options options = synth::Options::of(view);
  options.queries = traffic.queries;
  options.seed = traffic.seed;
  auto writer = DNSTORM_TRY(capture::pcap::Writer::open(path, {}));
  auto sink = [&](TimeNs time, synth::ByteSpan frame, std::uint32_t length) {
    return writer->write(time, frame, length);
  };
  DNSTORM_TRY(synth::generate(options, sink));
  return writer->close();
}

class Preparation {
 public:
  Preparation(const TestSetup& setup, PreparedTest& into) : setup_(setup), into_(into) {}

  void run() {
    settings();
    for (const topology::TestText& assignment : into_.test.set)
      set(assignment.text, assignment.place);
    for (TestSource& source : into_.test.sources) prepare(source);
    for (TestExpectation& expectation : into_.test.expect) prepare(expectation);
  }

 private:
  void add(topology::Place place, std::string what) {
    into_.problems.push_back({place, std::move(what)});
  }
  void set(const std::string& assignment, topology::Place place) {
    auto done = topology::set_property(into_.topology, assignment);
    if (!done.ok()) add(place, done.error().what);
  }
  // What is wrong with a setting is told with its place in the test file.
  void settings() {
    into_.topology.includes.push_back(setup_.file->file);
    for (auto [name, option] : into_.test.config) {
      option.file = static_cast<std::uint32_t>(into_.topology.includes.size());
      into_.topology.config[name] = option;
    }
  }
  std::string beside(const std::string& path) const {
    return (std::filesystem::path(setup_.file->file).parent_path() / path).lexically_normal();
  }
  void load(const topology::TestRowsFile& file, std::vector<topology::TestRow>& into) {
    auto rows = read_row_file(beside(file.path), file.place);
    if (rows.ok())
      into = std::move(*rows);
    else
      add(file.place, rows.error().what);
  }

  void prepare(TestSource& source) {
    if (source.file) load(*source.file, source.rows);
    if (source.pcap)
      set(fmt::format("{}.file={}", source.spout, beside(source.pcap->path)), source.pcap->place);
    if (!source.traffic) return;
    std::string path = fmt::format("{}/traffic.pcap", setup_.folder);
    auto made = generate(*source.traffic, path);
    if (!made.ok()) return add(source.place, made.error().what);
    set(fmt::format("{}.file={}", source.spout, path), source.place);
  }

  void prepare(TestExpectation& expectation) {
    if (expectation.file) load(*expectation.file, expectation.rows.emplace());
    if (!expectation.text) return;
    if (expectation.rows || expectation.count || !expectation.contains.empty())
      return add(expectation.text_place,
                 fmt::format("of '{}' either text or rows can be looked at", expectation.of));
    if (!writes_text(expectation.of))
      return add(expectation.place,
                 fmt::format("'{}' writes no text; sinks 'text' and 'log' do", expectation.of));
    std::string path = fmt::format("{}/text{}", setup_.folder, into_.writers.size());
    into_.writers[expectation.of] = path;
    set(fmt::format("{}.file={}", expectation.of, path), expectation.place);
  }

  bool writes_text(const std::string& id) const {
    for (const topology::Component& bolt : into_.topology.bolts) {
      if (bolt.id != id) continue;
      const OperatorDef* op = setup_.registry->find(bolt.class_name);
      return op != nullptr && (op->name == "text" || op->name == "log");
    }
    return false;
  }

  const TestSetup& setup_;
  PreparedTest& into_;
};

}  // namespace

PreparedTest prepare_test(const TestCase& test, const TestSetup& setup) {
  PreparedTest prepared{test, setup.topology->topology, {}, {}};
  Preparation(setup, prepared).run();
  return prepared;
}

}  // namespace dnstorm::cli
