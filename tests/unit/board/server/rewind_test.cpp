#include "board/server/rewind.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace dnstorm::board {
namespace {

using nlohmann::json;

constexpr RewindLimits small{.age = 60 * ns_per_s, .segment = 20 * ns_per_s, .bytes = 100'000};

// One event a second, of which each says its number, as Live would add them.
void go_on(Rewind& rewind, int from, int to, const std::string& filling = "") {
  for (int second = from; second <= to; ++second) {
    const TimeNs now = second * ns_per_s;
    rewind.add("delta", json{{"n", second}, {"filling", filling}}.dump(), now);
    if (rewind.wants_snapshot(now)) rewind.begin(json{{"until", second}}.dump(), now);
  }
}

json look(const Rewind& rewind, std::optional<TimeNs> moment = {}) {
  return json::parse(rewind.json(moment));
}

TEST(Rewind, has_nothing_before_the_first_snapshot) {
  Rewind rewind(small);
  rewind.add("delta", "{}", ns_per_s);
  EXPECT_EQ(look(rewind), json::object());
  EXPECT_TRUE(rewind.wants_snapshot(0));
}

TEST(Rewind, gives_the_segment_of_a_moment_and_where_the_next_begins) {
  Rewind rewind(small);
  go_on(rewind, 1, 50);
  EXPECT_EQ(look(rewind), json::parse(R"({"first":1000,"last":50000})"));
  const json middle = look(rewind, 30 * ns_per_s);
  EXPECT_EQ(middle["from"], 21'000);
  EXPECT_EQ(middle["until"], 41'000);
  EXPECT_EQ(middle["snapshot"]["until"], 21) << "what was told before the segment";
  EXPECT_EQ(middle["events"].size(), 20u);
  EXPECT_EQ(middle["events"][0], json::parse(R"([22000,"delta",{"n":22,"filling":""}])"));
  const json newest = look(rewind, 50 * ns_per_s);
  EXPECT_EQ(newest["from"], 41'000);
  EXPECT_TRUE(newest["until"].is_null());
}

TEST(Rewind, gives_the_nearest_of_a_moment_that_it_does_not_have) {
  Rewind rewind(small);
  go_on(rewind, 10, 50);
  EXPECT_EQ(look(rewind, 0)["from"], 10'000);
  EXPECT_EQ(look(rewind, TimeNs{1} << 62)["from"], 50'000);
}

TEST(Rewind, forgets_segments_that_are_too_old) {
  Rewind rewind(small);
  go_on(rewind, 0, 1000);
  const json span = look(rewind);
  EXPECT_EQ(span["last"], 1'000'000);
  EXPECT_LE(span["first"], 940'000) << "a minute is there whole";
  EXPECT_GT(span["first"], 910'000) << "and not much more";
}

TEST(Rewind, forgets_what_is_beyond_its_bytes_and_keeps_the_newest) {
  Rewind rewind(small);
  for (int second = 0; second < 300; second += 10) {
    go_on(rewind, second, second + 9, std::string(9000, 'x'));
    EXPECT_LE(rewind.bytes(), small.bytes + 20'000);
  }
  EXPECT_GT(rewind.segments(), 2u) << "a large segment ends early";
  EXPECT_EQ(look(rewind)["last"], 299'000);
}

TEST(Rewind, keeps_everything_while_nothing_happens) {
  Rewind rewind(small);
  go_on(rewind, 0, 5);
  const std::size_t segments = rewind.segments();
  go_on(rewind, 100, 100);
  EXPECT_EQ(rewind.segments(), segments + 1);
  EXPECT_FALSE(rewind.wants_snapshot(100'000 * ns_per_s)) << "the newest segment has no event yet";
  EXPECT_EQ(look(rewind)["last"], 100'000);
}

TEST(Rewind, is_not_mixed_up_by_a_clock_that_was_set_back) {
  Rewind rewind(small);
  go_on(rewind, 100, 110);
  go_on(rewind, 50, 55);
  const json all = look(rewind, 110 * ns_per_s);
  EXPECT_EQ(all["last"], 110'000);
  EXPECT_EQ(all["events"].back()[0], 110'000);
  EXPECT_EQ(all["events"].back()[2]["n"], 55);
}

}  // namespace
}  // namespace dnstorm::board
