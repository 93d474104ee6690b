#include "cluster/control/stats_book.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cluster/control/fake_target.hpp"

namespace dnstorm::cluster {
namespace {

constexpr const char* id = "live-1-1700000000";

std::uint64_t emitted(const StatsBook& book, DurationNs window, TimeNs now) {
  return book.window(id, window, now).components.at("dns").emitted;
}

TEST(WorkerStats, ComeBackAsTheyWereWritten) {
  auto read = stats_from_json(fake_news(10).text);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 3U);
  const Counts& names = read->at(1).counts;
  EXPECT_EQ(names.executed, 10U);
  EXPECT_EQ(names.busy_ns, 10'000'000U);
  EXPECT_EQ(names.inputs.at({"dns", "default"}).wait_ns, 20'000'000U);
  EXPECT_EQ(stats_to_json(*read), fake_news(10).text);
}

TEST(WorkerStats, WhatIsMissingIsNothingAndWhatIsWrongIsAnError) {
  auto read = stats_from_json(R"({"tasks":[{"component":"x","more":[1]}],"else":{}})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->at(0).counts.executed, 0U);
  for (const char* wrong : {"", "{}", "[]", R"({"tasks":[{}]})", R"({"tasks":[{"component":1}]})",
                            R"({"tasks":[{"component":"x","executed":"many"}]})",
                            R"({"tasks":[{"component":"x","inputs":[{}]}]})"})
    EXPECT_FALSE(stats_from_json(wrong).ok()) << wrong;
}

TEST(WorkerStats, TellOfTheProcessAndItsLinks) {
  auto read = process_from_json(
      R"({"cpu_ns":7,"memory_bytes":8,"links":[{"node":"b","connected":true,"bytes_sent":9}]})");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->cpu_ns, 7U);
  EXPECT_EQ(read->memory_bytes, 8U);
  ASSERT_EQ(read->links.size(), 1U);
  EXPECT_TRUE(read->links[0].connected);
  EXPECT_EQ(read->links[0].bytes_sent, 9U);
  EXPECT_EQ(read->links[0].round_trip_ns, 0U);
  EXPECT_EQ(process_from_json("{}")->links.size(), 0U);
  EXPECT_FALSE(process_from_json(R"({"links":[{}]})").ok());
}

TEST(StatsBook, SharesAndRatesAreOfTheTimeBetweenTwoWords) {
  auto told = [](std::uint64_t ms, std::uint64_t incarnation) {
    return WorkerNews{
        "a", id, incarnation, "stats",
        fmt::format(R"({{"tasks":[{{"component":"dns","busy_ns":{0}000000}}],"cpu_ns":{0}000000,)"
                    R"("links":[{{"node":"b","bytes_sent":{0}}}]}})",
                    ms)};
  };
  StatsBook book;
  book.take(told(1000, 1), fake_start);
  EXPECT_EQ(book.tasks(id).at({"dns", 0}).share(&Counts::busy_ns), 0);
  EXPECT_EQ(book.worker(id, "a")->cores(), 0);
  book.take(told(2000, 1), fake_start + 4 * ns_per_s);
  const StatsBook::Worker& worker = *book.worker(id, "a");
  EXPECT_EQ(book.tasks(id).at({"dns", 0}).share(&Counts::busy_ns), 0.25);
  EXPECT_EQ(worker.cores(), 0.25);
  EXPECT_EQ(worker.sent_per_second(worker.now.links.at(0)), 250);
  book.take(told(100, 2), fake_start + 5 * ns_per_s);  // begun anew
  EXPECT_EQ(book.tasks(id).at({"dns", 0}).share(&Counts::busy_ns), 0);
  EXPECT_EQ(worker.cores(), 0);
  EXPECT_EQ(book.worker(id, "nowhere"), nullptr);
}

TEST(StatsBook, AllTimeIsWhatWasToldLast) {
  StatsBook book;
  book.take(fake_news(10), fake_start);
  book.take(fake_news(25), fake_start + ns_per_s);
  EXPECT_EQ(emitted(book, StatsBook::all_time, fake_start + ns_per_s), 25U);
}

TEST(StatsBook, TotalsGoOnWhenAWorkerBeginsAnew) {
  StatsBook book;
  book.take(fake_news(100, 1), fake_start);
  book.take(fake_news(5, 2), fake_start + ns_per_s);
  EXPECT_EQ(emitted(book, StatsBook::all_time, fake_start), 105U);
  book.take(fake_news(200, 1), fake_start + ns_per_s);  // one that is being ended
  EXPECT_EQ(emitted(book, StatsBook::all_time, fake_start), 105U);
  book.take(fake_news(9, 2), fake_start + 2 * ns_per_s);
  EXPECT_EQ(emitted(book, StatsBook::all_time, fake_start), 109U);
}

TEST(StatsBook, AWindowHasWhatCameWithinIt) {
  StatsBook book;
  // One row a second for 30 minutes.
  TimeNs now = fake_start;
  for (std::uint64_t second = 1; second <= 1800; ++second) {
    now += ns_per_s;
    book.take(fake_news(second), now);
  }
  const auto window = book.window(id, 600 * ns_per_s, now);
  EXPECT_NEAR(static_cast<double>(window.components.at("dns").emitted), 600, 10);
  EXPECT_DOUBLE_EQ(static_cast<double>(window.components.at("dns").emitted), window.seconds);
  EXPECT_EQ(emitted(book, 10'800 * ns_per_s, now), 1800U) << "younger than the window";
  const auto recent = book.window(id, StatsBook::recent, now);
  EXPECT_EQ(recent.components.at("dns").emitted, 10U);
  EXPECT_DOUBLE_EQ(recent.seconds, 10);
}

TEST(StatsBook, InAWindowInWhichNothingWasToldThereIsNothing) {
  StatsBook book;
  book.take(fake_news(10), fake_start);
  EXPECT_EQ(emitted(book, 600 * ns_per_s, fake_start + 601 * ns_per_s), 0U);
  EXPECT_EQ(emitted(book, StatsBook::all_time, fake_start + 601 * ns_per_s), 10U);
}

TEST(StatsBook, KeepsABoundedNumberOfSamples) {
  StatsBook book;
  for (std::uint64_t second = 1; second <= 100'000; second += 61)
    book.take(fake_news(second), fake_start + static_cast<TimeNs>(second) * ns_per_s);
  // A day's window is counted from a sample that is a day old, not from the beginning.
  const TimeNs now = fake_start + 100'000 * ns_per_s;
  const auto day = book.window(id, 86'400 * ns_per_s, now);
  EXPECT_NEAR(day.seconds, 86'400, 86'400.0 / 60 + 61);
}

TEST(StatsBook, CountsWhatItCannotReadAndForgetsWhatIsGone) {
  StatsBook book;
  WorkerNews news = fake_news(1);
  news.text = "{";
  book.take(news, fake_start);
  EXPECT_EQ(book.unreadable(), 1U);
  book.take(fake_news(1), fake_start);
  EXPECT_EQ(book.tasks(id).size(), 3U);
  book.keep([](const std::string&) { return false; });
  EXPECT_TRUE(book.tasks(id).empty());
  EXPECT_TRUE(book.window(id, StatsBook::all_time, fake_start).components.empty());
}

}  // namespace
}  // namespace dnstorm::cluster
