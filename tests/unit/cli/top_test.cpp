#include "cli/top.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

using Json = nlohmann::ordered_json;

Json run_answer() {
  return Json::parse(R"({"topology":"live","finished":false,"stall":null,"components":[
    {"id":"dns","kind":"spout","tasks":[
      {"task":0,"executed":0,"emitted":10,"executed_per_s":0,"emitted_per_s":1000.5,"busy":0.25,
       "blocked":0.75,"idle":0,"inbox_rows":0,"execute_us":null,
       "waits_for":{"who":"names","why":"room","for_s":2}},
      {"task":1,"executed":0,"emitted":5,"executed_per_s":0,"emitted_per_s":500,"busy":0.5,
       "blocked":0,"idle":0.5,"inbox_rows":0,"execute_us":null,"waits_for":null}]},
    {"id":"names","kind":"bolt","tasks":[
      {"task":0,"executed":15,"emitted":3,"executed_per_s":1500,"emitted_per_s":3,"busy":1,
       "blocked":0,"idle":0,"inbox_rows":4096,"execute_us":{"p99":1300},"waits_for":null}]}],
    "edges":[{"from":"dns","stream":"default","to":"names","grouping":"SHUFFLE","rows":15,
       "rows_per_s":1500,"blocked":0.375,"wait_us":{"p99":12.4}}]})");
}

TEST(Top, ShowsTasksAndEdgesOfARun) {
  const TopPage page = top_of_run(run_answer(), nullptr);
  TopView view;
  ASSERT_TRUE(view.press('t'));
  const std::string tasks = top_text(page, view);
  EXPECT_NE(
      tasks.find("dns           0      0  1,001   25 %     75 %   0 %      0       -  names\n"),
      std::string::npos)
      << tasks;
  EXPECT_NE(tasks.find("4,096  1.3 ms\n"), std::string::npos) << tasks;
  ASSERT_TRUE(view.press('e'));
  const std::string edges = top_text(page, view);
  EXPECT_NE(edges.find("dns   default  names  SHUFFLE"), std::string::npos) << edges;
  EXPECT_NE(edges.find("38 %     12 us\n"), std::string::npos) << edges;
}

TEST(Top, SaysWhereEveryPacketWentAndWhoHoldsUp) {
  Json answer = run_answer();
  answer["stall"] = {{"source", "d\x1bns"}, {"cause", "names"}, {"for_s", 2.04}};
  const Json honesty = {{"captured", 1200u},     {"parsed", 1190u},         {"malformed", 7u},
                        {"not_dns", 1u},         {"filtered", 2u},          {"in_flight", 0u},
                        {"dropped_kernel", 30u}, {"dropped_interface", 0u}, {"late", 4u}};
  const std::string text = top_text(top_of_run(answer, honesty));
  EXPECT_NE(text.find("PACKETS  seen 1,200 parsed 1,190 malformed 7 not DNS 1 filtered 2 in flight "
                      "0  kernel drops 30  interface drops 0  late 4\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("STALL    d?ns has been held up for 2.0 s: the cause is names\n"),
            std::string::npos)
      << text;
}

TEST(Top, KeysSortAndScroll) {
  const TopPage page = top_of_run(run_answer(), nullptr);
  TopView view;
  auto first_task = [&] {
    const std::string text = top_text(page, view);
    const std::size_t line = text.find('\n', text.find("COMPONENT")) + 1;
    return text.substr(line, text.find(' ', line) - line);
  };
  ASSERT_TRUE(view.press('t'));
  EXPECT_EQ(first_task(), "dns");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(view.press('s'));
  EXPECT_NE(view.help().find("by BUSY)"), std::string::npos);
  EXPECT_EQ(first_task(), "names") << "the busiest";
  ASSERT_TRUE(view.press('r'));
  EXPECT_EQ(first_task(), "dns");
  ASSERT_TRUE(view.press('j'));
  ASSERT_TRUE(view.press('j'));
  EXPECT_EQ(first_task(), "names") << "what is above is passed over";
  for (int i = 0; i < 100; ++i) view.press('j');
  EXPECT_EQ(first_task(), "names") << "the last line stays";
  ASSERT_TRUE(view.press('\t'));
  EXPECT_EQ(view.tab, TopTab::edges);
  EXPECT_EQ(view.sort, 0u);
  EXPECT_FALSE(view.press('x'));
}

Json snapshot() {
  return Json::parse(R"({"t":1800000060000,"panels":[
    {"id":"tlds","view":"wall","title":"TLDs","wall":{"slots":[["com",600,0],null,
      ["ne\u001bt",900,1],["example",100,1800000000001],["old",100,1800000000000]],
      "total":2000,"keys":7,"overflow":true}},
    {"id":"rates","view":"series","title":"Rates"},
    {"id":"codes","view":"wall","title":"Codes","wall":{"slots":[["NOERROR",5,0]],
      "total":5,"keys":1,"overflow":false}}]})");
}

