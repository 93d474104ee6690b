#include "engine/api/options.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

using testing::ElementsAre;

OptionSpec spec(std::string name, OptionType type, std::string default_text) {
  OptionSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.default_text = std::move(default_text);
  spec.help = "what it is for";
  return spec;
}

std::vector<OptionSpec> specs() {
  std::vector<OptionSpec> all = {spec("verbose", OptionType::flag, "false"),
                                 spec("size", OptionType::integer, "64Ki"),
                                 spec("share", OptionType::number, "0.5"),
                                 spec("window", OptionType::duration, "10s"),
                                 spec("title", OptionType::text, ""),
                                 spec("mode", OptionType::choice, "fast"),
                                 spec("fields", OptionType::list, "qname,qtype"),
                                 spec("extra", OptionType::list, "")};
  all[1].max = 16 * 1024 * 1024;
  all[3].min = static_cast<double>(ns_per_s);
  all[3].max = static_cast<double>(3600 * ns_per_s);
  all[5].choices = {"fast", "exact"};
  return all;
}

RawOptions raw(const std::string& name, std::vector<std::string> values) {
  bool is_list = values.size() != 1;
  return {{name, {std::move(values), is_list, 1, 1}}};
}

TEST(Options, DefaultsStandForWhatIsNotGiven) {
  auto options = Options::parse(specs(), {});
  ASSERT_TRUE(options.ok());
  EXPECT_FALSE(options->flag("verbose"));
  EXPECT_EQ(options->integer("size"), 65536);
  EXPECT_EQ(options->number("share"), 0.5);
  EXPECT_EQ(options->duration("window"), 10 * ns_per_s);
  EXPECT_EQ(options->text("title"), "");
  EXPECT_EQ(options->text("mode"), "fast");
  EXPECT_THAT(options->list("fields"), ElementsAre("qname", "qtype"));
  EXPECT_TRUE(options->list("extra").empty());
  EXPECT_FALSE(options->given("size"));
}

TEST(Options, Values) {
  RawOptions all;
  for (auto& one : {raw("verbose", {"true"}), raw("size", {"2Mi"}), raw("share", {"1e-3"}),
                    raw("window", {"1500ms"}), raw("title", {"A: b"}), raw("mode", {"exact"}),
                    raw("fields", {"a", "b,c"}), raw("extra", {"single"})})
    all.insert(one.begin(), one.end());
  auto options = Options::parse(specs(), all);
  ASSERT_TRUE(options.ok()) << options.error().what;
  EXPECT_TRUE(options->flag("verbose"));
  EXPECT_EQ(options->integer("size"), 2 * 1024 * 1024);
  EXPECT_EQ(options->number("share"), 0.001);
  EXPECT_EQ(options->duration("window"), 1500 * ns_per_ms);
  EXPECT_EQ(options->text("title"), "A: b");
  EXPECT_EQ(options->text("mode"), "exact");
  EXPECT_THAT(options->list("fields"), ElementsAre("a", "b,c")) << "only a default is split";
  EXPECT_THAT(options->list("extra"), ElementsAre("single"));
  EXPECT_TRUE(options->given("size"));
}

TEST(Options, SaysWhatIsWrong) {
  struct Row {
    const char* name;
    std::vector<std::string> values;
    const char* wanted;
  };
  const std::vector<Row> rows = {
      {"verbose", {"yes"}, "option 'verbose' is true or false, not 'yes'"},
      {"size", {"many"}, "option 'size' is a whole number, not 'many'"},
      {"size", {"1.5"}, "option 'size' is a whole number, not '1.5'"},
      {"size", {"-1"}, "option 'size' is between 0 and 16777216, not -1"},
      {"size", {"17Mi"}, "option 'size' is between 0 and 16777216, not 17Mi"},
      {"size", {"1", "2"}, "option 'size' takes one value"},
      {"size", {""}, "option 'size' is a whole number, not ''"},
      {"size", {"1e300"}, "option 'size' is a whole number, not '1e300'"},
      {"size", {"nan"}, "option 'size' is a whole number, not 'nan'"},
      {"share", {"half"}, "option 'share' is a number, not 'half'"},
      {"share", {"nan"}, "option 'share' is a number, not 'nan'"},
      {"window", {"soon"}, "option 'window' is a duration such as 10s or 500ms, not 'soon'"},
      {"window", {"1ms"}, "option 'window' is between 1s and 1h, not 1ms"},
      {"window", {"2h"}, "option 'window' is between 1s and 1h, not 2h"},
      {"title", {}, "option 'title' takes one value"},
      {"mode", {"slow"}, "option 'mode' is one of fast, exact, not 'slow'"},
      {"windw", {"1s"}, "unknown option 'windw', did you mean 'window'?"},
      {"colour",
       {"red"},
       "unknown option 'colour'; known are verbose, size, share, window, title, mode, fields, "
       "extra"},
  };
  for (const Row& row : rows) {
    auto options = Options::parse(specs(), raw(row.name, row.values));
    ASSERT_FALSE(options.ok()) << row.wanted;
    EXPECT_EQ(options.error().what, row.wanted);
    EXPECT_EQ(options.error().subject, row.name);
    EXPECT_EQ(options.error().kind, ErrorKind::config);
  }
}

TEST(Options, RequiredOnes) {
  std::vector<OptionSpec> needed = {spec("file", OptionType::text, "")};
  needed[0].required = true;
  auto missing = Options::parse(needed, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().what, "option 'file' is missing (what it is for)");
  EXPECT_EQ(missing.error().subject, "file");
  EXPECT_TRUE(Options::parse(needed, raw("file", {"x"})).ok());
}

TEST(OptionsDeathTest, AskingForWhatWasNotDeclaredIsABug) {
  auto options = Options::parse(specs(), {});
  EXPECT_DEATH((void)options->text("titel"), "has not declared.*titel");
}

TEST(Nearest, OneSlipOfTheFinger) {
  const std::vector<std::string> known = {"count", "filter", "top", "distinct"};
  EXPECT_EQ(nearest("coun", known), "count");
  EXPECT_EQ(nearest("counts", known), "count");
  EXPECT_EQ(nearest("xount", known), "count");
  EXPECT_EQ(nearest("cuont", known), "count") << "neighbours swapped";
  EXPECT_EQ(nearest("tpo", known), "top");
  EXPECT_EQ(nearest("fltr", known), "");
  EXPECT_EQ(nearest("distnict", known), "distinct");
  EXPECT_EQ(nearest("influx", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest("b", {"c"}), "") << "nothing in common";
}

}  // namespace
}  // namespace dnstorm
