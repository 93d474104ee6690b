#include "cluster/control/control.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/cluster/control/fake_target.hpp"

namespace dnstorm::cluster {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ControlTest : public ::testing::Test {
 protected:
  static ApiRequest request(const std::string& method, const std::string& path,
                            std::string body = "") {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.body = std::move(body);
    request.loopback = request.deliberate = true;
    return request;
  }
  ApiAnswer post(const std::string& path, std::string body = "") {
    return control_.answer(request("POST", path, std::move(body)));
  }
  Json get(const std::string& path, std::vector<std::pair<std::string, std::string>> query = {}) {
    ApiRequest asked = request("GET", path);
    asked.query = std::move(query);
    const ApiAnswer answer = control_.answer(asked);
    EXPECT_EQ(answer.status, 200U) << path << ": " << answer.body;
    return Json::parse(answer.body);
  }
  // STATUS KIND
  static std::string kind(const ApiAnswer& answer) {
    return std::to_string(answer.status) + " " +
           Json::parse(answer.body).value("error", std::string("-"));
  }

  FakeTarget target_;
  Control control_{{"0.1.0", {}, {}}, target_};
};

TEST_F(ControlTest, TellsTheClusterInStormsWords) {
  const Json json = get("/cluster/summary");
  EXPECT_EQ(json["supervisors"], 2);
  EXPECT_EQ(json["topologies"], 1);
  EXPECT_EQ(json["slotsUsed"], 2);
  EXPECT_EQ(json["slotsTotal"], 4);
  EXPECT_EQ(json["executorsTotal"], 5);
  EXPECT_EQ(json["totalCpu"], 800.0);
  EXPECT_EQ(json["availCpu"], 500.0);
  EXPECT_EQ(json["cpuAssignedPercentUtil"], 37.5);
  EXPECT_EQ(json["totalMem"], 2048.0);
}

TEST_F(ControlTest, TellsTopologiesInStormsWords) {
  control_.take(fake_news(0), fake_start + 5 * ns_per_s);
  control_.take(fake_news(1000), fake_start + 185 * ns_per_s);
  const Json entry = get("/topology/summary")["topologies"][0];
  EXPECT_EQ(entry["id"], "live-1-1700000000");
  EXPECT_EQ(entry["status"], "ACTIVE");
  EXPECT_EQ(entry["uptime"], "3m 5s");
  EXPECT_EQ(entry["uptimeSeconds"], 185);
  EXPECT_EQ(entry["requestedMemOnHeap"], 384.0);
  EXPECT_EQ(entry["assignedCpu"], 300.0);

  const Json page = get("/topology/live", {{"window", "600"}});
  EXPECT_EQ(page["windowHint"], "10m 0s");
  EXPECT_EQ(page["msgTimeout"], 30);
  EXPECT_EQ(page["spouts"][0]["emitted"], 1000);
  const Json& names = page["bolts"][0];
  EXPECT_EQ(names["boltId"], "names");
  EXPECT_EQ(names["executeLatency"], "1.000");
  EXPECT_EQ(names["processLatency"], "3.000");
  EXPECT_EQ(names["capacity"], "0.003") << "a second of work in 180 s of two executors";
  EXPECT_EQ(page["topologyStats"].size(), 4U);
  EXPECT_EQ(page["topologyStats"][0]["windowPretty"], "10m 0s");
  EXPECT_EQ(page["topologyStats"][3]["window"], ":all-time");
  EXPECT_EQ(page["topologyStats"][3]["completeLatency"], "5.000");
  EXPECT_EQ(page["topologyStats"][3]["acked"], 1000);
  EXPECT_EQ(page["workers"][0]["port"], 40123);
  EXPECT_EQ(page["workers"][0]["componentNumTasks"], Json::parse(R"({"dns":1,"names":1,"out":1})"));
  EXPECT_EQ(get("/topology-workers/live")["hostPortList"][1],
            Json::parse(R"({"host":"b","port":40124})"));
}

TEST_F(ControlTest, TellsComponentsAndTheGraph) {
  control_.take(fake_news(1000), fake_start + 100 * ns_per_s);
  const Json page = get("/topology/live/component/names");
  EXPECT_EQ(page["componentType"], "bolt");
  EXPECT_EQ(page["boltStats"][3]["executed"], 1000);
  EXPECT_EQ(page["inputStats"][0]["component"], "dns");
  EXPECT_EQ(page["executorStats"][0]["host"], "a.example");
  const Json graph = get("/topology/live/visualization");
  EXPECT_EQ(graph["names"][":inputs"][0][":component"], "dns");
  EXPECT_EQ(graph["names"][":transferred"][":all"], 500);
  EXPECT_EQ(graph["dns"][":type"], "spout");
  const Json metrics = get("/topology/live/metrics");
  EXPECT_EQ(metrics["bolts"][0]["executed"][0]["value"], 1000);
}

TEST_F(ControlTest, TheGraphHasItsEdgesBeforeAnythingIsCounted) {
  EXPECT_EQ(get("/topology/live/visualization")["out"][":inputs"][0][":component"], "names");
}

TEST_F(ControlTest, FindsNodesByNameOrHost) {
  EXPECT_EQ(get("/supervisor", {{"id", "b"}})["supervisors"].size(), 1U);
  EXPECT_EQ(get("/supervisor", {{"host", "a.example"}})["workers"][0]["supervisorId"], "a");
  EXPECT_EQ(get("/supervisor")["workers"].size(), 2U);
  ApiRequest none = request("GET", "/supervisor");
  none.query = {{"id", "z"}};
  EXPECT_EQ(kind(control_.answer(none)), "404 NotFoundException");
}

TEST_F(ControlTest, DoesWhatItIsAskedByNameOrId) {
  EXPECT_EQ(Json::parse(post("/topology/live/activate").body),
            Json::parse(R"({"topologyOperation":"activate","topologyId":"live-1-1700000000",
                            "status":"success"})"));
  post("/topology/live-1-1700000000/deactivate");
  post("/topology/live/kill/10");
  post("/topology/live/kill/1500ms");
  post("/topology/live/kill");
  post("/topology/live/rebalance/0",
       R"({"rebalanceOptions":{"numWorkers":null,"executors":{"names":1}}})");
  post("/topology/live/rebalance");
  post("/node/a/drain");
  post("/node/a/undrain");
  post("/node/b/forget");
  EXPECT_THAT(target_.told,
              ElementsAre("activate live-1-1700000000", "deactivate live-1-1700000000",
                          "kill live-1-1700000000 10s", "kill live-1-1700000000 1500ms",
                          "kill live-1-1700000000 -", "rebalance live-1-1700000000 names=1",
                          "rebalance live-1-1700000000", "drain a", "undrain a", "forget b"));
}

TEST_F(ControlTest, SubmitsAndSaysWhereItRuns) {
  const ApiAnswer answer = post("/topology", R"({"submission":{"name":"live","text":"x"},
                                                 "options":{"dry_run":true,"inactive":true}})");
  const Json json = Json::parse(answer.body);
  EXPECT_EQ(json["topologyOperation"], "dry-run");
  EXPECT_EQ(json["replaces"], "live-1-1700000000");
  EXPECT_EQ(json["executors"][1]["node"], "a");
  EXPECT_EQ(json["executors"][1]["nodeBefore"], "b");
  EXPECT_EQ(json["executors"][4]["node"], "") << "it has no place";
  EXPECT_EQ(json["unplaced"][0], "out: no node has the label centre");
  EXPECT_THAT(target_.told, ElementsAre("submit live inactive dry-run replace"));
}

