#include "operators/detect/poisoning.hpp"

#include "tests/unit/operators/detect/detect_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_detector;
using testing::declare_error;
using ::testing::ElementsAre;
using testing::events_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TaskHarness;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> near_misses = {{"time", Type::time},  {"client", Type::ip},
                                        {"qname", Type::str},  {"qtype", Type::u16},
                                        {"rcode", Type::u16},  {"difference", Type::u8},
                                        {"got_id", Type::u16}, {"got_client_port", Type::u16}};
const std::vector<Field> outcomes = {{"time", Type::time}, {"client", Type::ip},
                                     {"qname", Type::str}, {"qtype", Type::u16},
                                     {"rcode", Type::u16}, {"differs", Type::boolean}};

void miss(Traffic& traffic, TimeNs second, const std::string& client, const std::string& qname,
          int difference, int id = 7, int port = 5000) {
  traffic.add(second, {client, qname, "1", "0", std::to_string(difference), std::to_string(id),
                       std::to_string(port)});
}

// Late answers without a query, and a miss now and then.
void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 50; ++i)
    miss(traffic, second, "192.0.2." + std::to_string(i % 5), "www.example.com", 0);
  if (second % 5 == 0) miss(traffic, second, "192.0.2.1", "www.example.com", 1);
}

void add_attack(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i)
    miss(traffic, second, "192.0.2.9", "r" + std::to_string(i) + ".bank.com", 1 + i % 4);
}

const TextOptions by_client = {{"by", {"client"}}};

TEST(Poisoning, ofADomainIsFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second);
  for (TimeNs second = 30; second < 50; ++second) add_attack(traffic, second, 12);
  EXPECT_THAT(events_of(poisoning_operator(), {}, near_misses, traffic.steps()),
              ElementsAre("40s opened 3 bank.com 30s 40s", "110s closed 3 bank.com 30s 50s"));
}

TEST(Poisoning, ofAClientIsFoundInItsFirstWindow) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second);
  for (TimeNs second = 30; second < 50; ++second) add_attack(traffic, second, 12);
  EXPECT_THAT(events_of(poisoning_operator(), by_client, near_misses, traffic.steps()),
              ElementsAre("40s opened 3 192.0.2.9 30s 40s", "110s closed 3 192.0.2.9 30s 50s"));
}

TEST(Poisoning, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(poisoning_operator(), {}, near_misses, traffic.steps()), IsEmpty());
}

TEST(Poisoning, aNetworkThatAlwaysChangesPortsIsNoAttack) {
  Traffic traffic;
  for (TimeNs second = 0; second < 700; ++second)
    for (int i = 0; i < 1 + second / 70; ++i)
      miss(traffic, second, "192.0.2.1", "www.example.com", 2);
  EXPECT_THAT(events_of(poisoning_operator(), {}, near_misses, traffic.steps()), IsEmpty());
}

TEST(Poisoning, severalIdsForEachOfManyPortsAreGuesses) {
  auto strays = [](int ports) {
    Traffic traffic;
    for (int i = 0; i < 100; ++i)
      miss(traffic, 3, "192.0.2.9", "www.example.com", 0, i, 5000 + i % ports);
    return events_of(poisoning_operator(), {}, near_misses, traffic.steps());
  };
  EXPECT_THAT(strays(40),
              ElementsAre("10s opened 3 example.com 0s 10s", "70s closed 3 example.com 0s 10s"));
  EXPECT_THAT(strays(1), IsEmpty()) << "reflected to one port";
  EXPECT_THAT(strays(100), IsEmpty()) << "each with an id and a port of its own";
}

TEST(Poisoning, secondAnswersThatDifferCount) {
  Traffic traffic;
  for (int i = 0; i < 200; ++i)
    traffic.add(3, {"192.0.2.9", "www.example.com", "1", "0", i % 5 == 0 ? "true" : "false"});
  TaskHarness task(poisoning_operator(), {}, outcomes, {.read_outputs = {"key", "evidence"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("example.com {\"answers\":40,\"answers_per_s\":4,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"other_id\":0,\"other_port\":0,\"other_question\":0,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"second_answers\":40"));
}

TEST(Poisoning, saysWhatDiffered) {
  Traffic traffic;
  add_attack(traffic, 3, 200);
  TaskHarness task(poisoning_operator(), {{"admit", {"1"}}}, near_misses,
                   {.read_outputs = {"key", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("bank.com {\"answers\":200,\"answers_per_s\":20,"));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("\"other_id\":50,\"other_port\":100,\"other_question\":50,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.9 r0.bank.com A NOERROR"));
}

TEST(Poisoning, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    if (second > 10 && second < 30) add_attack(traffic, second, 20);
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(poisoning_operator(), options, near_misses, traffic.steps(10)), SizeIs(2));
  check_detector(poisoning_operator(), options, near_misses, {}, traffic.steps(10));
  options["by"] = {"client"};
  check_detector(poisoning_operator(), options, near_misses, {"client"}, traffic.steps(10));
}

TEST(Poisoning, refusesInputsThatDoNotFit) {
  std::vector<Field> neither = {
      {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"difference", Type::ip}};
  EXPECT_THAT(declare_error(poisoning_operator(), {}, {neither}),
              HasSubstr("has neither 'difference'"));
}

}  // namespace
}  // namespace dnstorm::operators
