#include "cli/topology_source.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace dnstorm::cli {
namespace {

using nlohmann::json;

constexpr const char* text = R"(name: t
spouts:
  - id: words
    className: words
    properties:
      words:
        - alpha
        - beta

bolts:
  # what counts
  - {id: counts, className: count,
     properties: {by: [word], window: 0s}}
  - className: discard
    id: out
streams:
- {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
- from: counts
  to: out
  grouping: {type: GLOBAL}
)";

TEST(ItemAround, IsTheWholeItemOfAList) {
  const SourceLines words = item_around(text, 3);
  EXPECT_EQ(words.first, 3);
  EXPECT_EQ(words.text,
            "  - id: words\n    className: words\n    properties:\n      words:\n        - alpha\n"
            "        - beta\n");
  EXPECT_EQ(item_around(text, 12), item_around(text, 13)) << "an item over two lines";
  EXPECT_EQ(item_around(text, 15).text, "  - className: discard\n    id: out\n");
  EXPECT_EQ(item_around(text, 19).text, "- from: counts\n  to: out\n  grouping: {type: GLOBAL}\n");
}

TEST(ItemAround, InALongerItemItIsTheNearest) {
  EXPECT_EQ(item_around(text, 8).text, "        - beta\n");
  EXPECT_EQ(item_around(text, 5).first, 3) << "behind the line with the id";
}

TEST(ItemAround, IsTheLineItselfWhereThereIsNoList) {
  EXPECT_EQ(item_around("name: t\nbolts: [{id: a}]\n", 2), (SourceLines{2, "bolts: [{id: a}]"}));
  EXPECT_EQ(item_around(text, 0), SourceLines{});
  EXPECT_EQ(item_around(text, 1000), SourceLines{});
  EXPECT_EQ(item_around("", 1), SourceLines{});
}

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() : folder(::testing::TempDir() + "topology_source") {
    std::filesystem::create_directories(folder);
  }
  ~SourceTest() override { std::filesystem::remove_all(folder); }
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(folder + "/" + name) << content;
    return folder + "/" + name;
  }
  static ApiAnswer ask(const TopologySource& source, const std::string& component) {
    ApiRequest request;
    request.query = {{"component", component}};
    return source.answer(request);
  }
  std::string folder;
};

TEST_F(SourceTest, TellsTheLinesOfAComponentAndOfWhatLeadsToIt) {
  const std::string file = write("t.yaml", text);
  const json answer = json::parse(ask(TopologySource::read(file, {}), "out").body);
  EXPECT_EQ(answer["component"], "out");
  ASSERT_EQ(answer["parts"].size(), 2u);
  EXPECT_EQ(answer["parts"][0]["file"], file);
  EXPECT_EQ(answer["parts"][0]["line"], 14);
  EXPECT_EQ(answer["parts"][1]["line"], 18);
}

TEST_F(SourceTest, FindsWhatAnIncludedFileHas) {
  write("part.yaml", "name: part\nspouts:\n  - {id: words, className: words}\n");
  const std::string file = write("t.yaml", R"(name: t
includes:
  - {resource: false, file: part.yaml}
bolts: [{id: out, className: discard}]
streams: [{from: words, to: out, grouping: {type: SHUFFLE}}]
)");
  const json answer = json::parse(ask(TopologySource::read(file, {}), "words").body);
  EXPECT_TRUE(answer["parts"][0]["file"].get<std::string>().ends_with("part.yaml"));
  EXPECT_EQ(answer["parts"][0]["text"], "  - {id: words, className: words}\n");
}

TEST_F(SourceTest, TellsNoSecretOfTheEnvironment) {
  const std::string file = write("t.yaml",
                                 "name: t\nspouts:\n  - id: words\n    className: words\n"
                                 "    properties: {words: [\"${ENV-SECRET}\"]}\n"
                                 "bolts: [{id: out, className: discard}]\n"
                                 "streams: [{from: words, to: out, grouping: {type: SHUFFLE}}]\n");
  topology::Variables variables;
  variables.environment = {{"SECRET", "hunter2"}};
  const ApiAnswer answer = ask(TopologySource::read(file, variables), "words");
  EXPECT_NE(answer.body.find("${ENV-SECRET}"), std::string::npos);
  EXPECT_EQ(answer.body.find("hunter2"), std::string::npos);
}

TEST_F(SourceTest, SaysThatThereIsNoSuchComponent) {
  EXPECT_EQ(ask(TopologySource::read(write("t.yaml", text), {}), "nobody").status, 404u);
  EXPECT_EQ(ask(TopologySource::read(folder + "/missing.yaml", {}), "words").status, 404u);
}

}  // namespace
}  // namespace dnstorm::cli
