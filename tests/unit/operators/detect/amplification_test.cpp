#include "operators/detect/amplification.hpp"

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
using testing::Traffic;

const std::vector<Field> responses = {
    {"time", Type::time}, {"client", Type::ip}, {"qr", Type::boolean},      {"transport", Type::u8},
    {"size", Type::u32},  {"qname", Type::str}, {"qname_length", Type::u16}};

void answer(Traffic& traffic, TimeNs second, const std::string& client, const std::string& qname,
            int size, const std::string& transport = "17") {
  traffic.add(second, {client, "true", transport, std::to_string(size), qname,
                       std::to_string(qname.size() + 2)});
}

// A large resolver with signed answers for many names.
Traffic background(TimeNs seconds) {
  Traffic traffic;
  for (TimeNs second = 0; second < seconds; ++second)
    for (int i = 0; i < 150; ++i)
      answer(traffic, second, "192.0.2." + std::to_string(i % 9),
             "n" + std::to_string(second * 1000 + i) + ".example", 1200);
  return traffic;
}

void attack(Traffic& traffic, TimeNs second, const std::string& transport = "17") {
  for (int i = 0; i < 100; ++i)
    answer(traffic, second, "198.51.100." + std::to_string(i % 250), "any.example", 3000,
           transport);
}

TEST(Amplification, isFoundInItsFirstWindow) {
  Traffic traffic = background(60);
  for (TimeNs second = 20; second < 40; ++second) attack(traffic, second);
  EXPECT_THAT(
      events_of(amplification_operator(), {}, responses, traffic.steps()),
      ElementsAre("30s opened 2 198.51.100.0/24 20s 30s", "100s closed 2 198.51.100.0/24 20s 40s"));
}

TEST(Amplification, aResolverThatAsksForManyNamesIsNoVictim) {
  EXPECT_THAT(events_of(amplification_operator(), {}, responses, background(40).steps()),
              IsEmpty());
}

TEST(Amplification, nobodyForgesAddressesOverTcp) {
  Traffic traffic;
  attack(traffic, 3, "6");
  EXPECT_THAT(
      events_of(amplification_operator(), {{"bits_per_s", {"1000"}}}, responses, traffic.steps()),
      IsEmpty());
}

TEST(Amplification, tellsHowMuch) {
  Traffic traffic;
  for (TimeNs second = 0; second < 10; ++second) attack(traffic, second);
  TaskHarness task(amplification_operator(), {{"admit", {"1"}}}, responses,
                   {.read_outputs = {"key_kind", "evidence"}});
  for (const auto& step : traffic.steps(10)) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("network {\"response_bytes\":3000000,\"query_bytes\":40000,"
                                       "\"bits_per_s\":2368000,\"ratio\":75,\"responses\":1000,"
                                       "\"names_share\":1}"));
}

TEST(Amplification, goesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 2)
    for (int i = 0; i < 30; ++i) {
      answer(traffic, second, "192.0.2.1", "n" + std::to_string(i * second) + ".example", 1500);
      if (second > 20 && second < 40) answer(traffic, second, "198.51.100.9", "x.example", 3000);
    }
  testing::TextOptions options = {{"bits_per_s", {"1e5"}}, {"admit", {"10"}}, {"clear", {"10s"}}};
  ASSERT_THAT(events_of(amplification_operator(), options, responses, traffic.steps(10)),
              SizeIs(2));
  check_detector(amplification_operator(), options, responses, {}, traffic.steps(10));
}

TEST(Amplification, refusesQueriesWithoutSizes) {
  EXPECT_THAT(declare_error(amplification_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'qr'"));
}

}  // namespace
}  // namespace dnstorm::operators
