#include "operators/season/advice.hpp"

#include <gtest/gtest.h>

#include "tests/unit/operators/season/year.hpp"

namespace dnstorm::operators {
namespace {

using testing::Year;
using testing::year_begin;

constexpr Hour weeks = 10;

// ns1 is quiet at hour 30 of the week, ns2 at hour 60, and carries three times as much.
Pasts two_servers() {
  Pasts pasts;
  for (auto [name, factor, quiet] : {std::tuple{"ns1", 1000., 30}, std::tuple{"ns2", 3000., 60}}) {
    ServerPast past;
    for (Hour hour = 0; hour < weeks * hours_per_week; ++hour)
      for (int m = 0; m < 60; ++m) {
        int slot = hour_of_week(year_begin + hour);
        double count = factor * (slot == quiet || slot == quiet + 1 ? 0.3 : 1 + slot / 1000.);
        past.add(start_of(year_begin + hour) + m * ns_per_minute, {.count = count});
      }
    past.history.close();
    pasts.emplace(name, std::move(past));
  }
  return pasts;
}

TEST(Advice, is_given_for_each_server_and_for_all) {
  Advice advice = advise(two_servers(), {.limits = {{"", 6000.}}});
  EXPECT_EQ(advice.now, year_begin + weeks * hours_per_week);
  ASSERT_EQ(advice.servers.size(), 3U);
  EXPECT_EQ(advice.servers[0].server, "ns1");
  EXPECT_EQ(advice.servers[2].server, "");
  EXPECT_EQ(advice.servers[2].limit, 12'000);
  EXPECT_EQ(advice.servers[1].week.size(), 168U);
  EXPECT_NEAR(advice.servers[1].week[60].expected, 900, 1);
  ASSERT_EQ(advice.windows.size(), 3U);
  EXPECT_EQ(advice.windows[0].server, "");
  EXPECT_EQ(advice.windows[0].windows[0].slot, 60);
  EXPECT_EQ(advice.windows[1].windows[0].slot, 30);
  EXPECT_EQ(advice.windows[2].windows[0].slot, 60);
  EXPECT_EQ(advice.windows[2].windows[0].starts.size(), 4U);
}

TEST(Advice, says_what_the_others_carry) {
  Advice advice =
      advise(two_servers(), {.limits = {{"ns1", 2000.}, {"ns2", 8000.}}, .away = {"ns2"}});
  ASSERT_EQ(advice.away.size(), 1U);
  EXPECT_EQ(advice.away[0].server, "ns1");
  EXPECT_NEAR(advice.away[0].capacity.p99_now, 4 * 1167, 30);
  EXPECT_EQ(advice.away[0].capacity.expected, start_of(advice.now));  // more than it can, now
}

// The page shows one server; what it shows are the numbers that all would have been told with.
TEST(Advice, in_focus_is_the_same_with_more_detail) {
  AdviceQuestion question{.limits = {{"ns1", 2000.}, {"ns2", 8000.}}};
  Advice all = advise(two_servers(), question);
  question.focus = "ns1";
  Advice one = advise(two_servers(), question);
  ASSERT_EQ(one.windows.size(), 1U);
  EXPECT_EQ(one.windows[0].server, "ns1");
  EXPECT_EQ(one.windows[0].windows[0].slot, all.windows[1].windows[0].slot);
  EXPECT_EQ(one.windows[0].windows[0].risk, all.windows[1].windows[0].risk);
  EXPECT_TRUE(one.away.empty());
  EXPECT_TRUE(one.servers[1].ahead.empty());
  ASSERT_GE(one.servers[0].ahead.size(), 26U);
  const WeekAhead& now = one.servers[0].ahead[0];
  EXPECT_EQ(now.middle, one.now);
  EXPECT_EQ(now.p99, all.servers[0].capacity.p99_now);
  EXPECT_EQ(now.low, all.servers[0].capacity.p99_low);
  EXPECT_EQ(now.high, all.servers[0].capacity.p99_high);
}

TEST(Advice, says_hour_by_hour_what_the_others_carry_if_it_is_asked_by_name) {
  Advice advice = advise(two_servers(), {.away = {"ns2"}, .focus = "ns1"});
  ASSERT_EQ(advice.away.size(), 1U);
  ASSERT_EQ(advice.away[0].week.size(), 168U);
  // All of ns2 moves to the one that is left.
  for (std::size_t slot : {10U, 30U, 60U})
    EXPECT_NEAR(advice.away[0].week[slot].expected,
                advice.servers[0].week[slot].expected + advice.servers[1].week[slot].expected, 1);
  EXPECT_TRUE(advise(two_servers(), {}).away[0].week.empty());
}

// A window in which the others cannot carry the load is none, however quiet the server is.
TEST(Advice, for_a_server_looks_at_what_the_others_can_carry) {
  Pasts pasts = two_servers();
  Advice advice = advise(pasts, {.limits = {{"ns1", 4000. / 0.8}, {"ns2", 1e5}}});
  const WindowAdvice& of_ns2 = advice.windows[2];
  EXPECT_EQ(of_ns2.threshold, 0);
  EXPECT_EQ(of_ns2.windows[0].slot, 60);
  EXPECT_LT(of_ns2.windows[0].risk, 0.01);
  advice = advise(pasts, {.limits = {{"ns1", 1500.}, {"ns2", 1e5}}});
  EXPECT_GT(advice.windows[2].windows[0].risk, 0.99);
}

TEST(Advice, without_limits_compares_with_the_p99_minute) {
  Advice advice = advise(two_servers(), {});
  EXPECT_EQ(advice.servers[0].limit, 0);
  EXPECT_FALSE(advice.servers[0].capacity.expected.has_value());
  EXPECT_NEAR(advice.windows[1].threshold, 1167 / 2., 10);
  EXPECT_LT(advice.windows[1].windows[0].risk, 0.01);
  EXPECT_GT(advice.windows[1].windows[1].risk, 0.99);  // only one window of the week is that quiet
}

TEST(Advice, of_too_little_says_so) {
  Pasts pasts;
  ServerPast past;
  past.add(start_of(year_begin), {.count = 5});
  past.history.close();
  pasts.emplace("ns1", std::move(past));
  Advice advice = advise(pasts, {});
  EXPECT_EQ(advice.unknown, std::vector<std::string>{"ns1"});
  EXPECT_TRUE(advice.servers.empty());
  EXPECT_TRUE(advice.windows.empty());
}

// What is saved and read again says the same, to the last digit.
TEST(Advice, is_the_same_for_the_same_past) {
  Pasts pasts;
  ServerPast past;
  Year(5).fill(past.history, 0, 20 * hours_per_week);
  pasts.emplace("ns1", std::move(past));
  Advice one = advise(pasts, {}), two = advise(*read_season_file(season_file(pasts)), {});
  ASSERT_EQ(one.windows[0].windows.size(), two.windows[0].windows.size());
  for (std::size_t i = 0; i < one.windows[0].windows.size(); ++i) {
    EXPECT_EQ(one.windows[0].windows[i].slot, two.windows[0].windows[i].slot);
    EXPECT_EQ(one.windows[0].windows[i].risk, two.windows[0].windows[i].risk);
  }
}

}  // namespace
}  // namespace dnstorm::operators
