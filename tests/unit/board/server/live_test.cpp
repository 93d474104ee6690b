#include "board/server/live.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/board/server/page_model.hpp"

namespace dnstorm::board {
namespace {

using nlohmann::json;

FeedFrame frame(std::string panel, std::string view, TimeNs second, std::vector<FeedRow> rows) {
  return {std::move(panel),        std::move(view), "Title",        second * ns_per_s,
          (second + 1) * ns_per_s, {"count"},       std::move(rows)};
}

class LiveTest : public ::testing::Test {
 protected:
  static LiveOptions options() {
    LiveOptions options;
    options.title = "test";
    options.epoch = "e1";
    options.wall = {.slots = 3, .tracked_max = 16, .cold = 60 * ns_per_s};
    return options;
  }

  void tick(DurationNs later = tick_period) {
    now_ += later;
    live_.tick({.wall = 1'000'000 * ns_per_s + now_, .steady = now_}, honesty_);
  }
  std::string read(Subscription& subscription, std::size_t block = 64) {
    std::string text;
    std::string buffer(block, '\0');
    while (const std::size_t n = live_.read(subscription, buffer.data(), block))
      text.append(buffer, 0, n);
    return text;
  }
  std::vector<Event> events(Subscription& subscription) { return parse_events(read(subscription)); }
  static std::vector<std::string> names(const std::vector<Event>& events) {
    std::vector<std::string> names;
    for (const Event& event : events) names.push_back(event.name);
    return names;
  }

  TimeNs now_ = 5 * ns_per_s;
  Honesty honesty_;
  Live live_{options()};
};

using Names = std::vector<std::string>;

TEST_F(LiveTest, a_new_client_gets_a_snapshot_first) {
  live_.publish(frame("qtypes", "wall", 1, {{"A", {3}}}));
  tick();
  Subscription client = live_.subscribe("");
  const auto got = events(client);
  ASSERT_EQ(names(got), Names{"snapshot"});
  EXPECT_EQ(got[0].data["title"], "test");
  EXPECT_EQ(got[0].data["panels"][0]["wall"]["slots"][0], json::parse(R"(["A",3,0])"));
  EXPECT_EQ(read(client), "") << "and nothing more until something happens";
}

TEST_F(LiveTest, walls_move_ten_times_a_second_and_the_rest_once) {
  tick();
  Subscription client = live_.subscribe("");
  read(client);
  live_.publish(frame("qtypes", "wall", 1, {{"A", {3}}}));
  live_.publish(frame("rates", "series", 1, {{"queries", {3}}}));
  live_.publish(frame("top", "table", 1, {{"example.com", {3}}}));
  tick();
  EXPECT_EQ(names(events(client)), (Names{"panel", "panel", "panel", "slot", "delta"}));
  live_.publish(frame("qtypes", "wall", 2, {{"A", {4}}}));
  live_.publish(frame("rates", "series", 2, {{"queries", {4}}}));
  live_.publish(frame("top", "table", 2, {{"example.com", {7}}}));
  tick();
  const auto fast = events(client);
  ASSERT_EQ(names(fast), Names{"delta"});
  EXPECT_EQ(fast[0].data["panels"].size(), 1u);
  EXPECT_EQ(fast[0].data["panels"]["qtypes"]["wall"]["add"], json::parse("[0,4]"));
  tick(slow_period);
  const auto slow = events(client);
  ASSERT_EQ(names(slow), Names{"delta"});
  EXPECT_EQ(slow[0].data["panels"]["rates"]["series"]["points"],
            json::parse("[[1000,2000,3],[2000,3000,4]]"));
  EXPECT_EQ(slow[0].data["panels"]["top"]["table"]["rows"], json::parse(R"([["example.com",7]])"));
}

TEST_F(LiveTest, snapshot_and_deltas_give_the_snapshot) {
  tick();
  Subscription client = live_.subscribe("");
  PageModel page;
  std::uint64_t seed = 7;
  for (int step = 0; step < 400; ++step) {
    std::vector<FeedRow> rows;
    for (int i = 0; i < 5; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      rows.push_back({"name" + std::to_string((seed >> 33) % 40), {double((seed >> 40) % 9)}});
    }
    live_.publish(frame("names", "wall", step, rows));
    live_.publish(frame("rates", "series", step / 2, {{"q", {double(step)}}}));
    live_.publish(frame("top", "table", step, rows));
    live_.publish(frame("sum", "totals", step, {{"k" + std::to_string(step % 4), {double(step)}}}));
    honesty_.captured += 5;
    tick(step % 7 == 0 ? slow_period : tick_period);
    for (const Event& event : events(client)) page.apply(event);
  }
  tick(slow_period);
  for (const Event& event : events(client)) page.apply(event);
  json wanted = json::parse(live_.snapshot_json());
  wanted.erase("t");
  EXPECT_EQ(page.state(), wanted);
  EXPECT_GT(page.slots_moved(), 5) << "the test should see cells change owners";
}

TEST_F(LiveTest, goes_on_after_the_last_event_a_client_saw) {
  tick();
  Subscription client = live_.subscribe("");
  auto got = events(client);
  for (int i = 0; i < 5; ++i) {
    live_.publish(frame("qtypes", "wall", i, {{"A", {1}}}));
    tick();
    for (Event& event : events(client)) got.push_back(std::move(event));
  }
  Subscription again = live_.subscribe(got[got.size() - 3].id);
  const auto rest = events(again);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].id, got[got.size() - 2].id);
  EXPECT_EQ(rest[1].id, got[got.size() - 1].id);
}

