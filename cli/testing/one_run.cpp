#include "cli/testing/one_run.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "operators/labels.hpp"

namespace dnstorm::cli {

namespace {

using testkit::TestTopology;
using topology::TestExpectation;
using topology::TestSource;

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Run {
 public:
  Run(const PreparedTest& prepared, const TestSetup& setup)
      : prepared_(prepared), topology_(*setup.registry, prepared.topology) {}

  RunOutcome run(std::uint64_t seed, std::uint32_t parallelism) {
    for (const auto& [sink, path] : prepared_.writers) std::remove(path.c_str());
    describe();
    auto started =
        topology_.start({.seed = seed, .parallelism = parallelism, .labels = operator_labels()});
    if (!topology_.problems().empty()) {
      place_problems();
    } else if (!started.ok()) {
      outcome_.error = started.error().what;
    } else if (feed()) {
      Result<void> ended =
          prepared_.test.until ? topology_.advance(*prepared_.test.until) : topology_.complete();
      if (!ended.ok()) outcome_.error = ended.error().what;
      collect();
    }
    return std::move(outcome_);
  }

 private:
  void describe() {
    for (const TestSource& source : prepared_.test.sources)
      if (source.is_fed())
        topology_.mock(source.spout,
                       {.round = source.round, .lag = source.lag, .replay = source.replay});
    for (const auto& [sink, path] : prepared_.writers) topology_.keep(sink);
    for (const topology::TestText& sink : prepared_.test.keep) topology_.keep(sink.text);
    for (const TestExpectation& expectation : prepared_.test.expect)
      if (!expectation.text) topology_.capture(expectation.of);
  }

  topology::Place place_of(const std::string& subject) const {
    for (const TestExpectation& expectation : prepared_.test.expect)
      if (expectation.of == subject) return expectation.place;
    for (const TestSource& source : prepared_.test.sources)
      if (source.spout == subject) return source.place;
    for (const topology::TestText& sink : prepared_.test.keep)
      if (sink.text == subject) return sink.place;
    return prepared_.test.place;
  }

  void place_problems() {
    for (const testkit::Problem& problem : topology_.problems()) {
      if (problem.subject.empty())
        outcome_.refused.push_back(problem.what);
      else
        outcome_.problems.push_back({place_of(problem.subject), problem.what});
    }
  }

  bool feed() {
    constexpr std::size_t shown_max = 20;
    for (const TestSource& source : prepared_.test.sources) {
      if (!source.is_fed()) continue;
      for (const topology::TestRow& row : source.rows) {
        auto fed = topology_.feed(source.spout, row.cells, row.at, source.stream);
        if (fed.ok()) continue;
        bool no_stream = fed.error().subject == source.stream && !row.cells.contains(source.stream);
        outcome_.problems.push_back(
            {no_stream ? source.stream_place : row.place,
             fmt::format("spout '{}': {}", source.spout, fed.error().what)});
        if (no_stream || outcome_.problems.size() >= shown_max) return false;
      }
    }
    return outcome_.problems.empty();
  }

  void collect() {
    for (const std::string& name : topology_.captures())
      outcome_.captured[name] = topology_.captured(name);
    for (const auto& [sink, path] : prepared_.writers) outcome_.texts[sink] = content_of(path);
    for (const std::string& spout : topology_.spouts()) {
      outcome_.acked += topology_.acked(spout);
      outcome_.failed += topology_.failed(spout);
    }
  }

  const PreparedTest& prepared_;
  TestTopology topology_;
  RunOutcome outcome_;
};

}  // namespace

testkit::Labels operator_labels() {
  testkit::Labels labels;
  labels.value = [](std::string_view table, std::string_view text) {
    return operators::label_value(table, text);
  };
  labels.text = [](std::string_view table, std::uint64_t value) {
    return operators::label_text(table, value);
  };
  return labels;
}

RunOutcome run_once(const PreparedTest& prepared, const TestSetup& setup, std::uint64_t seed,
                    std::uint32_t parallelism) {
  return Run(prepared, setup).run(seed, parallelism);
}

}  // namespace dnstorm::cli
