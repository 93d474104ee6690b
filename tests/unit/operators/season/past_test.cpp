#include "operators/season/past.hpp"

#include <gtest/gtest.h>

#include "operators/season/calendar.hpp"

namespace dnstorm::operators {
namespace {

constexpr TimeNs monday = start_of(473'352);  // 2024-01-01

TEST(MinuteRows, puts_rows_of_a_minute_together_in_any_order) {
  MinuteRows rows;
  for (int m = 59; m >= 0; --m) {
    rows.add("ns1", monday + m * ns_per_minute + 7, {.count = 60});
    rows.add("ns1", monday + m * ns_per_minute + 30 * ns_per_s, {.count = 40, .drops = 1});
    rows.add("ns1", monday + m * ns_per_minute, {.latency_us = 250});
  }
  rows.add("ns2", monday, {.latency_us = 9});  // no count: not a minute
  Pasts pasts = rows.take(10);
  EXPECT_TRUE(rows.empty());
  ASSERT_EQ(pasts.size(), 1U);
  HourSummary hour = pasts.at("ns1").history.at(hour_of(monday));
  EXPECT_EQ(hour.minutes, 60U);
  EXPECT_EQ(hour.median, 100);
  EXPECT_EQ(hour.drops, 60);
}

TEST(MinuteRows, counts_servers_beyond_the_busiest_as_others) {
  MinuteRows rows;
  for (int m = 0; m < 60; ++m)
    for (int server = 1; server <= 5; ++server)
      rows.add("ns" + std::to_string(server), monday + m * ns_per_minute, {.count = 10.0 * server});
  Pasts pasts = rows.take(2);
  ASSERT_EQ(pasts.size(), 3U);
  EXPECT_EQ(pasts.at("ns5").history.at(hour_of(monday)).median, 50);
  EXPECT_EQ(pasts.at("OTHER").history.at(hour_of(monday)).median, 60);
}

TEST(SeasonFile, holds_what_is_known) {
  MinuteRows rows;
  for (int m = 0; m < 180; ++m) {
    rows.add("ns1", monday + m * ns_per_minute, {.count = 100.0 + m, .latency_us = 300});
    rows.add("ns2", monday + m * ns_per_minute, {.count = 7});
  }
  Pasts pasts = rows.take(10);
  std::string bytes = season_file(pasts);
  EXPECT_TRUE(is_season_file(bytes));
  auto again = read_season_file(bytes);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(season_file(*again), bytes);
  merge(*again, pasts);  // the same once more
  EXPECT_EQ(again->at("ns1").history.end(), hour_of(monday) + 3);
  EXPECT_EQ(again->at("ns1").history.at(hour_of(monday) + 1).median, 189.5F);
}

TEST(SeasonFile, that_is_damaged_is_refused) {
  MinuteRows rows;
  for (int m = 0; m < 60; ++m) rows.add("ns1", monday + m * ns_per_minute, {.count = 1});
  std::string bytes = season_file(rows.take(1));
  EXPECT_EQ(read_season_file("SQLite format 3").error().kind, ErrorKind::data);
  EXPECT_FALSE(read_season_file(bytes + "x").ok());
  for (std::size_t size = 0; size < bytes.size(); size += 5)
    EXPECT_FALSE(read_season_file(std::string_view(bytes).substr(0, size)).ok());
}

TEST(Calendar, is_that_of_rfc_5545) {
  std::string text = calendar_text({{.uid = "1@dnstorm",
                                     .start = monday,
                                     .end = monday + 2 * ns_per_hour,
                                     .summary = "Quiet; really, very",
                                     .description = "a\nb\\"}},
                                   monday, "-//dnstorm//EN");
  EXPECT_EQ(text,
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//dnstorm//EN\r\nCALSCALE:GREGORIAN\r\n"
            "BEGIN:VEVENT\r\nUID:1@dnstorm\r\nDTSTAMP:20240101T000000Z\r\n"
            "DTSTART:20240101T000000Z\r\nDTEND:20240101T020000Z\r\n"
            "SUMMARY:Quiet\\; really\\, very\r\nDESCRIPTION:a\\nb\\\\\r\nTRANSP:TRANSPARENT\r\n"
            "END:VEVENT\r\nEND:VCALENDAR\r\n");
}

TEST(Calendar, folds_long_lines_between_characters) {
  std::string summary;
  for (int i = 0; i < 60; ++i) summary += "\xC3\xA4x";
  std::string text = calendar_text({{.uid = "1", .summary = summary}}, 0, "p"), unfolded;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find("\r\n", begin);
    std::string line = text.substr(begin, end - begin);
    EXPECT_LE(line.size(), 75U);
    EXPECT_NE(static_cast<unsigned char>(line[line[0] == ' ' ? 1 : 0]) & 0xC0, 0x80);
    unfolded += line[0] == ' ' ? line.substr(1) : line;
    begin = end + 2;
  }
  EXPECT_NE(unfolded.find(summary), std::string::npos);
}

}  // namespace
}  // namespace dnstorm::operators
