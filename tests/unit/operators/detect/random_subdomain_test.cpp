#include "operators/detect/random_subdomain.hpp"

#include "tests/unit/operators/detect/detect_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_detector;
using testing::declare_error;
using ::testing::ElementsAre;
using testing::events_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> responses = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},  {"qr", Type::boolean}};

void answer(Traffic& traffic, TimeNs second, const std::string& label, const std::string& domain,
            int rcode) {
  traffic.add(second,
              {"192.0.2.7", label + "." + domain, domain, "1", std::to_string(rcode), "true"});
}

// A site that answers, one with a few names that do not exist, and a list of addresses.
void add_background(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i) {
    answer(traffic, second, "host" + std::to_string(second * 1000 + i), "busy.example", 0);
    answer(traffic, second, "wpad" + std::to_string(i % 4), "office.example", 3);
    answer(traffic, second, std::to_string(i) + ".2.0." + std::to_string(second), "list.example",
           3);
  }
}

void add_attack(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i)
    answer(traffic, second,
           "x" + std::to_string(hash_number(static_cast<std::uint64_t>(second * 100000 + i))),
           "victim.example", i % 5 == 0 ? 2 : 3);
}

TEST(RandomSubdomain, isFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 150; ++second) add_background(traffic, second, 60);
  for (TimeNs second = 30; second < 60; ++second) add_attack(traffic, second, 300);
  EXPECT_THAT(
      events_of(random_subdomain_operator(), {}, responses, traffic.steps()),
      ElementsAre("40s opened 3 victim.example 30s 40s", "120s closed 3 victim.example 30s 60s"));
}

