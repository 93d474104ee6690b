#include "engine/topology/detail/test_case.hpp"

namespace dnstorm::topology::detail {

namespace {

constexpr std::uint32_t seeds_max = 100'000;

// A list of "component.property=value", or a map of component.property and value.
void read_set(Fields& fields, TestCase& into, Problems& problems) {
  const Entry* entry = fields.find("set");
  if (entry == nullptr) return;
  const Node& value = *entry->value;
  if (value.kind == Node::Kind::map) {
    for (const Entry& one : value.entries) {
      auto option = raw_option(one.key, one.place, *one.value, problems);
      if (!option) continue;
      std::string text = fmt::format("{}", fmt::join(option->values, ", "));
      into.set.push_back(
          {fmt::format("{}={}", one.key, option->is_list ? "[" + text + "]" : text), one.place});
    }
    return;
  }
  auto list = raw_option("set", entry->place, value, problems);
  if (!list) return;
  for (const Node* item : value.items) into.set.push_back({item->text, item->place});
  if (value.kind == Node::Kind::scalar) into.set.push_back({value.text, value.place});
}

void read_config(Fields& fields, TestCase& into, Problems& problems) {
  const Entry* entry = fields.find("config");
  if (entry == nullptr) return;
  if (entry->value->kind != Node::Kind::map)
    return problems.add(entry->place, fmt::format("'config' is a map of settings, not {}",
                                                  kind_name(*entry->value)));
  for (const Entry& setting : entry->value->entries)
    if (auto option = raw_option(setting.key, setting.place, *setting.value, problems))
      into.config[setting.key] = std::move(*option);
}

void read_keep(Fields& fields, TestCase& into, Problems& problems) {
  const Entry* entry = fields.find("keep");
  if (entry == nullptr || !raw_option("keep", entry->place, *entry->value, problems)) return;
  for (const Node* item : entry->value->items) into.keep.push_back({item->text, item->place});
  if (entry->value->kind == Node::Kind::scalar)
    into.keep.push_back({entry->value->text, entry->value->place});
}

void read_parallelism(Fields& fields, TestCase& into, Problems& problems) {
  const Entry* entry = fields.find("parallelism");
  if (entry == nullptr) return;
  into.parallelism.clear();
  auto option = raw_option("parallelism", entry->place, *entry->value, problems);
  if (!option) return;
  for (const std::string& text : option->values) {
    auto number = parse_duration(text);  // whole seconds are whole numbers
    bool good = number && *number % ns_per_s == 0 && *number >= ns_per_s &&
                *number <= DurationNs{tasks_max} * ns_per_s &&
                text.find_first_not_of("0123456789") == std::string::npos;
    if (good)
      into.parallelism.push_back(static_cast<std::uint32_t>(*number / ns_per_s));
    else
      problems.add(entry->place, fmt::format("'parallelism' is a list of numbers between 1 and {}, "
                                             "not '{}'",
                                             tasks_max, shown(text)));
  }
}

template <class Read>
void read_each(Fields& fields, std::string_view key, std::string_view what, Problems& problems,
               Read read) {
  const Entry* entry = fields.find(key);
  if (entry == nullptr) return;
  if (entry->value->kind != Node::Kind::map)
    return problems.add(entry->place, fmt::format("'{}' is a map of {}, not {}", key, what,
                                                  kind_name(*entry->value)));
  for (const Entry& one : entry->value->entries) read(one);
}

std::optional<TestNumber> read_number(Fields& fields, std::string_view key) {
  auto number = fields.number(key, 0, 4'000'000'000);
  const Entry* entry = fields.find(key);
  if (!number) return std::nullopt;
  return TestNumber{*number, entry->place};
}

void check_sense(const TestCase& test, Problems& problems) {
  bool expects = !test.expect.empty() || test.acked || test.failed || test.error;
  if (!expects)
    problems.add(test.place, fmt::format("test '{}' expects nothing: give 'expect', 'acked', "
                                         "'failed' or 'error'",
                                         shown(test.name)));
}

}  // namespace

void read_common(Fields& fields, TestCase& into, Problems& problems) {
  read_set(fields, into, problems);
  read_config(fields, into, problems);
  read_keep(fields, into, problems);
  read_parallelism(fields, into, problems);
  if (auto seeds = fields.number("seeds", 1, seeds_max)) into.seeds = *seeds;
  if (const Node* node = fields.scalar("until")) {
    into.until = parse_duration(node->text);
    if (!into.until)
      problems.add(node->place, fmt::format("'until' is a time of the clock such as 60s, not '{}'",
                                            shown(node->text)));
  }
}

TestCase read_test_case(const Node& node, const TestCase& common, Problems& problems) {
  TestCase test = common;
  test.place = node.place;
  Fields fields(node, "a test", problems);
  if (node.kind != Node::Kind::map) return test;
  if (const Node* name = fields.require_scalar("name")) {
    test.name = name->text;
    test.place = name->place;
    fields.rename(fmt::format("test '{}'", shown(test.name)));
  }
  read_common(fields, test, problems);
  read_each(fields, "spouts", "spouts and their rows", problems,
            [&](const Entry& one) { test.sources.push_back(read_source(one, problems)); });
  read_each(fields, "expect", "components and what comes out of them", problems,
            [&](const Entry& one) { test.expect.push_back(read_expectation(one, problems)); });
  test.acked = read_number(fields, "acked");
  test.failed = read_number(fields, "failed");
  if (const Node* error = fields.scalar("error")) test.error = TestText{error->text, error->place};
  fields.finish();
  check_sense(test, problems);
  return test;
}

}  // namespace dnstorm::topology::detail