TEST_F(LiveTest, an_id_that_is_not_known_gets_a_snapshot) {
  live_.publish(frame("qtypes", "wall", 1, {{"A", {1}}}));
  tick();
  const char* ids[] = {"e0.1", "e1.99999", "e1.",  "e1.1x",
                       "1",    "e1.-1",    "\xff", "e1.18446744073709551616"};
  for (const char* id : ids) {
    SCOPED_TRACE(id);
    Subscription client = live_.subscribe(id);
    EXPECT_EQ(names(events(client)), Names{"snapshot"});
  }
}

TEST_F(LiveTest, an_id_older_than_the_ring_gets_a_snapshot) {
  tick();
  Subscription client = live_.subscribe("");
  const std::string first = events(client)[0].id;
  for (int i = 0; i < 30; ++i) {
    live_.publish(frame("qtypes", "wall", i, {{"A", {1}}}));
    tick(ns_per_s);
  }
  Subscription again = live_.subscribe(first);
  EXPECT_EQ(names(events(again)), Names{"snapshot"});
}

TEST_F(LiveTest, a_slow_client_gets_a_gap_and_then_right_totals) {
  live_.publish(frame("qtypes", "wall", 0, {{"A", {1}}}));
  tick();
  Subscription client = live_.subscribe("");
  PageModel page;
  for (const Event& event : events(client)) page.apply(event);
  for (int i = 1; i <= 25; ++i) {  // 2.5 s in which it reads nothing
    live_.publish(frame("qtypes", "wall", i, {{"A", {1}}, {"AAAA", {2}}}));
    tick();
  }
  const auto got = events(client);
  ASSERT_EQ(names(got), (Names{"gap", "snapshot"}));
  EXPECT_GT(got[0].data["dropped"], 20);
  for (const Event& event : got) page.apply(event);
  EXPECT_EQ(page.count("qtypes", "A"), 26);
  EXPECT_EQ(page.count("qtypes", "AAAA"), 50);
  live_.publish(frame("qtypes", "wall", 26, {{"A", {1}}}));
  tick();
  for (const Event& event : events(client)) page.apply(event);
  EXPECT_EQ(page.count("qtypes", "A"), 27);
}

TEST_F(LiveTest, an_event_that_is_half_sent_is_ended_before_the_gap) {
  live_.publish(frame("qtypes", "wall", 0, {{"A", {1}}}));
  tick();
  Subscription client = live_.subscribe("");
  std::string text(20, '\0');
  ASSERT_EQ(live_.read(client, text.data(), 20), 20u);
  for (int i = 1; i <= 25; ++i) {
    live_.publish(frame("qtypes", "wall", i, {{"A", {1}}}));
    tick();
  }
  const auto got = parse_events(text + read(client));
  EXPECT_EQ(names(got), (Names{"snapshot", "gap", "snapshot"}));
}