TEST(RandomSubdomain, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_background(traffic, second, 200);
  EXPECT_THAT(events_of(random_subdomain_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(RandomSubdomain, tellsOfItAgainOnceAMinuteAndWhenItGetsWorse) {
  Traffic traffic;
  for (TimeNs second = 0; second < 140; ++second)
    add_attack(traffic, second, second < 20 ? 60 : 200);
  EXPECT_THAT(
      events_of(random_subdomain_operator(), {}, responses, traffic.steps()),
      ElementsAre("10s opened 1 victim.example 0s 10s", "30s updated 2 victim.example 0s 30s",
                  "90s updated 2 victim.example 0s 90s", "200s closed 2 victim.example 0s 140s"));
}

TEST(RandomSubdomain, whatIsUsualOfADomainIsNoAttack) {
  Traffic traffic;
  // Grows slowly to far above the threshold, then eightfold at once.
  for (TimeNs second = 0; second < 600; ++second)
    add_attack(traffic, second, static_cast<int>(20 + second / 6));
  auto quiet = events_of(random_subdomain_operator(), {}, responses, traffic.steps());
  EXPECT_THAT(quiet, IsEmpty());
  for (TimeNs second = 600; second < 610; ++second) add_attack(traffic, second, 1500);
  EXPECT_THAT(events_of(random_subdomain_operator(), {}, responses, traffic.steps()),
              ElementsAre(HasSubstr("610s opened"), HasSubstr("670s closed")));
}

// The part of an attack in the window that it begins in is too little for an alarm, and must not
// make the rest of it usual: neither where the run begins in the middle of a window ...
TEST(RandomSubdomain, thatBeginsWithinTheFirstWindowIsFoundInTheNext) {
  Traffic traffic;
  for (TimeNs second = 6; second < 80; ++second) add_background(traffic, second, 5);
  for (TimeNs second = 6; second < 50; ++second) add_attack(traffic, second, 100);
  EXPECT_THAT(
      events_of(random_subdomain_operator(), {}, responses, traffic.steps()),
      ElementsAre("20s opened 1 victim.example 10s 20s", "110s closed 1 victim.example 10s 50s"));
}

// ... nor where the domain has never failed before, nor where it has failed once.
TEST(RandomSubdomain, ofADomainThatIsNewIsFoundInTheNextWindow) {
  for (int before : {0, 6}) {
    Traffic traffic;
    for (TimeNs second = 0; second < 170; ++second) add_background(traffic, second, 60);
    for (TimeNs second = 30; second < 40; ++second) add_attack(traffic, second, before);
    for (TimeNs second = 46; second < 90; ++second) add_attack(traffic, second, 100);
    EXPECT_THAT(
        events_of(random_subdomain_operator(), {}, responses, traffic.steps()),
        ElementsAre("60s opened 1 victim.example 50s 60s", "150s closed 1 victim.example 50s 90s"));
  }
}

TEST(RandomSubdomain, saysWhatItSaw) {
  Traffic traffic;
  add_attack(traffic, 3, 700);
  TaskHarness task(random_subdomain_operator(), {}, responses,
                   {.read_outputs = {"evidence", "samples", "detector", "key_kind"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_EQ(task.rows().size(), 1U);
  EXPECT_THAT(task.rows()[0], HasSubstr("random_subdomain domain {\"distinct\":"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"failed\":700,\"failed_per_s\":70,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("[\"1970-01-01T00:00:03.000000049Z 192.0.2.7 x"));
  EXPECT_THAT(task.rows()[0], HasSubstr(".victim.example A SERVFAIL\","));
}

TEST(RandomSubdomain, isFoundWhereNobodyAnswers) {
  std::vector<Field> transactions = {{"time", Type::time},
                                     {"qname", Type::str},
                                     {"domain", Type::str},
                                     {"rcode", Type::u16},
                                     {"status", Type::u8, Role::plain, "match_status"}};
  Traffic traffic;
  for (int i = 0; i < 1400; ++i)
    traffic.add(3, {"x" + std::to_string(i) + "y.silent.example", "silent.example", "0",
                    i % 2 == 0 ? "1" : "0"});
  EXPECT_THAT(events_of(random_subdomain_operator(), {}, transactions, traffic.steps()),
              ElementsAre(HasSubstr("10s opened 1 silent.example"), HasSubstr("closed")));
}

TEST(RandomSubdomain, allowedDomainsRaiseNothing) {
  Traffic traffic;
  add_attack(traffic, 3, 700);
  EXPECT_THAT(
      events_of(random_subdomain_operator(), {{"allow", {"example"}}}, responses, traffic.steps()),
      IsEmpty());
}

TEST(RandomSubdomain, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 45; second += 3) {
    add_background(traffic, second, 20);
    if (second >= 10 && second < 25) add_attack(traffic, second, 150);
  }
  TextOptions options = {{"distinct", {"100"}}, {"admit", {"10"}}, {"clear", {"10s"}}};
  ASSERT_THAT(events_of(random_subdomain_operator(), options, responses, traffic.steps(10)),
              ::testing::SizeIs(2));
  check_detector(random_subdomain_operator(), options, responses, {"domain"}, traffic.steps(10));
}

TEST(RandomSubdomain, keysThatFindNoRoomAreCounted) {
  Traffic traffic;
  for (int i = 0; i < 3000; ++i) answer(traffic, 1, "www", "d" + std::to_string(i) + ".example", 3);
  TaskHarness task(random_subdomain_operator(), {{"keys_max", {"128"}}, {"admit", {"1"}}},
                   responses);
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  EXPECT_EQ(task.counter("keys_refused"), 3000U - 128);
}

TEST(RandomSubdomain, refusesInputsAndOptionsThatDoNotFit) {
  auto error = [](const TextOptions& options, std::vector<Field> fields) {
    return declare_error(random_subdomain_operator(), options, {std::move(fields)});
  };
  EXPECT_THAT(error({}, {{"time", Type::time}, {"qname", Type::str}}), HasSubstr("'domain'"));
  EXPECT_THAT(error({{"by", {"client"}}}, responses), HasSubstr("is of type ip, not str"));
  EXPECT_THAT(error({{"allow", {"192.0.2.0/44"}}}, responses), HasSubstr("is no network"));
}

}  // namespace
}  // namespace dnstorm::operators
