#include "cli/grafana/board_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli/grafana/panel_file.hpp"
#include "cli/grafana/provisioning.hpp"

namespace dnstorm::cli::grafana {
namespace {

using Json = nlohmann::json;

std::vector<Board> boards() {
  std::stringstream text;
  text << std::ifstream(DNSTORM_SOURCE "/configs/grafana/panels.yaml").rdbuf();
  return read_panels(text.str(), "panels.yaml").value();
}

class BoardJson : public ::testing::TestWithParam<Language> {};

TEST_P(BoardJson, HasPanelsThatDoNotOverlapWithIdsOfTheirOwn) {
  for (const Board& board : boards()) {
    SCOPED_TRACE(board.uid);
    Json json = Json::parse(board_json(board, GetParam()));
    EXPECT_EQ(json["uid"], "dnstorm-" + board.uid);
    std::set<int> ids;
    std::set<std::pair<int, int>> taken;
    for (const Json& panel : json["panels"]) {
      SCOPED_TRACE(panel["title"]);
      EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
      const Json& at = panel["gridPos"];
      EXPECT_LE(at["x"].get<int>() + at["w"].get<int>(), 24);
      for (int x = at["x"]; x < at["x"].get<int>() + at["w"].get<int>(); ++x)
        for (int y = at["y"]; y < at["y"].get<int>() + at["h"].get<int>(); ++y)
          EXPECT_TRUE(taken.insert({x, y}).second);
    }
  }
}

TEST_P(BoardJson, MarksSecurityEventsChosenByWhatTheBoardHas) {
  for (const Board& board : boards()) {
    SCOPED_TRACE(board.uid);
    Json json = Json::parse(board_json(board, GetParam()));
    ASSERT_EQ(json["annotations"]["list"].size(), 1u);
    const Json& annotation = json["annotations"]["list"][0];
    EXPECT_EQ(annotation["name"], "Security events");
    EXPECT_EQ(annotation["datasource"]["uid"], source_uid(GetParam()));
    std::string query = annotation["target"]["query"];
    bool has_server =
        std::ranges::find(board.variables, "server", &Variable::tag) != board.variables.end();
    EXPECT_EQ(query.find("server") != std::string::npos, has_server);
    EXPECT_EQ(annotation["target"].value("tagsColumn", ""),
              GetParam() == Language::influxql ? "detector,severity" : "");
  }
}

TEST_P(BoardJson, AsksTheSourceThatIsProvisioned) {
  std::string uid = source_uid(GetParam());
  Source source{.language = GetParam(), .database = "dns", .user = "", .org = "o", .bucket = "b"};
  EXPECT_THAT(datasource_yaml(source), ::testing::HasSubstr("uid: " + uid + "\n"));
  for (const Board& board : boards()) {
    Json json = Json::parse(board_json(board, GetParam()));
    for (const Json& panel : json["panels"]) {
      if (panel["type"] == "row") continue;
      EXPECT_EQ(panel["datasource"]["uid"], uid);
      EXPECT_EQ(panel["targets"][0]["datasource"]["uid"], uid);
      EXPECT_FALSE(panel["description"].get<std::string>().empty());
    }
    for (const Json& variable : json["templating"]["list"])
      EXPECT_EQ(variable["datasource"]["uid"], uid);
  }
}

INSTANTIATE_TEST_SUITE_P(Languages, BoardJson,
                         ::testing::Values(Language::influxql, Language::flux));

TEST(Provisioning, NamesTheSourceWithoutItsSecrets) {
  Source influxql{.url = "http://db:8086", .database = "dns", .user = "", .org = "", .bucket = ""};
  EXPECT_EQ(datasource_yaml(influxql),
            "# Made by `dnstorm grafana`.\n"
            "apiVersion: 1\n"
            "datasources:\n"
            "  - name: dnstorm\n"
            "    uid: dnstorm-influxql\n"
            "    type: influxdb\n"
            "    access: proxy\n"
            "    url: http://db:8086\n"
            "    jsonData:\n"
            "      dbName: dns\n"
            "      httpMode: POST\n");
  influxql.user = "grafana";
  EXPECT_THAT(datasource_yaml(influxql),
              ::testing::HasSubstr("    user: grafana\n    secureJsonData:\n"
                                   "      password: $INFLUX_PASSWORD\n"));
  Source flux{
      .language = Language::flux, .database = "", .user = "", .org = "isp", .bucket = "dns: 1"};
  EXPECT_THAT(datasource_yaml(flux), ::testing::HasSubstr("    secureJsonData:\n"
                                                          "      token: $INFLUX_TOKEN\n"
                                                          "    jsonData:\n"
                                                          "      version: Flux\n"
                                                          "      organization: isp\n"
                                                          "      defaultBucket: \"dns: 1\"\n"));
}

TEST(Provisioning, SaysWhereTheBoardsAre) {
  EXPECT_EQ(provider_yaml("/etc/grafana/dnstorm"),
            "# Made by `dnstorm grafana`.\n"
            "apiVersion: 1\n"
            "providers:\n"
            "  - name: dnstorm\n"
            "    folder: dnstorm\n"
            "    folderUid: dnstorm\n"
            "    type: file\n"
            "    allowUiUpdates: false\n"
            "    options:\n"
            "      path: /etc/grafana/dnstorm\n");
}

}  // namespace
}  // namespace dnstorm::cli::grafana