TEST_F(LiveTest, can_be_rewound_to_what_was_shown_at_any_moment) {
  tick();
  Subscription client = live_.subscribe("");
  PageModel page;
  std::map<std::int64_t, json> shown;
  for (int step = 0; step < 600; ++step) {
    const std::string name = "name" + std::to_string(step * 7 % 11);
    live_.publish(frame("names", "wall", step, {{name, {double(step % 5)}}, {"a", {1}}}));
    live_.publish(frame("rates", "series", step / 2, {{"q", {double(step)}}}));
    live_.publish(frame("top", "table", step, {{name, {double(step)}}}));
    honesty_.captured += 5;
    tick();
    for (const Event& event : events(client)) page.apply(event);
    if (step % 23 == 0) shown[(1'000'000 * ns_per_s + now_) / ns_per_ms] = page.state();
  }
  int segments = 0;
  std::int64_t from = 0;
  for (const auto& [ms, state] : shown) {
    const json segment = json::parse(live_.rewind_json(ms * ns_per_ms));
    ASSERT_LE(segment["from"], ms);
    segments += std::exchange(from, segment["from"].get<std::int64_t>()) != segment["from"];
    PageModel again;
    again.apply({"", "snapshot", segment["snapshot"]});
    for (const json& event : segment["events"])
      if (event[0] <= ms) again.apply({"", event[1], event[2]});
    ASSERT_EQ(again.state(), state) << "at " << ms;
  }
  EXPECT_GE(segments, 3) << "a minute in steps of 20 s";
}

TEST_F(LiveTest, a_wall_has_as_many_cells_as_its_frames_ask_for_and_no_more_than_are_allowed) {
  const auto cells = [&](const char* panel, std::size_t wanted) {
    FeedFrame asks = frame(panel, "wall", 1, {{"a", {1}}});
    asks.cells = wanted;
    live_.publish(asks);
    tick();
    return json::parse(live_.snapshot_json())["panels"].back()["wall"]["slots"].size();
  };
  EXPECT_EQ(cells("a", 0), 3u);
  EXPECT_EQ(cells("b", 17), 17u);
  EXPECT_EQ(cells("c", 1'000'000), wall_slots_max);
}

TEST_F(LiveTest, tells_how_a_cell_grew) {
  live_.publish(frame("names", "wall", 1, {{"a", {1}}}));
  tick();
  live_.publish(frame("names", "wall", 2, {{"a", {2}}}));
  tick();
  live_.publish(frame("names", "wall", 3, {{"a", {3}}}));
  tick(10 * ns_per_s);
  const json cell = json::parse(live_.cell_json("names", 0).value());
  EXPECT_EQ(cell["key"], "a");
  EXPECT_EQ(cell["step_ms"], 5'000);
  ASSERT_EQ(cell["bins"].size(), 120u);
  EXPECT_EQ(cell["bins"][117], 2) << "ten seconds ago, when it had its cell";
  EXPECT_EQ(cell["bins"][119], 3);
  EXPECT_FALSE(live_.cell_json("names", 1)) << "nobody owns it";
  EXPECT_FALSE(live_.cell_json("names", 99));
  EXPECT_FALSE(live_.cell_json("nothing", 0));
}

TEST_F(LiveTest, clients_share_one_serialisation) {
  tick();
  Subscription one = live_.subscribe("");
  Subscription other = live_.subscribe("");
  EXPECT_EQ(read(one, 7), read(other, 4096));
  live_.publish(frame("qtypes", "wall", 1, {{"A", {1}}}));
  tick();
  EXPECT_EQ(read(one, 1), read(other, 4096));
}

TEST_F(LiveTest, silence_is_broken_by_a_comment) {
  live_.publish(frame("qtypes", "wall", 1, {{"A", {1}}}));
  tick();
  Subscription client = live_.subscribe("");
  read(client);
  tick(keep_alive_period - 1);
  EXPECT_EQ(read(client), "");
  tick(1);
  EXPECT_EQ(read(client), ": keep-alive\n\n");
}

TEST_F(LiveTest, the_end_is_told_at_once_with_all_that_came_before) {
  tick();
  tick();
  Subscription client = live_.subscribe("");
  read(client);
  live_.publish(frame("top", "table", 1, {{"example.com", {3}}}));
  honesty_.state = "finished";
  honesty_.captured = 3;
  tick();
  const auto got = events(client);
  ASSERT_EQ(names(got), (Names{"panel", "delta"}));
  EXPECT_EQ(got[1].data["honesty"]["state"], "finished");
  EXPECT_EQ(got[1].data["honesty"]["captured"], 3);
  EXPECT_EQ(got[1].data["panels"]["top"]["table"]["rows"][0][1], 3);
}

TEST_F(LiveTest, the_honesty_line_has_every_place_where_a_packet_can_end) {
  honesty_ = {.captured = 100,
              .parsed = 80,
              .malformed = 9,
              .not_dns = 6,
              .filtered = 5,
              .in_flight = 1,
              .dropped_kernel = 4,
              .dropped_interface = 3,
              .dropped_queue = 6,
              .spool_unwritten = 8,
              .late = 2,
              .behind_s = 0.25,
              .state = "running",
              .failure = "",
              .reasons = {{"label_too_long", 9}},
              .components = {{.id = "pcap", .kind = "spout", .tasks = 1, .emitted = 100}}};
  tick();
  const json wanted = json::parse(R"({"captured":100,"parsed":80,"malformed":9,"not_dns":6,
      "filtered":5,"in_flight":1,"dropped_kernel":4,"dropped_interface":3,"dropped_queue":6,
      "spool_unwritten":8,"late":2,"folded":0,"behind_s":0.25,
      "state":"running","failure":"","reasons":[["label_too_long",9]],
      "components":[{"id":"pcap","kind":"spout","tasks":1,"executed":0,"emitted":100,
                     "failed":0}]})");
  EXPECT_EQ(json::parse(live_.honesty_text()), wanted);
  EXPECT_EQ(json::parse(live_.snapshot_json())["honesty"], wanted);
}