TEST(Top, ShowsTheWallsOfARunOneAfterTheOther) {
  const TopPage page = top_of_run(run_answer(), nullptr, snapshot());
  TopView view;
  auto wall = [&] {
    const std::string text = top_text(page, view);
    return text.substr(text.find("WALL"));
  };
  ASSERT_TRUE(view.press('w'));
  EXPECT_EQ(wall(),
            "WALL 1 of 2: Codes; 5 in all, 100.0 % of it in the 1 names shown, of 1\n"
            "NAME     COUNT  SHARE\n"
            "NOERROR      5  100 %\n");
  ASSERT_TRUE(view.press('w'));
  const std::string tlds =
      "WALL 2 of 2: TLDs; 2,000 in all, 85.0 % of it in the 4 names shown, of more than 7\n"
      "NAME     COUNT  SHARE\n"
      "ne?t       900   45 %  at least\n"
      "com        600   30 %\n"
      "example    100    5 %  new\n"
      "old        100    5 %\n";
  EXPECT_EQ(wall(), tlds);
  ASSERT_TRUE(view.press('1'));
  EXPECT_EQ(wall().substr(0, 12), "WALL 1 of 2:");
  ASSERT_TRUE(view.press('4'));
  EXPECT_EQ(wall(), tlds) << "counted round";
  ASSERT_TRUE(view.press('j'));
  EXPECT_EQ(wall().find("ne?t"), std::string::npos);
  ASSERT_TRUE(view.press('s'));
  EXPECT_NE(view.help().find("w next wall"), std::string::npos) << view.help();
  ASSERT_TRUE(view.press('\t'));
  EXPECT_EQ(view.tab, TopTab::components);
  EXPECT_FALSE(view.press('1')) << "a wall is chosen among walls only";
}

TEST(Top, SaysWhereThereIsNoWall) {
  TopView view;
  view.tab = TopTab::walls;
  const Json none = Json::parse(R"({"t":1,"panels":[]})");
  EXPECT_NE(top_text(top_of_run(run_answer(), nullptr, none), view).find("no walls: "),
            std::string::npos);
  EXPECT_NE(top_text(top_of_run(run_answer(), nullptr), view).find("walls are shown of a run only"),
            std::string::npos);
}

TEST(Top, ShowsARun) {
  EXPECT_EQ(top_text(top_of_run(run_answer(), nullptr)),
            "TOPOLOGY  STATUS  WORKERS  TASKS  ROWS/S\n"
            "live      ACTIVE        1      3   1,501\n"
            "\n"
            "TOPOLOGY  COMPONENT  KIND   TASKS   IN/S  OUT/S   BUSY\n"
            "live      dns        spout      2    0.0  1,501   50 %\n"
            "live      names      bolt       1  1,500    3.0  100 %\n");
}

TEST(Top, ShowsACluster) {
  const Json topologies = Json::parse(R"({"topologies":[{"name":"live","status":"WAITING",
    "workersTotal":2,"tasksTotal":5,"rowsPerSecond":12.25}]})");
  const Json nodes = Json::parse(R"({"supervisors":[{"id":"a","status":"alive","slotsUsed":1,
    "totalCpu":400.0,"usedCpu":150.0}]})");
  const Json page = Json::parse(R"({"name":"live",
    "spouts":[{"spoutId":"dns","tasks":2,"emittedPerSecond":12.25,"busyShare":0.1}],
    "bolts":[{"boltId":"names","tasks":3,"executedPerSecond":12.25,"emittedPerSecond":0.0,
              "busyShare":1.7}]})");
  EXPECT_EQ(top_text(top_of_cluster(topologies, nodes, {page})),
            "TOPOLOGY  STATUS   WORKERS  TASKS  ROWS/S\n"
            "live      WAITING        2      5    12.2\n"
            "\n"
            "NODE  STATUS  WORKERS  CORES  USED\n"
            "a     alive         1    4.0   1.5\n"
            "\n"
            "TOPOLOGY  COMPONENT  KIND   TASKS  IN/S  OUT/S   BUSY\n"
            "live      dns        spout      2   0.0   12.2   10 %\n"
            "live      names      bolt       3  12.2    0.0  100 %\n");
}

TEST(Top, ShowsTasksAndEdgesOfTopologiesOfACluster) {
  Json one = run_answer(), other = run_answer();
  other["topology"] = "other";
  for (Json* board : {&one, &other})
    for (Json& component : (*board)["components"])
      for (Json& task : component["tasks"]) task["node"] = "fra1";
  const TopPage page = top_of_cluster(Json::parse(R"({"topologies":[]})"),
                                      Json::parse(R"({"supervisors":[]})"), {}, {one, other});
  TopView view{.of_cluster = true};
  ASSERT_TRUE(view.press('t'));
  const std::string tasks = top_text(page, view);
  EXPECT_NE(tasks.find("live      fra1  dns           0      0  1,001   25 %"), std::string::npos)
      << tasks;
  EXPECT_NE(tasks.find("other     fra1  names         0  1,500"), std::string::npos) << tasks;
  ASSERT_TRUE(view.press('s'));
  EXPECT_NE(view.help().find("by TOPOLOGY)"), std::string::npos) << view.help();
  ASSERT_TRUE(view.press('e'));
  const std::string edges = top_text(page, view);
  EXPECT_NE(edges.find("other     dns   default  names  SHUFFLE"), std::string::npos) << edges;
}

TEST(Top, SaysThatThereIsNothing) {
  EXPECT_EQ(top_text(top_of_cluster(Json::parse(R"({"topologies":[]})"),
                                    Json::parse(R"({"supervisors":[]})"), {})),
            "no topologies\n");
}

TEST(Top, AnAnswerWithoutItsKeysIsRefused) {
  EXPECT_THROW(top_of_run(Json::object(), nullptr), Json::exception);
}

}  // namespace
}  // namespace dnstorm::cli
