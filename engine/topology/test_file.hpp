// A test file of `dnstorm test` as its author wrote it: topologies, what they are fed and what is
// to come out, as plain values with their places. docs/testing.md is the grammar. Whether ids,
// fields and values fit the topology is checked by who runs it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology {

struct TestRow {
  std::map<std::string, std::string> cells;
  DurationNs at = 0;  // time of the clock
  Place place;
};

// Rows in a file of their own.
struct TestRowsFile {
  std::string path;  // as written; seen from the test file
  Place place;
};

struct TestTraffic {  // made for the test
  std::uint32_t queries = 1000;
  std::uint32_t seed = 1;
  std::string profile = "resolver";
};

struct TestSource {
  std::string spout;
  Place place;
  std::vector<TestRow> rows;
  std::optional<TestRowsFile> file;
  std::string stream = "default";
  Place stream_place;
  std::uint32_t round = 1;
  DurationNs lag = 0;
  bool replay = false;
  // Instead of rows: the spout itself, with this capture as its `file`.
  std::optional<TestRowsFile> pcap;
  std::optional<TestTraffic> traffic;
  bool is_fed() const { return !pcap && !traffic; }
};

struct TestExpectation {
  std::string of;  // component or component:stream
  Place place;
  std::optional<std::vector<TestRow>> rows;  // all of them
  std::optional<TestRowsFile> file;          // the same
  std::vector<TestRow> contains;             // some of them
  bool unordered = false;
  std::optional<std::uint32_t> count;
  Place count_place;
  std::optional<std::string> text;  // what a text sink writes
  Place text_place;
};

struct TestNumber {
  std::uint32_t value = 0;
  Place place;
};

struct TestText {
  std::string text;
  Place place;
};

struct TestCase {
  std::string name;
  Place place;
  std::vector<TestText> set;  // component.property=value
  RawOptions config;          // over the topology's
  std::vector<TestText> keep;
  std::vector<TestSource> sources;
  std::vector<TestExpectation> expect;
  std::optional<TestNumber> acked, failed;
  std::optional<DurationNs> until;
  std::optional<TestText> error;  // is part of what the topology is refused or fails with
  std::uint32_t seeds = 5;
  std::vector<std::uint32_t> parallelism = {1, 2, 4};
};

struct TestFile {
  std::string file;
  TestText topology;  // the path as written, or
  std::string text;   // the topology itself, on the lines on which it stands in the file
  Variables variables;
  std::vector<TestCase> cases;
};

struct TestFileResult {
  TestFile tests;
  std::vector<Diagnostic> problems;
  ErrorKind kind = ErrorKind::config;  // no_input: the file could not be read at all
  bool ok() const { return problems.empty(); }
};
TestFileResult read_test_file(const std::string& path);
TestFileResult read_test_text(const std::string& text, const std::string& file);

}  // namespace dnstorm::topology
