#include "cli/testing/run_case.hpp"

#include <algorithm>
#include <chrono>

#include "cli/testing/compare.hpp"
#include "cli/testing/one_run.hpp"

namespace dnstorm::cli {

namespace {

using topology::TestCase;
using topology::TestExpectation;

class CaseRun {
 public:
  CaseRun(const TestCase& test, const TestSetup& setup)
      : setup_(setup), prepared_(prepare_test(test, setup)) {
    result_.name = test.name;
    result_.place = test.place;
  }

  TestResult run() {
    if (!prepared_.problems.empty()) {
      bad(prepared_.problems);
    } else if (!setup_.topology->ok()) {
      std::vector<std::string> refused;
      for (const topology::Diagnostic& problem : setup_.topology->problems)
        refused.push_back(topology::to_string(setup_.topology->topology.file, problem));
      expect_refusal(refused);
    } else {
      run_all();
    }
    return std::move(result_);
  }

 private:
  void bad(std::vector<topology::Diagnostic> problems) {
    topology::settle(problems, {});
    result_.status = TestStatus::bad;
    for (const topology::Diagnostic& problem : problems)
      result_.lines.push_back(topology::to_string(setup_.file->file, problem));
  }
  void fail(topology::Place place, const std::string& what,
            const std::vector<std::string>& lines = {}) {
    result_.status = TestStatus::failed;
    result_.lines.push_back(topology::to_string(setup_.file->file, {place, what}));
    for (const std::string& line : lines) result_.lines.push_back("  " + line);
  }
  bool passed() const { return result_.status == TestStatus::passed; }

  // Whether the test wanted the topology to be refused or to fail, with a part of one of these.
  void expect_refusal(const std::vector<std::string>& said) {
    const auto& error = prepared_.test.error;
    bool wanted = error && std::any_of(said.begin(), said.end(), [&](const std::string& line) {
                    return line.find(error->text) != std::string::npos;
                  });
    if (wanted) return;
    if (error)
      fail(error->place, fmt::format("another error than '{}':", error->text), said);
    else
      fail(result_.place, "the topology does not run:", said);
  }

  void run_all() {
    std::vector<std::uint32_t> scales = {0};
    const auto& others = prepared_.test.parallelism;
    scales.insert(scales.end(), others.begin(), others.end());
    std::uint32_t seeds = setup_.seeds != 0 ? setup_.seeds : prepared_.test.seeds;
    std::size_t all = scales.size() * seeds;
    for (std::uint32_t scale : scales) {
      for (std::uint64_t seed = 0; seed < seeds && passed(); ++seed) {
        if (setup_.progress) setup_.progress(result_.name, result_.runs, all);
        RunOutcome outcome = run_once(prepared_, setup_, seed, scale);
        ++result_.runs;
        if (!check(outcome, seed, scale)) return;
      }
    }
  }

  // False: there is nothing to compare other runs with.
  bool check(RunOutcome& outcome, std::uint64_t seed, std::uint32_t scale) {
    if (!outcome.problems.empty()) {
      bad(std::move(outcome.problems));
      return false;
    }
    if (!outcome.error.empty()) outcome.refused.push_back(outcome.error);
    if (!outcome.refused.empty()) {
      expect_refusal(outcome.refused);
      bool has_run = !outcome.error.empty();
      if (result_.runs == 1) first_ = std::move(outcome);
      return has_run;
    }
    bool is_first = result_.runs == 1;
    if (!first_.error.empty()) {
      fail(result_.place,
           fmt::format("no error{}; in the first run: {}", when(seed, scale), first_.error));
      return false;
    }
    if (is_first) check_first(outcome);
    if (!is_first) check_same(outcome, seed, scale);
    if (is_first) first_ = std::move(outcome);
    return true;
  }

  void check_first(const RunOutcome& outcome) {
    if (prepared_.test.error)
      fail(prepared_.test.error->place,
           fmt::format("no error, and one with '{}' is expected", prepared_.test.error->text));
    for (const TestExpectation& expectation : prepared_.test.expect)
      check_one(expectation, outcome, "");
    check_number("acked", prepared_.test.acked, outcome.acked);
    check_number("failed", prepared_.test.failed, outcome.failed);
  }

  void check_one(const TestExpectation& expectation, const RunOutcome& outcome,
                 const std::string& then) {
    std::optional<Mismatch> found;
    if (expectation.text)
      found = compare_text(expectation, outcome.texts.at(expectation.of));
    else
      found = compare_rows(expectation, outcome.captured.at(testkit::capture_name(expectation.of)),
                           operator_labels());
    if (found)
      fail(found->place, fmt::format("{}{}: {}", expectation.of, then, found->what), found->lines);
  }

  void check_number(std::string_view name, const std::optional<topology::TestNumber>& expected,
                    std::uint64_t got) {
    if (expected && expected->value != got)
      fail(
          expected->place,
          fmt::format("{} {} expected, {} are{}", expected->value, name, got,
                      got == 0 ? "; roots are tracked with topology.delivery: at-least-once" : ""));
  }

  static std::string when(std::uint64_t seed, std::uint32_t scale) {
    return fmt::format(" with seed {}{}", seed,
                       scale == 0 ? "" : fmt::format(" and parallelism {}", scale));
  }

  // The promise: same input, same numbers.
  void check_same(const RunOutcome& outcome, std::uint64_t seed, std::uint32_t scale) {
    std::string then = when(seed, scale);
    for (const auto& [name, captured] : outcome.captured) {
      auto lines = compare_runs(first_.captured.at(name), captured);
      if (!lines.empty())
        fail(result_.place, fmt::format("{}: other rows{} than in the first run", name, then),
             lines);
    }
    for (const auto& [sink, text] : outcome.texts)
      if (text != first_.texts.at(sink))
        fail(result_.place, fmt::format("{}: another text{} than in the first run", sink, then));
    if (outcome.acked != first_.acked || outcome.failed != first_.failed)
      fail(result_.place,
           fmt::format("{} acked and {} failed{}; {} and {} in the first run", outcome.acked,
                       outcome.failed, then, first_.acked, first_.failed));
    // With other tasks, rows of one round may come in another order.
    if (scale != 0 || !passed()) return;
    for (const TestExpectation& expectation : prepared_.test.expect)
      check_one(expectation, outcome, then);
  }

  const TestSetup& setup_;
  PreparedTest prepared_;
  TestResult result_;
  RunOutcome first_;
};

}  // namespace

TestResult run_case(const TestCase& test, const TestSetup& setup) {
  auto began = std::chrono::steady_clock::now();
  TestResult result = CaseRun(test, setup).run();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

}  // namespace dnstorm::cli