TEST_F(ControlTest, RefusesANameThatIsTakenEvenByOneThatIsBeingKilled) {
  const std::string body = R"({"submission":{"name":"live"}})";
  EXPECT_EQ(kind(post("/topology", body)), "409 AlreadyAliveException");
  target_.state.topologies[0].record.wanted = Wanted::killed;
  EXPECT_EQ(kind(post("/topology", body)), "409 AlreadyAliveException");
  EXPECT_TRUE(target_.told.empty());
  const char* replacing = R"({"submission":{"name":"live"},"options":{"replace":true}})";
  EXPECT_EQ(kind(post("/topology", replacing)), "409 AlreadyAliveException");
  EXPECT_TRUE(target_.told.empty());
  target_.state.topologies[0].record.wanted = Wanted::active;
  EXPECT_EQ(post("/topology", replacing).status, 200U);
  target_.state.topologies[0].status = TopologyStatus::finished;
  EXPECT_EQ(Json::parse(post("/topology", body).body)["replaces"], "");
}

TEST_F(ControlTest, RefusesWhatIsWrongBeforeAnybodyIsTold) {
  EXPECT_EQ(kind(post("/topology/none/kill/1")), "404 NotAliveException");
  EXPECT_EQ(kind(post("/node/none/drain")), "404 NotFoundException");
  EXPECT_EQ(kind(post("/topology/live/kill/soon")), "400 InvalidRequestException");
  EXPECT_EQ(kind(post("/topology/live/kill/-1")), "400 InvalidRequestException");
  EXPECT_EQ(kind(post("/nothing")), "404 NotFoundException");
  EXPECT_EQ(kind(post("/cluster/summary")), "405 MethodNotAllowedException");
  EXPECT_EQ(kind(control_.answer(request("GET", "/topology"))), "405 MethodNotAllowedException");
  const char* bodies[] = {"{",
                          "[]",
                          R"({"rebalanceOptions":[]})",
                          R"({"rebalanceOptions":1})",
                          R"({"rebalanceOptions":{"numWorkers":2}})",
                          R"({"rebalanceOptions":{"executors":{"names":0}}})",
                          R"({"rebalanceOptions":{"executors":{"names":"2"}}})",
                          R"({"rebalanceOptions":{"executors":{"names":99999999999}}})",
                          R"({"rebalanceOptions":{"executors":{"other":2}}})"};
  for (const char* body : bodies)
    EXPECT_EQ(kind(post("/topology/live/rebalance/0", body)), "400 InvalidRequestException")
        << body;
  for (const char* body : {"", "{}", "[1]", R"({"submission":5})", R"({"submission":{"name":5}})",
                           R"({"submission":{"name":"x"},"options":{"replace":"yes"}})",
                           R"({"submission":{"name":"x"},"options":[]})"})
    EXPECT_EQ(kind(post("/topology", body)), "400 InvalidRequestException") << body;
  for (const char* name : {"", "a/b", "summary"})
    EXPECT_EQ(kind(post("/topology", fmt::format(R"({{"submission":{{"name":"{}"}}}})", name))),
              "400 InvalidTopologyException");
  EXPECT_TRUE(target_.told.empty());
}

