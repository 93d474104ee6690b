#include "cli/advice_output.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace dnstorm::cli {
namespace {

using operators::Hour;
using operators::hours_per_week;
using operators::start_of;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Hour monday = 473'352;  // 2024-01-01

// Six weeks of two servers, quiet on Tuesdays from 3 to 5; ns2 lost messages once.
operators::Advice advice() {
  operators::Pasts pasts;
  for (std::string name : {"ns1", "ns,2"}) {
    operators::ServerPast past;
    for (Hour hour = monday; hour < monday + 6 * hours_per_week; ++hour)
      for (int m = 0; m < 60; ++m) {
        int slot = operators::hour_of_week(hour);
        bool lossy = name == "ns,2" && hour == monday + 500 && m == 7;
        past.add(start_of(hour) + m * operators::ns_per_minute,
                 {.count = slot == 27 || slot == 28 ? 600. : 6000., .drops = lossy ? 1100. : 0.});
      }
    past.history.close();
    pasts.emplace(name, std::move(past));
  }
  return operators::advise(pasts, {.limits = {{"", 9000.}}, .top = 1});
}

TEST(AdviceOutput, as_text) {
  std::string text = advice_text(advice());
  EXPECT_THAT(text, HasSubstr("As of 2024-02-12 00:00 UTC"));
  EXPECT_THAT(text, HasSubstr("Quiet windows of 2h, all together (UTC); risk: a server passes 80 % "
                              "of its limit"));
  EXPECT_THAT(text, HasSubstr("Tue 03:00  2024-02-13 03:00"));
  EXPECT_THAT(text, HasSubstr("6 of 6 weeks"));
  EXPECT_THAT(text, HasSubstr("If a server is away"));
  EXPECT_THAT(text, HasSubstr("When capacity was short"));
  EXPECT_THAT(text, HasSubstr("2024-01-21 20:00"));
}

TEST(AdviceOutput, as_json) {
  auto json = nlohmann::json::parse(advice_json(advice()));
  EXPECT_EQ(json["now"], "2024-02-12T00:00:00Z");
  ASSERT_EQ(json["servers"].size(), 3U);
  EXPECT_NEAR(json["servers"][0]["p99"].get<double>(), 100, 1);
  EXPECT_EQ(json["servers"][0]["limit_from"], "given");
  EXPECT_TRUE(json["servers"][0]["passes"]["expected"].is_null());
  EXPECT_EQ(json["away"][0]["passes"]["expected"], "2024-02-12T00:00:00Z");
  ASSERT_EQ(json["servers"][0]["shortages"].size(), 1U);
  EXPECT_EQ(json["servers"][0]["shortages"][0]["lost"], 1100);
  EXPECT_EQ(json["servers"][0]["shortages"][0]["unusual"], false);
  EXPECT_EQ(json["servers"][1]["week"].size(), 168U);
  EXPECT_NEAR(json["servers"][1]["week"][27][0].get<double>(), 10, 0.1);
  EXPECT_EQ(json["windows"][0]["windows"][0]["starts"].size(), 4U);
  EXPECT_EQ(json["windows"][0]["windows"][0]["begins"], "Tue 03:00");
  EXPECT_EQ(json["away"].size(), 2U);
}

TEST(AdviceOutput, as_a_calendar) {
  std::string text = advice_calendar(advice(), 1);
  EXPECT_THAT(text, HasSubstr("BEGIN:VCALENDAR\r\n"));
  EXPECT_THAT(text, HasSubstr("DTSTART:20240213T030000Z\r\nDTEND:20240213T050000Z\r\n"));
  EXPECT_THAT(text, HasSubstr("SUMMARY:Quiet window 1: ns\\,2\r\n"));
  std::size_t events = 0;
  for (std::size_t at = text.find("BEGIN:VEVENT"); at != std::string::npos;
       at = text.find("BEGIN:VEVENT", at + 1))
    ++events;
  EXPECT_EQ(events, 12U);  // three lists, four weeks
  EXPECT_THAT(advice_calendar(advice(), 0), Not(HasSubstr("VEVENT")));
}

TEST(AdviceOutput, as_points) {
  std::string text = advice_points(advice());
  EXPECT_THAT(text, HasSubstr("season_forecast,server=ns\\,2 expected=100,"));
  EXPECT_THAT(text, HasSubstr("season_window,rank=1,server=all end="));
  EXPECT_THAT(text, HasSubstr("season_capacity,server=ns1 p99="));
}

TEST(AdviceOutput, of_nothing_says_so) {
  operators::Advice none;
  none.unknown = {"ns1"};
  EXPECT_THAT(advice_text(none), HasSubstr("ns1: less than a day is known"));
  EXPECT_TRUE(advice_points(none).empty());
}

}  // namespace
}  // namespace dnstorm::cli
