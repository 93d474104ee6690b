#include "cli/operator_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cli/load.hpp"
#include "cli/operator_streams.hpp"

namespace dnstorm::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

OptionSpec option(OptionType type, double min, double max) {
  return {.name = "x", .type = type, .default_text = "", .help = "", .min = min, .max = max};
}

TEST(OperatorPage, SaysWhatAnOptionMayBe) {
  EXPECT_EQ(limits_of(option(OptionType::integer, 1, 1000)), "1 to 1000");
  EXPECT_EQ(limits_of(option(OptionType::integer, 0, 1e8)), "at most 100000000");
  EXPECT_EQ(limits_of(option(OptionType::integer, 1, OptionSpec{}.max)), "at least 1");
  EXPECT_EQ(limits_of(option(OptionType::integer, 0, OptionSpec{}.max)), "");
  EXPECT_EQ(limits_of(option(OptionType::number, 0.001, 0.2)), "0.001 to 0.2");
  EXPECT_EQ(limits_of(option(OptionType::duration, 0, 90e9)), "at most 90s");
  EXPECT_EQ(limits_of(option(OptionType::text, 0, 5)), "");
  OptionSpec choice{.name = "x", .type = OptionType::choice, .default_text = "", .help = ""};
  choice.choices = {"a", "b"};
  EXPECT_EQ(limits_of(choice), "a, b");
}

TEST(OperatorPage, HasOptionsFieldsAndTheExample) {
  OperatorRegistry registry = builtin_registry();
  std::string text = page_text(registry, "top");
  EXPECT_THAT(text, HasSubstr("top (bolt): "));
  EXPECT_THAT(text,
              HasSubstr("  k                  how many items the result has (integer, 1 to "));
  EXPECT_THAT(text, HasSubstr("Gives in the example, stream default:\n  window "));
  std::string markdown = page_markdown(registry, "top");
  EXPECT_THAT(markdown, HasSubstr("| `k` | integer | `10` | 1 to "));
  EXPECT_THAT(markdown, HasSubstr("| `rank` | u32 | key | "));
  EXPECT_THAT(markdown, HasSubstr("className: top"));
  EXPECT_THAT(page_markdown(registry, "match"), HasSubstr("The example reads, of decode: `time`"));
  EXPECT_THAT(page_markdown(registry, "network"), HasSubstr("(grouping)"));
  EXPECT_THAT(page_markdown(registry, "systemd_notify"), HasSubstr("(worker hook)"));
  EXPECT_THAT(page_markdown(registry, "trace"), HasSubstr("topology.auto.task.hooks: [trace]"));
  EXPECT_EQ(page_markdown(registry, "nothing"), "");
}

TEST(OperatorPage, KnowsTheStreamsOfAllOperatorsAndWhatEveryFieldIs) {
  OperatorRegistry registry = builtin_registry();
  for (const OperatorDef& def : registry.all()) {
    SCOPED_TRACE(def.name);
    auto streams = streams_of(def, registry);
    ASSERT_TRUE(streams.has_value()) << "its example fits no stream that there is";
    EXPECT_EQ(streams->from.empty(), def.kind == OperatorKind::spout);
    // Those of a program of somebody's own have a name only.
    if (def.name == "shell_bolt" || def.name == "shell_spout") continue;
    for (const ToldStream& stream : streams->outputs)
      for (const Field& field : stream.fields)
        EXPECT_FALSE(field.help.empty()) << field.name << " of stream " << stream.name;
  }
}

TEST(OperatorPage, SaysByAWordWhatStreamsHaveAlike) {
  OperatorRegistry registry = builtin_registry();
  EXPECT_THAT(page_text(registry, "decode"), HasSubstr("stream queries:\n  (as default)\n"));
  EXPECT_THAT(page_text(registry, "count"),
              HasSubstr("stream late:\n  (the rows of the input, as they came)\n"));
  EXPECT_THAT(page_markdown(registry, "direction"),
              HasSubstr("It gives, stream `default`: the fields of the input\n\n| field "));
}

// What stands in operators/*/*.md, by the names in the headings: "# json_lines, csv",
// "# pcap (spout)".
std::map<std::string, std::string> pages() {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(DNSTORM_SOURCE "/operators")) {
    if (entry.path().extension() != ".md") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    std::string heading, page = text.str();
    std::getline(text, heading);
    std::istringstream names(heading.substr(0, heading.find('(')));
    for (std::string name; names >> name;) {
      if (name.back() == ',') name.pop_back();
      found[name] = page;
    }
  }
  return found;
}

template <class Defs>
void expect_all_named(const Defs& defs, const std::map<std::string, std::string>& pages) {
  for (const auto& def : defs) {
    ASSERT_TRUE(pages.contains(def.name)) << "no page has '" << def.name << "' in its heading";
    for (const OptionSpec& option : def.options)
      EXPECT_THAT(pages.at(def.name), HasSubstr("`" + option.name + "`"))
          << "the page of " << def.name << " does not name its option '" << option.name << "'";
  }
}

TEST(OperatorPage, EveryOptionIsNamedOnTheHandWrittenPage) {
  OperatorRegistry registry = builtin_registry();
  auto all = pages();
  expect_all_named(registry.all(), all);
  expect_all_named(registry.groupings(), all);
  expect_all_named(registry.worker_hooks(), all);
  for (const TaskHookDef& hook : registry.task_hooks()) EXPECT_TRUE(all.contains(hook.name));
}

}  // namespace
}  // namespace dnstorm::cli
