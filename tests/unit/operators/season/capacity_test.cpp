#include "operators/season/capacity.hpp"

#include <gtest/gtest.h>

#include "operators/season/load_response.hpp"
#include "tests/unit/operators/season/year.hpp"

namespace dnstorm::operators {
namespace {

using testing::season_cases;
using testing::Year;
using testing::year_begin;

constexpr double weekly = hours_per_week * static_cast<double>(ns_per_hour);

// A server that always has the same load but for a share of growth each week.
Member member_of(double count, double growth, double limit, int weeks = 20) {
  History history;
  for (Hour hour = 0; hour < weeks * hours_per_week; ++hour)
    for (int m = 0; m < 60; ++m)
      history.add(start_of(year_begin + hour) + m * ns_per_minute,
                  count * std::pow(1 + growth, static_cast<double>(hour) / hours_per_week));
  history.close();
  Profile profile = *Profile::fit(history);
  return {"ns1", std::move(history), profile, limit};
}

TEST(Capacity, is_short_when_the_p99_minute_passes_its_share_of_the_limit) {
  Fleet fleet({member_of(1000, 0.01, 4000)});
  CapacityQuestion question{.now = year_begin + 20 * hours_per_week, .limit = 4000, .share = 0.5};
  CapacityForecast forecast = forecast_capacity(fleet.server(0), question);
  double weeks = std::log(2) / std::log(1.01) - 20;
  ASSERT_TRUE(forecast.expected.has_value());
  EXPECT_NEAR(static_cast<double>(*forecast.expected - start_of(question.now)) / weekly, weeks, 1);
  EXPECT_LE(*forecast.earliest, *forecast.expected);
  EXPECT_GE(*forecast.latest, *forecast.expected);
  EXPECT_NEAR(forecast.growth, std::pow(1.01, 52), 0.01);
  question.share = 0.1;
  EXPECT_EQ(forecast_capacity(fleet.server(0), question).expected, start_of(question.now));
  question.share = 1;
  question.limit = 1e9;
  EXPECT_FALSE(forecast_capacity(fleet.server(0), question).expected.has_value());
}

TEST(Fleet, shares_the_load_of_a_server_that_is_away) {
  std::vector<Member> members{member_of(1000, 0, 8000), member_of(3000, 0, 4000),
                              member_of(600, 0, 1000)};
  Hour hour = year_begin + 21 * hours_per_week;
  Fleet by_load(members), by_limit(members, LoadMove::by_limit), evenly(members, LoadMove::evenly);
  EXPECT_NEAR(by_load.total().load(hour).expected(), 4600, 1);
  EXPECT_NEAR(by_load.without(0, 2).load(hour).expected(), 1150, 1);
  EXPECT_NEAR(by_load.without(1, 2).load(hour).expected(), 3450, 1);
  EXPECT_NEAR(by_limit.without(0, 2).load(hour).expected(), 1400, 1);
  EXPECT_NEAR(evenly.without(1, 2).load(hour).expected(), 3300, 1);
  EXPECT_EQ(by_load.limit(), 13000);
}

TEST(Fleet, a_total_is_no_more_certain_than_its_parts) {
  HourLoad one{.middle = std::log1p(1000.0),
               .model_spread = 0.1,
               .hour_spread = 0.05,
               .minute_spread = 0.02};
  HourLoad sum = sum_of({one, one, one, one});
  EXPECT_NEAR(sum.expected(), 4000, 1e-6);
  EXPECT_NEAR(sum.model_spread, 0.1, 1e-9);
  EXPECT_NEAR(sum.hour_spread, 0.05, 1e-9);
  EXPECT_NEAR(sum.minute_spread, 0.01, 1e-9);  // of minutes: each its own
  EXPECT_EQ(sum_of({}).expected(), 0);
}

TEST(Shortages, are_listed_with_what_was_lost) {
  History history;
  for (Hour hour = 0; hour < 8 * hours_per_week; ++hour)
    for (int m = 0; m < 60; ++m) {
      bool attack = hour >= 700 && hour < 704 && m < 10;
      bool lossy = hour == 900 && m == 5;
      history.add(start_of(year_begin + hour) + m * ns_per_minute, attack ? 5000 : 1000,
                  lossy ? 1700 : 2);
    }
  history.close();
  Profile profile = *Profile::fit(history);
  auto all = shortages({"ns1", std::move(history), profile, 2000}, 1);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].begin, year_begin + 700);
  EXPECT_EQ(all[0].end, year_begin + 704);
  EXPECT_EQ(all[0].peak, 5000);
  EXPECT_TRUE(all[0].unusual);
  EXPECT_EQ(all[1].begin, year_begin + 900);
  EXPECT_EQ(all[1].drops, 1700 + 59 * 2);  // two a minute are usual
  EXPECT_FALSE(all[1].unusual);
}

// Minutes of a queue whose limit is known, some of them wrong.
LoadResponse queue(double limit, double busiest, std::uint64_t seed, double lossy_from = 1e300) {
  std::mt19937_64 dice(seed);
  std::uniform_real_distribution<double> any(0.1, 1);
  std::normal_distribution<double> normal;
  LoadResponse response;
  for (int minute = 0; minute < 20'000; ++minute) {
    double count = busiest * any(dice);
    double latency = 300 / (1 - std::min(0.98, count / limit)) * std::exp(0.1 * normal(dice));
    if (dice() % 10 == 0) latency *= 20;  // something else was slow
    response.add(count, latency, count > lossy_from ? 0.01 * count : 0);
  }
  return response;
}

