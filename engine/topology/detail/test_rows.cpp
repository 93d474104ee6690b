#include "engine/topology/detail/test_case.hpp"

namespace dnstorm::topology::detail {

namespace {

void read_row(const Node& node, DurationNs& at, std::vector<TestRow>& into, Problems& problems) {
  if (node.kind != Node::Kind::map)
    return problems.add(
        node.place, fmt::format("a row is a map of fields and values, not {}", kind_name(node)));
  TestRow row;
  row.place = node.place;
  for (const Entry& cell : node.entries) {
    if (cell.value->kind != Node::Kind::scalar && cell.value->kind != Node::Kind::null) {
      problems.add(cell.place, fmt::format("field '{}' has a single value, not {}", shown(cell.key),
                                           kind_name(*cell.value)));
      continue;
    }
    if (cell.key != "at") {
      row.cells[cell.key] = cell.value->text;
      continue;
    }
    auto time = parse_duration(cell.value->text);
    if (!time)
      problems.add(
          cell.value->place,
          fmt::format("'at' is a time of the clock such as 5s, not '{}'", shown(cell.value->text)));
    else if (*time < at)
      problems.add(cell.value->place, fmt::format("'at' goes back from {} to {}",
                                                  format_duration(at), format_duration(*time)));
    else
      at = *time;
  }
  row.at = at;
  into.push_back(std::move(row));
}

std::optional<TestRowsFile> read_file_name(Fields& fields, std::string_view key) {
  const Node* node = fields.scalar(key);
  if (node == nullptr) return std::nullopt;
  return TestRowsFile{node->text, node->place};
}

void read_duration(Fields& fields, std::string_view key, DurationNs& into, Problems& problems) {
  const Node* node = fields.scalar(key);
  if (node == nullptr) return;
  auto duration = parse_duration(node->text);
  if (duration)
    into = *duration;
  else
    problems.add(node->place, fmt::format("'{}' of {} is a duration such as 2s, not '{}'", key,
                                          fields.what(), shown(node->text)));
}

void read_traffic(Fields& fields, TestSource& into, Problems& problems) {
  const Entry* entry = fields.find("generate");
  if (entry == nullptr) return;
  Fields traffic(*entry->value, "'generate'", problems);
  into.traffic.emplace();
  if (auto queries = traffic.number("queries", 1, 1'000'000)) into.traffic->queries = *queries;
  if (auto seed = traffic.number("seed", 0, 4'000'000'000)) into.traffic->seed = *seed;
  if (const Node* profile = traffic.scalar("profile")) {
    into.traffic->profile = profile->text;
    const std::vector<std::string> known = {"resolver", "root", "tld"};
    if (std::find(known.begin(), known.end(), profile->text) == known.end())
      problems.add(profile->place, fmt::format("there is no profile '{}'{}", shown(profile->text),
                                               suggestion(profile->text, known)));
  }
  traffic.finish();
}

}  // namespace

std::vector<TestRow> read_rows(const Entry& entry, Problems& problems) {
  std::vector<TestRow> rows;
  if (entry.value->kind != Node::Kind::list) {
    problems.add(entry.place, fmt::format("'{}' is a list of rows, not {}", shown(entry.key),
                                          kind_name(*entry.value)));
    return rows;
  }
  DurationNs at = 0;
  for (const Node* item : entry.value->items) read_row(*item, at, rows, problems);
  return rows;
}

TestSource read_source(const Entry& entry, Problems& problems) {
  TestSource source;
  source.spout = entry.key;
  source.place = source.stream_place = entry.place;
  if (entry.value->kind == Node::Kind::list) {
    source.rows = read_rows(entry, problems);
    return source;
  }
  Fields fields(*entry.value, fmt::format("spout '{}'", shown(entry.key)), problems);
  const Entry* rows = fields.find("rows");
  if (rows != nullptr) source.rows = read_rows(*rows, problems);
  source.file = read_file_name(fields, "file");
  source.pcap = read_file_name(fields, "pcap");
  read_traffic(fields, source, problems);
  if (const Node* stream = fields.scalar("stream")) {
    source.stream = stream->text;
    source.stream_place = stream->place;
  }
  if (auto round = fields.number("round", 1, 1000)) source.round = *round;
  read_duration(fields, "lag", source.lag, problems);
  source.replay = fields.flag("replay", false);
  fields.finish();
  int given = (rows != nullptr) + source.file.has_value() + source.pcap.has_value() +
              source.traffic.has_value();
  if (given != 1 && entry.value->kind == Node::Kind::map)
    problems.add(entry.place, fmt::format("spout '{}' has one of rows, file, pcap and generate",
                                          shown(entry.key)));
  return source;
}

TestExpectation read_expectation(const Entry& entry, Problems& problems) {
  TestExpectation expectation;
  expectation.of = entry.key;
  expectation.place = entry.place;
  if (entry.value->kind == Node::Kind::list) {
    expectation.rows = read_rows(entry, problems);
    return expectation;
  }
  Fields fields(*entry.value, fmt::format("what is expected of '{}'", shown(entry.key)), problems);
  if (const Entry* rows = fields.find("rows")) expectation.rows = read_rows(*rows, problems);
  expectation.file = read_file_name(fields, "file");
  if (const Entry* some = fields.find("contains"))
    expectation.contains = read_rows(*some, problems);
  expectation.unordered = fields.flag("unordered", false);
  expectation.count = fields.number("count", 0, 4'000'000'000);
  if (const Entry* count = fields.find("count")) expectation.count_place = count->place;
  if (const Node* text = fields.scalar("text")) {
    expectation.text = text->text;
    expectation.text_place = text->place;
  }
  fields.finish();
  bool nothing = !expectation.rows && !expectation.file && expectation.contains.empty() &&
                 !expectation.count && !expectation.text;
  if (nothing && entry.value->kind == Node::Kind::map)
    problems.add(entry.place, fmt::format("of '{}' nothing is expected: give rows, file, contains, "
                                          "count or text",
                                          shown(entry.key)));
  if (expectation.rows && expectation.file)
    problems.add(expectation.file->place, "rows stand here or in a file, not both");
  return expectation;
}

}  // namespace dnstorm::topology::detail