TEST_F(ControlTest, PassesOnWhyTheCoordinatorRefuses) {
  target_.refuse = Error{ErrorKind::config, "names: no such operator", ""};
  const ApiAnswer answer = post("/topology", R"({"submission":{"name":"new"}})");
  EXPECT_EQ(kind(answer), "400 InvalidTopologyException");
  EXPECT_THAT(answer.body, HasSubstr("names: no such operator"));
  target_.refuse = Error{ErrorKind::unavailable, "the store does not answer", ""};
  EXPECT_EQ(kind(post("/topology/live/kill/1")), "503 UnavailableException");
}

TEST_F(ControlTest, WithATokenItIsWantedFromEverybody) {
  Control guarded{{"0.1.0", {"other", "secret"}, {}}, target_};
  ApiRequest asked = request("POST", "/topology/live/activate");
  EXPECT_EQ(kind(guarded.answer(asked)), "401 AuthorizationException");
  asked.token = "secreT";
  EXPECT_EQ(kind(guarded.answer(asked)), "401 AuthorizationException");
  asked.token = "secret";
  asked.loopback = asked.deliberate = false;
  EXPECT_EQ(guarded.answer(asked).status, 200U);
  ApiRequest look = request("GET", "/topology/summary");
  look.loopback = false;
  EXPECT_EQ(guarded.answer(look).status, 200U);
  EXPECT_THAT(target_.told, ElementsAre("activate live-1-1700000000"));
}