TEST(LoadResponse, finds_the_limit_before_it_is_reached) {
  for (std::uint64_t seed : {1U, 2U, 3U}) {
    auto learned = queue(1e6, 7e5, seed).limit();
    ASSERT_TRUE(learned.has_value());
    EXPECT_EQ(learned->source, LimitSource::response_time);
    EXPECT_NEAR(learned->limit, 1e6, 1e5);
    EXPECT_NEAR(learned->reach, 1e6 / 7e5, 0.2);
  }
}

TEST(LoadResponse, finds_where_losses_begin) {
  auto learned = queue(1e6, 9e5, 4, 6e5).limit();
  ASSERT_TRUE(learned.has_value());
  EXPECT_EQ(learned->source, LimitSource::losses);
  EXPECT_NEAR(learned->limit, 6e5, 6e4);
}

TEST(LoadResponse, says_nothing_where_there_is_nothing_to_see) {
  EXPECT_FALSE(LoadResponse().limit().has_value());
  EXPECT_FALSE(queue(1e12, 7e5, 5).limit().has_value());  // response times do not move
  EXPECT_FALSE(queue(1e6, 2e5, 6).limit().has_value());   // too far away
  EXPECT_FALSE(queue(1e12, 7e5, 7, 0).limit().has_value());  // something is always lost
}

// A few are always lost; of a small server that is one a minute, or none.
TEST(LoadResponse, does_not_take_chance_for_a_limit) {
  std::mt19937_64 dice(9);
  LoadResponse response;
  for (int minute = 0; minute < 5000; ++minute) {
    std::poisson_distribution<int> lost(0.02 * (10 + minute % 40));
    response.add(10 + minute % 40, 300, lost(dice));
  }
  EXPECT_FALSE(response.limit().has_value());
}

TEST(LoadResponse, of_two_is_that_of_all_and_goes_on_from_what_was_saved) {
  LoadResponse both = queue(1e6, 7e5, 1);
  both.merge(queue(1e6, 5e5, 2));
  StateWriter out;
  both.save(out);
  std::string bytes = out.take();
  LoadResponse again;
  StateReader in(bytes);
  ASSERT_TRUE(again.restore(in));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(again.limit()->limit, both.limit()->limit);
  StateReader cut(std::string_view(bytes).substr(0, bytes.size() / 2));
  EXPECT_FALSE(again.restore(cut));
}

// The p99 minute of a week of the first level, by drawing it.
double drawn_p99(const Year& year, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::vector<double> minutes;
  for (int round = 0; round < 20; ++round)
    for (int slot = 0; slot < hours_per_week; ++slot) {
      double hour = year.pattern(slot) * std::exp(year.hour_noise() * Year::noise_of(dice()));
      for (int m = 0; m < 60; ++m)
        minutes.push_back(hour * std::exp(year.minute_noise() * Year::noise_of(dice())));
    }
  auto rank = static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(minutes.size()));
  std::ranges::nth_element(minutes, minutes.begin() + rank);
  return minutes[static_cast<std::size_t>(rank)];
}

struct Dated {
  bool asked = false, inside = false;
  double error = 0;  // of the time from now to the date
};

// A year of history and a limit that is reached in half a year to a year and a half.
Dated date_of(std::uint64_t seed) {
  Year year(seed);
  if (year.yearly_growth() < 0.1) return {};
  History history;
  year.fill(history, 0, 52 * hours_per_week);
  double weeks = 26 + static_cast<double>(seed * 7 % 53);
  Fleet fleet({{"ns1", history, *Profile::fit(history), 0}});
  CapacityQuestion question{.now = year_begin + 52 * hours_per_week};
  question.limit = drawn_p99(year, seed) * year.grown(52 + weeks) / question.share;
  CapacityForecast forecast = forecast_capacity(fleet.server(0), question);
  TimeNs date = start_of(question.now) + static_cast<TimeNs>(weeks * weekly);
  Dated dated{.asked = true, .error = 1};
  if (forecast.expected)
    dated.error = std::abs(static_cast<double>(*forecast.expected - date)) / (weeks * weekly);
  dated.inside = forecast.earliest && *forecast.earliest <= date &&
                 (!forecast.latest || *forecast.latest >= date);
  return dated;
}

TEST(SeasonOracle, dates_the_shortage_within_ten_per_cent) {
  unsigned cases = season_cases(30);
  std::vector<double> errors;
  double inside = 0, within = 0;
  for (std::uint64_t seed = 0; seed < cases; ++seed) {
    Dated dated = date_of(seed);
    if (!dated.asked) continue;
    errors.push_back(dated.error);
    within += dated.error <= 0.1 ? 1 : 0;
    inside += dated.inside ? 1 : 0;
  }
  auto n = static_cast<double>(errors.size());
  std::ranges::sort(errors);
  double mean = std::accumulate(errors.begin(), errors.end(), 0.0) / n;
  std::printf(
      "capacity: %.0f years that grow by 10 to 60 %%, date 26 to 78 weeks ahead: off by "
      "%.1f %% of the time to it on average, %.1f %% in the median, within 10 %% in "
      "%.1f %%; in the band of 90 %% in %.1f %%\n",
      n, 100 * mean, 100 * errors[errors.size() / 2], 100 * within / n, 100 * inside / n);
  EXPECT_LT(mean, 0.10);
  EXPECT_GT(within, 0.8 * n);
  EXPECT_GT(inside, 0.7 * n);
}

}  // namespace
}  // namespace dnstorm::operators
