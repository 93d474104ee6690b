#include "cli/event_desk.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <semaphore>
#include <thread>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return wall; }
  TimeNs steady_ns() const override { return wall; }
  TimeNs wall = 1'767'225'720 * ns_per_s;  // 2026-01-01T00:02:00Z
};

constexpr const char* tunnel =
    R"({"time":"2026-01-01T00:01:00Z","id":18446744073709551615,"detector":"tunnel",)"
    R"("state":"opened","severity":"high","score":3.2,"key_kind":"domain","key":"t.example",)"
    R"("start":"2026-01-01T00:00:30Z","end":"2026-01-01T00:01:00Z",)"
    R"("evidence":"{\"bytes\":1600,\"threshold\":500}","samples":"[\"one\",\"two\"]",)"
    R"("advice":"look"})";

class EventDeskTest : public ::testing::Test {
 protected:
  EventDeskTest() {
    FeedFrame frame;
    frame.rows.push_back({tunnel, {}});
    log_.take(frame);
    sources_.mute_files = {file_};
    sources_.reload = 2 * ns_per_s;
    sources_.components = {{"t", "tunnel", {{"bytes", "500", "so many"}}}, {"d", "dga", {}}};
  }
  static ApiRequest request(const std::string& method, const std::string& path,
                            std::vector<std::pair<std::string, std::string>> query = {}) {
    ApiRequest request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.loopback = request.deliberate = true;
    return request;
  }
  ApiAnswer ask(const ApiRequest& request) const {
    return EventDesk(log_, sources_, clock_, {"change", "look"}).answer(request);
  }
  json list(std::vector<std::pair<std::string, std::string>> query = {}) const {
    return json::parse(ask(request("GET", "", std::move(query))).body);
  }
  ApiAnswer mute(const std::string& until, const std::string& key = "t.example") const {
    return ask(request("POST", "/mute",
                       {{"detector", "tunnel"},
                        {"key", key},
                        {"until", until},
                        {"by", "anna"},
                        {"why", "a test\nnever * *"}}));
  }

  testing::TemporaryFolder folder_;
  const std::string file_ = folder_.path_of("mutes.txt");
  FixedClock clock_;
  EventLog log_;
  EventSources sources_;
};

TEST_F(EventDeskTest, ListsEvents) {
  const json all = list();
  ASSERT_EQ(all["events"].size(), 1u);
  const json& event = all["events"][0];
  EXPECT_EQ(event["id"], "18446744073709551615");
  EXPECT_EQ(event["severity"], "high");
  EXPECT_EQ(event["start"], 1'767'225'630'000);
  EXPECT_TRUE(event["mute"].is_null());
  EXPECT_EQ(all["now"], 1'767'225'720'000) << "of a live run the clock's";
  EXPECT_EQ(all["rates"]["counts"]["tunnel"], json::array({1}));
  EXPECT_EQ(list({{"severity", "critical"}})["events"].size(), 0u);
  EXPECT_EQ(list({{"text", "T.EX"}})["events"].size(), 1u);
  const json second = list({{"skip", "1"}});
  EXPECT_EQ(second["events"].size(), 0u);
  EXPECT_EQ(second["skip"], 1);
}

TEST_F(EventDeskTest, TimeOfAReplayIsThatOfItsEvents) {
  sources_.replay = true;
  EXPECT_EQ(list()["now"], 1'767'225'660'000);
}

TEST_F(EventDeskTest, RefusesQuestionsThatMakeNoSense) {
  for (const auto& [name, value] :
       {std::pair{"severity", "bad"}, {"state", "ajar"}, {"skip", "-1"}, {"limit", "many"}}) {
    const ApiAnswer answer = ask(request("GET", "", {{name, value}}));
    EXPECT_EQ(answer.status, 400u) << name;
    EXPECT_THAT(answer.body, HasSubstr(value));
  }
  EXPECT_EQ(ask(request("GET", "/1")).status, 404u);
  EXPECT_EQ(ask(request("GET", "/18446744073709551615/other")).status, 404u);
  EXPECT_EQ(ask(request("DELETE", "/1")).status, 405u);
}

TEST_F(EventDeskTest, SaysWhy) {
  const json event = json::parse(ask(request("GET", "/18446744073709551615")).body);
  EXPECT_EQ(event["evidence"]["bytes"], 1600);
  EXPECT_EQ(event["samples"], json::array({"one", "two"}));
  EXPECT_EQ(event["components"],
            json::parse(R"([{"component":"t","settings":[{"name":"bytes","value":"500",
                             "help":"so many"}]}])"));
}

