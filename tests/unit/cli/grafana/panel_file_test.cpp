#include "cli/grafana/panel_file.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace dnstorm::cli::grafana {
namespace {

std::string list_of(const std::string& panel) {
  return fmt::format(
      "boards:\n"
      "  - uid: one\n"
      "    title: One\n"
      "    description: The only one.\n"
      "    interval: 5s\n"
      "    variables: [{{tag: server, measurement: messages}}]\n"
      "    rows:\n"
      "      - title: Row\n"
      "        panels:\n"
      "          - {}\n",
      panel);
}

Panel read(const std::string& panel) {
  auto boards = read_panels(list_of(panel), "p.yaml");
  EXPECT_TRUE(boards.ok()) << (boards.ok() ? "" : boards.error().what);
  return boards.ok() ? boards->at(0).rows.at(0).panels.at(0) : Panel{};
}

TEST(PanelFile, GivesAPanelWhatItsBoardHas) {
  Panel panel = read(
      "{title: T, kind: timeseries, measurement: qtypes, aggregation: rate, tags: qtype, "
      "where: {qtype: [A, AAAA], rcode: NOERROR}, description: D}");
  EXPECT_EQ(panel.title, "T");
  EXPECT_EQ(panel.kind, PanelKind::timeseries);
  EXPECT_EQ(panel.fields, std::vector<std::string>{"count"});
  EXPECT_EQ(panel.tags, std::vector<std::string>{"qtype"});
  EXPECT_EQ(panel.where, (Condition{{"qtype", {"A", "AAAA"}}, {"rcode", {"NOERROR"}}}));
  EXPECT_EQ(panel.variables, std::vector<std::string>{"server"});
  EXPECT_EQ(panel.interval, "5s");
}

TEST(PanelFile, LetsAPanelHaveItsOwn) {
  Panel panel = read(
      "{title: T, kind: table, measurement: names, aggregation: items, item: qname, "
      "fields: [count, error], limit: 20, width: 24, height: 10, interval: 60s, variables: [], "
      "description: D}");
  EXPECT_EQ(panel.item, "qname");
  EXPECT_EQ(panel.fields, (std::vector<std::string>{"count", "error"}));
  EXPECT_TRUE(panel.variables.empty());
  EXPECT_EQ(panel.interval, "60s");
  EXPECT_EQ(panel.limit, 20u);
  EXPECT_EQ(panel.width, 24u);
}

TEST(PanelFile, OfDnstormIsRight) {
  std::stringstream text;
  text << std::ifstream(DNSTORM_SOURCE "/configs/grafana/panels.yaml").rdbuf();
  auto boards = read_panels(text.str(), "panels.yaml");
  ASSERT_TRUE(boards.ok()) << boards.error().what;
  std::vector<std::string> titles;
  for (const Board& board : *boards) titles.push_back(board.uid);
  EXPECT_EQ(titles, (std::vector<std::string>{"overview", "clients-and-names", "dsc", "rssac002",
                                              "security", "engine", "capacity"}));
}

struct Wrong {
  const char* panel;
  const char* what;
};

TEST(PanelFile, SaysWhatIsWrongAndWhere) {
  const std::string good = "title: T, description: D, measurement: m";
  const Wrong cases[] = {
      {"{kind: stat, aggregation: sum, {}, unt: x}",
       "p.yaml:10:86: panel 'T' has no key 'unt', did you mean 'unit'?"},
      {"{kind: lines, aggregation: sum, {}}",
       "'kind' of panel 'T' is one of timeseries, stat, bars, pie, table, not 'lines'"},
      {"{kind: stat, aggregation: rate, {}}", "is for kind: timeseries only"},
      {"{kind: timeseries, aggregation: sum, {}}", "has no meaning over time; take rate"},
      {"{kind: table, aggregation: items, {}}", "items and the key 'item' go together"},
      {"{kind: stat, aggregation: ratio, {}}", "ratio and the key 'part' go together"},
      {"{kind: stat, aggregation: sum, tags: [a], {}}", "a stat is one number"},
      {"{kind: pie, aggregation: sum, tags: [\"a'b\"], {}}", "cannot be 'a'b'"},
      {"{kind: pie, aggregation: sum, where: [a], {}}", "is a map of tags and values"},
      {"{kind: pie, aggregation: sum, limit: 0, {}}", "is a whole number from 1 to 1000, not '0'"},
      {"{kind: pie, aggregation: sum, variables: [node], {}}",
       "has no 'node', which panel 'T' chooses by"},
      {"{kind: pie, {}}", "'aggregation' of panel 'T' is missing"},
      {"just text", "a panel is a map of keys and values"},
  };
  for (const Wrong& wrong : cases) {
    SCOPED_TRACE(wrong.panel);
    std::string panel = wrong.panel;
    if (std::size_t at = panel.find("{}"); at != std::string::npos) panel.replace(at, 2, good);
    auto boards = read_panels(list_of(panel), "p.yaml");
    ASSERT_FALSE(boards.ok());
    EXPECT_EQ(boards.error().kind, ErrorKind::config);
    EXPECT_THAT(boards.error().what, ::testing::StartsWith("p.yaml:"));
    EXPECT_THAT(boards.error().what, ::testing::HasSubstr(wrong.what));
  }
}

TEST(PanelFile, RefusesWhatIsNoList) {
  for (const char* text : {"", "boards: 3", "boards: [", "[]", "boards: [{uid: a}]"})
    EXPECT_FALSE(read_panels(text, "p.yaml").ok()) << text;
}

TEST(PanelFile, AnnotationsHaveWords) {
  const std::string good = "title: T, kind: stat, measurement: m, aggregation: sum, description: D";
  auto boards = [&](const std::string& annotation) {
    return read_panels("annotations: [{" + annotation + "}]\n" + list_of("{" + good + "}"),
                       "p.yaml");
  };
  auto right = boards("name: N, measurement: m, text: t, tags: a, variables: [server, node]");
  ASSERT_TRUE(right.ok()) << right.error().what;
  ASSERT_EQ(right->front().annotations.size(), 1u);
  EXPECT_EQ(right->front().annotations[0].variables, std::vector<std::string>{"server"});
  EXPECT_EQ(right->front().annotations[0].colour, "orange");
  EXPECT_THAT(boards("name: N, measurement: m, text: t").error().what,
              ::testing::HasSubstr("p.yaml:1:"));
  EXPECT_THAT(boards("name: N, measurement: m, tags: a").error().what,
              ::testing::HasSubstr("'text' of annotation 'N' is missing"));
}

TEST(PanelFile, RefusesTwoOfOneName) {
  std::string panel =
      "{title: T, kind: stat, measurement: m, aggregation: sum, description: D}\n          - "
      "{title: T, kind: stat, measurement: m, aggregation: max, description: D}";
  auto boards = read_panels(list_of(panel), "p.yaml");
  ASSERT_FALSE(boards.ok());
  EXPECT_THAT(boards.error().what, ::testing::HasSubstr("has two panels 'T'"));
}

}  // namespace
}  // namespace dnstorm::cli::grafana