TEST_F(ControlTest, WithoutATokenOnlyThisMachineMayAndOnlyOnPurpose) {
  ApiRequest asked = request("POST", "/topology/live/activate");
  asked.loopback = false;
  EXPECT_EQ(kind(control_.answer(asked)), "403 AuthorizationException");
  asked.loopback = true;
  asked.deliberate = false;
  EXPECT_EQ(kind(control_.answer(asked)), "403 AuthorizationException");
  EXPECT_TRUE(target_.told.empty());
}

TEST_F(ControlTest, ATapWantsTheTokenToo) {
  ApiRequest asked = request("GET", "");
  asked.query = {{"topology", "live"}};
  EXPECT_FALSE(control_.refuse_tap(asked).has_value());
  asked.loopback = false;
  EXPECT_EQ(kind(control_.refuse_tap(asked).value()), "403 AuthorizationException");
  Control guarded{{"0.1.0", {"secret"}, {}}, target_};
  EXPECT_EQ(kind(guarded.refuse_tap(asked).value()), "401 AuthorizationException");
  asked.token = "secret";
  EXPECT_FALSE(guarded.refuse_tap(asked).has_value());
  asked.query = {{"topology", "dead"}};
  EXPECT_EQ(kind(guarded.refuse_tap(asked).value()), "404 NotAliveException");
  target_.state.leads = false;
  EXPECT_EQ(kind(guarded.refuse_tap(asked).value()), "503 NimbusLeaderNotFoundException");
}

TEST_F(ControlTest, ACoordinatorThatDoesNotLeadSaysWhoDoes) {
  target_.state.leads = false;
  target_.all[0].leads = false;
  target_.all[1].leads = true;
  for (const ApiAnswer& answer :
       {control_.answer(request("GET", "/topology/summary")), post("/topology/live/kill/1")}) {
    EXPECT_EQ(kind(answer), "503 NimbusLeaderNotFoundException");
    EXPECT_EQ(Json::parse(answer.body)["leader"], "two:7371");
  }
  EXPECT_TRUE(target_.told.empty());
  EXPECT_EQ(get("/nimbus/summary")["nimbuses"][1]["status"], "Leader");
  EXPECT_EQ(get("/nimbus/summary")["nimbuses"][2]["status"], "Dead");
}

TEST_F(ControlTest, GivesTheLogsThatAreAskedFor) {
  target_.book.add({fake_wall, "a", "", "error", "one \xff"});
  target_.book.add({fake_wall, "b", "", "info", "two"});
  EXPECT_EQ(get("/logs")["lines"].size(), 2U);
  EXPECT_EQ(get("/logs", {{"node", "a"}})["lines"][0]["time"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(get("/logs", {{"after", "1"}})["lines"][0]["text"], "two");
  for (auto [name, value] :
       {std::pair("limit", "x"), {"limit", "10001"}, {"after", "-1"}, {"level", "loud"}}) {
    ApiRequest wrong = request("GET", "/logs");
    wrong.query = {{name, value}};
    EXPECT_EQ(kind(control_.answer(wrong)), "400 InvalidRequestException") << name << value;
  }
}

TEST_F(ControlTest, RefusesAWindowThatIsNone) {
  ApiRequest wrong = request("GET", "/topology/live");
  wrong.query = {{"window", "601"}};
  EXPECT_EQ(kind(control_.answer(wrong)), "400 InvalidRequestException");
}

}  // namespace
}  // namespace dnstorm::cluster
