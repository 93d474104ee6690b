#include "cli/capacity_json.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/advice_output.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using operators::Hour;
using operators::hours_per_week;
using operators::Pasts;
using ::testing::HasSubstr;

constexpr Hour monday = 473'352;  // 2024-01-01

// So many hours of servers with a load of their own.
Pasts pasts_of(const std::map<std::string, double>& counts, Hour hours) {
  Pasts pasts;
  for (const auto& [name, count] : counts) {
    operators::ServerPast past;
    for (Hour hour = monday; hour < monday + hours; ++hour)
      for (int m = 0; m < 60; ++m)
        past.add(operators::start_of(hour) + m * operators::ns_per_minute, {.count = count});
    past.history.close();
    pasts.emplace(name, std::move(past));
  }
  return pasts;
}

json told(const Pasts& pasts, operators::AdviceQuestion question, const Pasts& times = {}) {
  operators::Advice advice = operators::advise(pasts, question);
  CapacityNews news{.advice = advice, .pasts = pasts, .response_times = times};
  if (!times.empty()) news.response_time = "times.p99";
  return json::parse(capacity_json(news));
}

TEST(CapacityJson, has_the_numbers_of_the_command) {
  Pasts pasts = pasts_of({{"ns1", 600}, {"ns2", 1200}}, 4 * hours_per_week);
  operators::AdviceQuestion question{.limits = {{"", 6000.}}};
  json command = json::parse(advice_json(operators::advise(pasts, question)));
  question.focus = "ns2";
  json page = told(pasts, question);
  EXPECT_EQ(page["now"], command["now"]);
  for (const char* name : {"p99", "p99_low", "p99_high", "limit", "passes", "week"})
    EXPECT_EQ(page["servers"][1][name], command["servers"][1][name]) << name;
  EXPECT_EQ(page["windows"][0], command["windows"][2]);
  EXPECT_FALSE(page["servers"][0].contains("week"));
  EXPECT_EQ(page["focus"], "ns2");
  EXPECT_EQ(page["wanting"], "");
  EXPECT_EQ(page["past"].size(), 4U);
  EXPECT_EQ(page["past"][0]["at"], "2024-01-04T12:00:00Z");
  EXPECT_NEAR(page["past"][0]["p99"].get<double>(), 20, 0.01);
}

TEST(CapacityJson, shows_a_few_hours_and_says_what_is_wanting) {
  json page = told(pasts_of({{"ns1", 600}}, 5), {.focus = ""});
  EXPECT_TRUE(page["servers"].empty());
  EXPECT_THAT(page["wanting"].get<std::string>(), HasSubstr("Only 5 hours are known so far."));
  EXPECT_EQ(page["seen"]["load"][4], (json{10.0, 10.0, 1}));
  EXPECT_TRUE(page["seen"]["load"][5].is_null());
  EXPECT_EQ(page["known"][0]["hours"], 5);
}

TEST(CapacityJson, of_less_than_three_weeks_says_how_far_to_trust_it) {
  json page = told(pasts_of({{"ns1", 600}}, 9 * 24), {.focus = ""});
  EXPECT_EQ(page["servers"][0]["week"].size(), 168U);
  EXPECT_THAT(page["wanting"].get<std::string>(), HasSubstr("Only 9 days are known so far"));
}

TEST(CapacityJson, of_nothing_is_no_failure) {
  json page = told({}, {.focus = ""});
  EXPECT_THAT(page["wanting"].get<std::string>(), HasSubstr("No minute is known yet"));
  EXPECT_EQ(page["seen"]["load"].size(), 168U);
}

TEST(CapacityJson, one_that_was_taken_away_leaves_no_hole_in_what_was_seen) {
  Pasts pasts = pasts_of({{"ns1", 600}}, 8 * hours_per_week);
  pasts.merge(pasts_of({{"old", 6000}}, 2 * hours_per_week));
  json page = told(pasts, {.focus = ""});
  EXPECT_EQ(page["seen"]["load"][0], (json{10.0, 10.0, 4}));
}

TEST(CapacityJson, of_all_together_the_slowest_answer_counts) {
  Pasts pasts = pasts_of({{"ns1", 600}, {"ns2", 600}}, 30);
  Pasts times = pasts_of({{"ns1", 300}, {"ns2", 800}}, 30);
  EXPECT_EQ(told(pasts, {.focus = ""}, times)["seen"]["response_time"]["us"][3],
            (json{800.0, 800.0, 1}));
  json one = told(pasts, {.focus = "ns1"}, times);
  EXPECT_EQ(one["seen"]["response_time"]["us"][3], (json{300.0, 300.0, 1}));
  EXPECT_EQ(one["seen"]["response_time"]["name"], "times.p99");
}

TEST(CapacityJson, survives_names_that_are_no_text) {
  EXPECT_NO_THROW(told(pasts_of({{"a\xff<b>", 600}}, 30), {.focus = ""}));
}

}  // namespace
}  // namespace dnstorm::cli
