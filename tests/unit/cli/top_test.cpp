#include "cli/top.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

using Json = nlohmann::ordered_json;

TEST(Top, ShowsARun) {
  const Json answer = Json::parse(R"({"topology":"live","finished":false,"components":[
    {"id":"dns","kind":"spout","tasks":[
      {"executed_per_s":0,"emitted_per_s":1000.5,"busy":0.25},
      {"executed_per_s":0,"emitted_per_s":500,"busy":0.5}]},
    {"id":"names","kind":"bolt","tasks":[{"executed_per_s":1500,"emitted_per_s":3,"busy":1}]}]})");
  EXPECT_EQ(top_text(top_of_run(answer)),
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

TEST(Top, SaysThatThereIsNothing) {
  EXPECT_EQ(top_text(top_of_cluster(Json::parse(R"({"topologies":[]})"),
                                    Json::parse(R"({"supervisors":[]})"), {})),
            "no topologies\n");
}

TEST(Top, AnAnswerWithoutItsKeysIsRefused) {
  EXPECT_THROW(top_of_run(Json::object()), Json::exception);
}

}  // namespace
}  // namespace dnstorm::cli
