// A topology under test: in one thread, under a clock that the test turns, with sources that the
// test feeds and sinks that only remember. What Storm's Testing class has (complete topology with
// mocked sources, FeederSpout, tracked topology, simulated time). It runs the real tasks of the
// engine; a seed decides in which order their messages move, and with equal seeds a run is the
// same.
//
//   OperatorRegistry operators;
//   operators.add(entropy_operator());
//   TestTopology test(operators, R"(...)");    // a topology file; a source may be a `feeder`
//   test.capture("random");                    // a stream to look at; sinks are looked at anyway
//   ASSERT_TRUE(test.start().ok());
//   test.feed("words", {{"word", "abcd"}});
//   test.feed("words", {{"word", "abab"}}, 5 * ns_per_s);
//   ASSERT_TRUE(test.complete().ok());
//   EXPECT_THAT(test.rows("random"), ElementsAre(Row{{"word", "abcd"}}));
//
// Life cycle: construct -> { set | config | mock | keep | capture }* -> start ->
// { feed | settle | advance }* -> complete. All calls from one thread. Processing time begins at 0
// and goes on by advance() and complete() only; all that can happen at one time happens before it
// goes on, so ticks and processing-time windows depend on the input alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/testkit/rows.hpp"

namespace dnstorm::topology {
struct Topology;
}

namespace dnstorm::testkit {

struct TestOptions {
  std::uint64_t seed = 0;         // of the order of messages; decides on chains and credits, too
  std::uint32_t parallelism = 0;  // tasks of what may have several; 0: as the topology says
  Labels labels = {};
};

struct MockOptions {
  std::uint32_t round = 1;  // rows that make a round, and with that a root
  DurationNs lag = 0;       // by which the watermark stays behind the newest row
  bool replay = false;      // what fails is emitted again
};

// What came to a sink, or out of a stream, in its order.
struct Captured {
  struct Source {
    std::string component, stream;
    std::vector<Field> fields;
  };
  struct Line {
    std::size_t source = 0;
    std::vector<std::string> cells;  // normal texts, as many as the source has fields
    auto operator<=>(const Line&) const = default;
  };
  std::vector<Source> sources;
  std::vector<Line> lines;

  std::vector<Row> rows() const;
};

// How captures() names it: "a:default" is "a".
std::string capture_name(const std::string& what);

// What is wrong with a test: the sentence, and the mock() or capture() that it is about, if one.
struct Problem {
  std::string what;
  std::string subject;
};

class TestTopology {
 public:
  // `yaml` has no variables and includes nothing. Mistakes in it are told by start().
  TestTopology(const OperatorRegistry& operators, const std::string& yaml);
  // One that has been read (engine/topology); it is copied.
  TestTopology(const OperatorRegistry& operators, const topology::Topology& topology);
  ~TestTopology();
  TestTopology(const TestTopology&) = delete;
  TestTopology& operator=(const TestTopology&) = delete;

  // As `--set component.property=value`.
  Result<void> set(const std::string& assignment);
  // A setting of the topology.
  void config(const std::string& name, const std::string& value);
  // The spout gives what it is fed, and is never opened. Every `feeder` is mocked.
  void mock(const std::string& spout, MockOptions options = {});
  // The sink works as in a run. All others remember only, and touch nothing outside.
  void keep(const std::string& sink);
  // "component" or "component:stream".
  void capture(const std::string& what);

  // Checks, plans, opens. The error is the first of problems().
  Result<void> start(const TestOptions& options = {});
  const std::vector<Problem>& problems() const;

  // A row for a mocked spout, due at that time of the clock; fields that are left out are zero, an
  // event time that is left out is `at`.
  Result<void> feed(const std::string& spout, const Row& row, TimeNs at = 0,
                    const std::string& stream = "default");
  // Until nothing can happen at this time.
  Result<void> settle();
  // The clock goes on, and what is due on the way happens at its time.
  Result<void> advance(DurationNs by);
  // No row follows: the topology runs to its end. Fails with what has failed in it.
  Result<void> complete();

  TimeNs now() const;
  // Of a sink or of what was captured.
  const Captured& captured(const std::string& what) const;
  std::vector<Row> rows(const std::string& what) const { return captured(what).rows(); }
  // All of them, sinks first, in the order of the plan.
  std::vector<std::string> captures() const;

  // Tracked: rows and roots (at-least-once) of all tasks of a component.
  std::uint64_t executed(const std::string& component) const;
  std::uint64_t emitted(const std::string& component) const;
  std::uint64_t acked(const std::string& spout) const;
  std::uint64_t failed(const std::string& spout) const;
  std::uint64_t counter(const std::string& component, const std::string& name) const;
  std::vector<std::string> spouts() const;
  // Which rows that were fed to a mocked spout, by their number from 0, in order.
  const std::vector<std::uint64_t>& acked_rows(const std::string& spout) const;
  const std::vector<std::uint64_t>& failed_rows(const std::string& spout) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::testkit
