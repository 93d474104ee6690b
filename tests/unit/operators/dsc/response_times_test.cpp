// Response times out of the messages themselves.
#include "operators/dsc/response_times.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "tests/unit/operators/dsc/messages.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::count_all;
using testing::counted;
using testing::Different;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message;
using testing::message_fields_of_dsc;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

TextRow query(const char* time, const char* txn = "1", Different more = {}) {
  more["time"] = time;
  more["txn"] = txn;
  return message(more);
}
TextRow response(const char* time, const char* txn = "1") {
  return query(time, txn, {{"qr", "true"}});
}
TextOptions with(TextOptions options = {}) {
  options["datasets"] = {"response_time"};
  return options;
}

TEST(DscResponseTimesOfMessages, ABucketForEachPair) {
  std::vector<TextRow> rows = {query("1s", "3"),       query("1s", "2"),
                               query("1s", "0"),       response("1.005s", "3"),
                               response("1.05s", "2"), response("1.007s", "0"),
                               response("1.1s", "2")};
  EXPECT_THAT(count_all(with(), rows),
              ElementsAre("ALL 1000-10000 2", "ALL missing_queries 1", "ALL 10000-100000 1"));
}

// To DSC a query that comes again has timed out, and the time of the second one counts.
TEST(DscResponseTimesOfMessages, Retransmissions) {
  std::vector<TextRow> rows = {query("1s"), query("1.5s"), response("1.505s")};
  EXPECT_THAT(count_all(with(), rows), ElementsAre("ALL 100000-1000000 1"));
  EXPECT_THAT(count_all(with({{"compat", {"exact"}}}), rows),
              ElementsAre("ALL timeouts 1", "ALL 1000-10000 1"));
}

TEST(DscResponseTimesOfMessages, TimeoutsCountWhenTheyAreOne) {
  TaskHarness task(dsc_operator(), with(), message_fields_of_dsc());
  task.feed({query("50s"), query("58s", "2")});
  task.watermark(56 * ns_per_s);
  task.feed({query("61s", "3"), response("61.002s", "3")});
  task.watermark(62 * ns_per_s);
  EXPECT_THAT(counted(task), ElementsAre("ALL timeouts 1"));
  // The second one times out at 63 s, the fourth still waits where the capture ends.
  task.feed({query("64s", "4")});
  task.finish();
  EXPECT_THAT(counted(task), ElementsAre("ALL timeouts 1", "ALL 1000-10000 1"));
}

// Whether or not the watermark has told it before the response comes.
TEST(DscResponseTimesOfMessages, AResponseAfterTheLongestTimeHasNoQuery) {
  for (bool told : {false, true}) {
    TaskHarness task(dsc_operator(), with(), message_fields_of_dsc());
    task.feed({query("1s")});
    if (told) task.watermark(7 * ns_per_s);
    task.feed({response("7s")});
    task.finish();
    EXPECT_THAT(counted(task), ElementsAre("ALL missing_queries 1", "ALL timeouts 1")) << told;
  }
  EXPECT_THAT(count_all(with({{"compat", {"exact"}}}), {query("1s"), response("7s")}),
              ElementsAre("ALL 1000000-10000000 1"));
}

TEST(DscResponseTimesOfMessages, NoMoreThanSoManyWait) {
  std::vector<TextRow> rows = {query("1s", "1"), query("2s", "2"), query("3s", "3"),
                               response("3.1s", "1"), response("3.1s", "3")};
  TextOptions options = with({{"response_time_max_queries", {"2"}}});
  EXPECT_THAT(
      count_all(options, rows),
      ElementsAre("ALL dropped_queries 1", "ALL missing_queries 1", "ALL 1000000-10000000 1"));
  options["response_time_full_mode"] = {"drop_oldest"};
  EXPECT_THAT(
      count_all(options, rows),
      ElementsAre("ALL dropped_queries 1", "ALL missing_queries 1", "ALL 100000-1000000 1"));
}

TEST(DscResponseTimesOfMessages, ByAnotherDimension) {
  TextOptions options = {{"datasets", {"d dns T:response_time V:ip_version any"}}};
  std::vector<TextRow> rows = {query("1s", "1"), query("1s", "2", {{"ip_version", "6"}}),
                               response("1.005s"), query("20s", "3")};
  TaskHarness task(dsc_operator(), options, message_fields_of_dsc());
  task.feed(rows);
  task.watermark(20 * ns_per_s);
  task.finish();
  EXPECT_THAT(counted(task), ElementsAre("timeouts IPv6 1", "1000-10000 IPv4 1"));
}

TEST(DscResponseTimesOfMessages, GoOnFromACheckpoint) {
  for (const char* compat : {"correct", "exact"}) {
    TextOptions options = with({{"compat", {compat}},
                                {"response_time_max_queries", {"40"}},
                                {"response_time_full_mode", {"drop_oldest"}}});
    std::mt19937 dice(3);
    std::vector<testing::Step> steps;
    for (unsigned second = 0; second < 90; second += 15) {
      std::vector<TextRow> rows;
      for (unsigned i = 0; i < 60; ++i) {
        std::string time = fmt::format("{}", (second * 4 + i) * (ns_per_s / 4));
        std::string txn = std::to_string(dice() % 50);
        rows.push_back(dice() % 2 == 0 ? query(time.c_str(), txn.c_str())
                                       : response(time.c_str(), txn.c_str()));
      }
      steps.push_back(testing::rows(rows));
      steps.push_back(testing::until(second * ns_per_s));
    }
    testing::check_resumes(
        [&] {
          return std::make_unique<TaskHarness>(dsc_operator(), options, message_fields_of_dsc());
        },
        steps);
  }
}

TEST(DscResponseTimesOfMessages, RefusesWhatOneTaskCannotTell) {
  auto refusal = [](const TextOptions& options) {
    return testing::declare_error(dsc_operator(), options, {message_fields_of_dsc()});
  };
  EXPECT_THAT(refusal(with({{"partial", {"true"}}})), HasSubstr("feed the rows of a match, too"));
  EXPECT_THAT(refusal({{"datasets", {"d dns T:response_time C:client any"}}}),
              HasSubstr("numbers other than ports, and classes"));
  EXPECT_THAT(refusal({{"datasets", {"response_time", "d dns A:null T:response_time any"}}}),
              HasSubstr("another one by response_time"));
}

// Against a map, with keys that collide and come again.
TEST(DscResponseTimesTable, FindsWhatAMapFinds) {
  DscBuckets buckets;
  DscResponseTimes times(buckets, 1'000'000, false, 1);
  std::map<std::uint64_t, TimeNs> expected;
  std::mt19937_64 dice(5);
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t txn = (dice() % 3000 + 1) << (dice() % 2 * 12);
    TimeNs now = i * ns_per_us;
    if (dice() % 2 == 0) {
      EXPECT_EQ(times.query(txn, now, 0), dsc_no_code);
      expected.emplace(txn, now);
      continue;
    }
    auto found = expected.find(txn);
    std::uint32_t code = found == expected.end()
                             ? DscBuckets::missing_queries
                             : buckets.code(static_cast<std::uint64_t>(i) -
                                            static_cast<std::uint64_t>(found->second / ns_per_us));
    ASSERT_EQ(times.response(txn, now), code) << i;
    if (found != expected.end()) expected.erase(found);
  }
  EXPECT_EQ(times.open(), expected.size());
}

}  // namespace
}  // namespace dnstorm::operators
