#include "cli/history/history.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/unit/operators/sinks/store_points.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using operators::testing::StorePoints;

constexpr std::int64_t noon_ms = 1'700'049'600'000;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() {
    StorePoints points(file());
    for (std::int64_t i = 0; i < 60; ++i) {
      TimeNs time = (noon_ms + i * 10'000) * ns_per_ms;
      points.add("rates", {{"qr", "query"}}, time, 10 * ns_per_s, {{"count", 5 + i % 2}});
      points.add("names", {{"rank", "1"}}, time, 10 * ns_per_s,
                 {{"qname", "<img src=x>\xe2\x80\xae"}, {"count", std::int64_t{4}}});
    }
    points.write();
  }
  std::string file() const { return folder_.path_of("dns.sqlite"); }
  Result<std::string> ask(const std::string& path,
                          std::vector<std::pair<std::string, std::string>> query = {}) const {
    ApiRequest request;
    request.path = path;
    request.query = std::move(query);
    return History({{"store", file()}, {"other", file() + "2"}}).answer(request);
  }
  json answer(const std::string& path,
              std::vector<std::pair<std::string, std::string>> query = {}) const {
    auto text = ask(path, std::move(query));
    EXPECT_TRUE(text.ok()) << text.error().what;
    return json::parse(*text);
  }
  dnstorm::testing::TemporaryFolder folder_;
};

TEST_F(HistoryTest, ListsWhatThereIs) {
  json all = answer("");
  EXPECT_EQ(all["oldest"], noon_ms);
  EXPECT_EQ(all["newest"], noon_ms + 600'000);
  EXPECT_EQ(all["stores"], json::parse(R"(["store","other"])"));
  EXPECT_EQ(all["measurements"], json::parse(R"({"rates":{"series":1,"tags":["qr"]}})"));
  EXPECT_EQ(all["lists"], json::parse(R"([{"measurement":"names","tags":{}}])"));
}

TEST_F(HistoryTest, ChartsOfTheLastTenMinutes) {
  json points = answer("/points");
  EXPECT_EQ(points["from"], noon_ms);
  EXPECT_EQ(points["to"], noon_ms + 600'000);
  ASSERT_EQ(points["charts"].size(), 1u);
  EXPECT_EQ(points["charts"][0]["lines"][0]["total"], 330);
  EXPECT_EQ(points["charts"][0]["lines"][0]["values"].size(), 60u);
  EXPECT_EQ(points["charts"][0]["lines"][0]["values"][1], 6);
}

TEST_F(HistoryTest, ChartsOfMonthsCountTheSame) {
  json points = answer("/points", {{"last", "7776000000"}});
  EXPECT_EQ(points["step"], 3 * 3'600'000);
  EXPECT_EQ(points["charts"][0]["lines"][0]["total"], 330);
}

TEST_F(HistoryTest, TopsWithTheirNamesAsTheyAre) {
  json tops = answer("/tops",
                     {{"from", std::to_string(noon_ms)}, {"to", std::to_string(noon_ms + 60'000)}});
  EXPECT_EQ(tops["lists"][0]["measurement"], "names");
  EXPECT_EQ(tops["lists"][0]["items"],
            json::parse("[{\"name\":\"<img src=x>\xe2\x80\xae\",\"low\":24,\"high\":24}]"));
}

TEST_F(HistoryTest, ATimeWithoutPointsIsEmpty) {
  json points = answer("/points", {{"from", "1000"}, {"to", "61000"}});
  EXPECT_EQ(points["charts"], json::array());
  EXPECT_EQ(points["newest"], noon_ms + 600'000);
}

TEST_F(HistoryTest, RefusesInOneSentence) {
  EXPECT_EQ(ask("/points", {{"from", "5"}, {"to", "4"}}).error().what,
            "from: 5 is not before `to`, 4");
  EXPECT_EQ(ask("/points", {{"from", "5"}, {"to", "4"}}).error().kind, ErrorKind::usage);
  EXPECT_EQ(ask("/tops", {{"limit", "0"}}).error().what, "limit: '0' is no number from 1 to 200");
  EXPECT_EQ(ask("", {{"store", "x"}}).error().what,
            "store: there is no 'x'; there is: store, other");
  EXPECT_EQ(ask("/x").error().kind, ErrorKind::usage);
}

TEST_F(HistoryTest, BeforeTheFirstWindowThereIsNothingYet) {
  EXPECT_EQ(answer("/points", {{"store", "other"}})["empty"], true) << "no file";
  std::filesystem::remove(file());
  StorePoints nothing(file());
  EXPECT_EQ(answer("/points")["empty"], true);
  EXPECT_EQ(answer("/tops")["lists"], json::array());
  EXPECT_FALSE(answer("").contains("newest"));
}

}  // namespace
}  // namespace dnstorm::cli