TEST_F(LiveTest, says_what_it_cannot_show) {
  live_.publish(frame("x", "wall", 1, {{"A", {1}}}));
  live_.publish(frame("x", "table", 1, {{"A", {1}}}));
  live_.publish(frame("x", "table", 2, {{"A", {1}}}));
  live_.publish(frame("y", "pie", 1, {{"A", {1}}}));
  tick();
  const json snapshot = json::parse(live_.snapshot_json());
  EXPECT_EQ(snapshot["panels"].size(), 1u);
  EXPECT_EQ(snapshot["notes"].size(), 2u) << snapshot["notes"];
}

TEST_F(LiveTest, a_table_is_cut_and_says_of_how_many) {
  std::vector<FeedRow> rows;
  for (int i = 0; i < 500; ++i) rows.push_back({"n" + std::to_string(i), {double(500 - i)}});
  live_.publish(frame("top", "table", 2, rows));
  live_.publish(frame("top", "table", 1, {{"older", {1}}}));  // overtaken: must not win
  tick();
  const json table = json::parse(live_.snapshot_json())["panels"][0]["table"];
  EXPECT_EQ(table["rows_all"], 500);
  EXPECT_EQ(table["rows"].size(), 200u);
  EXPECT_EQ(table["rows"][0], json::parse(R"(["n0",500])"));
}

TEST_F(LiveTest, loses_nothing_when_the_inbox_is_full) {
  LiveOptions tight = options();
  tight.inbox_rows_max = 10;
  Live live(tight);
  for (int i = 0; i < 100; ++i) live.publish(frame("qtypes", "wall", i, {{"A", {1}}, {"B", {2}}}));
  live.tick({.wall = 1, .steady = 1}, honesty_);
  const json wall = json::parse(live.snapshot_json())["panels"][0]["wall"];
  EXPECT_EQ(wall["slots"], json::parse(R"([["B",200,0],["A",100,0],null])"));
}

// Run under ThreadSanitizer this also shows that the locks are where they must be.
TEST_F(LiveTest, many_executors_publish_at_once_and_every_row_counts) {
  constexpr int threads = 4;
  constexpr int frames = 500;
  std::vector<std::thread> executors;
  for (int t = 0; t < threads; ++t)
    executors.emplace_back([this] {
      for (int i = 0; i < frames; ++i) live_.publish(frame("qtypes", "wall", i, {{"A", {1}}}));
    });
  Subscription client = live_.subscribe("");
  PageModel page;
  for (int i = 0; i < 50; ++i) {
    tick();
    for (const Event& event : events(client)) page.apply(event);
  }
  for (std::thread& executor : executors) executor.join();
  tick(slow_period);
  for (const Event& event : events(client)) page.apply(event);
  EXPECT_EQ(page.count("qtypes", "A"), threads * frames);
}

}  // namespace
}  // namespace dnstorm::board