TEST_F(EventDeskTest, PacketsAreLookedForTwiceAtATimeAtMost) {
  std::promise<void> go_on;
  std::counting_semaphore<2> begun{0};
  auto wait = [&, open = go_on.get_future().share()](const LoggedEvent&, const EventSources&) {
    begun.release();
    open.wait();
    return Result<EventPackets>(EventPackets{"pcap", 1, false});
  };
  const EventDesk desk(log_, sources_, clock_, {}, wait);
  const ApiRequest packets = request("GET", "/18446744073709551615/packets");
  auto search = [&] { return desk.answer(packets); };
  auto first = std::async(std::launch::async, search),
       second = std::async(std::launch::async, search);
  begun.acquire();
  begun.acquire();
  EXPECT_EQ(desk.answer(packets).status, 503u);
  EXPECT_EQ(desk.answer(request("GET", "")).status, 200u) << "nothing else waits for them";
  go_on.set_value();
  EXPECT_EQ(first.get().body, "pcap");
  EXPECT_EQ(second.get().body, "pcap");
  EXPECT_EQ(desk.answer(packets).status, 200u);
}

TEST_F(EventDeskTest, MutesOfSeveralThreadsAreAllKept) {
  const EventDesk desk(log_, sources_, clock_, {});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const ApiRequest mute = request("POST", "/mute",
                                      {{"detector", "tunnel"},
                                       {"key", fmt::format("t{}.example", i)},
                                       {"until", "2026-01-01T01:00:00Z"}});
      EXPECT_EQ(desk.answer(mute).status, 200u);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(list()["mutes"].size(), 8u);
}

TEST_F(EventDeskTest, MutesUntilATimeAndUnmutes) {
  EXPECT_EQ(mute("2026-01-01T01:00:00Z").status, 200u);
  EXPECT_EQ(folder_.read("mutes.txt"),
            "2026-01-01T01:00:00Z tunnel t.example  # from the board by anna, "
            "2026-01-01T00:02:00Z: a test never * *\n");
  EXPECT_EQ(list()["events"][0]["mute"]["until"], 1'767'229'200'000);
  clock_.wall += 3600 * ns_per_s;
  EXPECT_TRUE(list()["events"][0]["mute"].is_null()) << "it has ended";
  EXPECT_EQ(list()["mutes"][0]["ended"], true);
  const std::string rule = "2026-01-01T01:00:00Z tunnel t.example";
  EXPECT_EQ(ask(request("POST", "/unmute", {{"rule", rule}})).status, 200u);
  EXPECT_EQ(list()["mutes"].size(), 0u);
  EXPECT_EQ(ask(request("POST", "/unmute", {{"rule", rule}})).status, 400u);
}

TEST_F(EventDeskTest, AMuteHasAnEndAndAnObject) {
  EXPECT_THAT(mute("never").body, HasSubstr("ends at a time to come such as 2026-01-01T01:02:00Z"));
  EXPECT_EQ(mute("2026-01-01T00:01:00Z").status, 400u);
  EXPECT_EQ(mute("2026-01-01T01:00:00Z", "a b").status, 400u);
  const ApiAnswer all = ask(request(
      "POST", "/mute", {{"detector", "*"}, {"key", "*"}, {"until", "2026-01-01T01:00:00Z"}}));
  EXPECT_THAT(all.body, HasSubstr("a mute of all events is none"));
  EXPECT_EQ(list()["mutes"].size(), 0u);
}

TEST_F(EventDeskTest, ChangesAreForThoseWhoMay) {
  ApiRequest change = request(
      "POST", "/mute", {{"detector", "tunnel"}, {"key", "*"}, {"until", "2026-01-01T01:00:00Z"}});
  change.deliberate = false;
  EXPECT_EQ(ask(change).status, 403u);
  change.deliberate = true;
  change.loopback = false;
  EXPECT_EQ(ask(change).status, 401u);
  change.token = "look";
  EXPECT_EQ(ask(change).status, 401u) << "that of taps changes nothing";
  change.token = "change";
  EXPECT_EQ(ask(change).status, 200u);
  change.method = "GET";
  EXPECT_EQ(ask(change).status, 405u);
}

TEST_F(EventDeskTest, WithoutAFileNothingIsMuted) {
  sources_.mute_files.clear();
  sources_.mutes = mute_rules({"never tunnel t.example # by the topology"});
  const json all = list();
  EXPECT_EQ(all["can_mute"], false);
  EXPECT_EQ(all["events"][0]["mute"]["note"], "by the topology");
  EXPECT_EQ(mute("2026-01-01T01:00:00Z").status, 409u);
}

TEST_F(EventDeskTest, PacketsAreForThoseWhoMaySeeThem) {
  ApiRequest packets = request("GET", "/18446744073709551615/packets");
  EXPECT_EQ(ask(packets).status, 404u);
  EXPECT_THAT(ask(packets).body, HasSubstr("keeps no packets"));
  packets.loopback = false;
  EXPECT_EQ(ask(packets).status, 401u);
  EXPECT_EQ(EventDesk(log_, sources_, clock_).answer(packets).status, 403u);
  packets.token = "look";
  EXPECT_EQ(ask(packets).status, 404u);
}

}  // namespace
}  // namespace dnstorm::cli
