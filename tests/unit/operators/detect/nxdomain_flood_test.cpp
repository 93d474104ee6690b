#include "operators/detect/nxdomain_flood.hpp"

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
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> responses = {{"time", Type::time},
                                      {"client", Type::ip},
                                      {"domain", Type::str},
                                      {"rcode", Type::u8},
                                      {"qr", Type::boolean}};

void answers(Traffic& traffic, TimeNs second, const std::string& network, const std::string& domain,
             int nxdomain, int others) {
  for (int i = 0; i < nxdomain + others; ++i)
    traffic.add(second,
                {network + std::to_string(i % 200), domain, i < nxdomain ? "3" : "0", "true"});
}

const TextOptions quick = {{"learn", {"60s"}}, {"nxdomain", {"200"}}};

// One network as the root sees it, half of it NXDOMAIN; one with little.
Traffic background(TimeNs seconds) {
  Traffic traffic;
  for (TimeNs second = 0; second < seconds; ++second) {
    answers(traffic, second, "192.0.2.", "root.example", 50, 60);
    answers(traffic, second, "198.51.100.", "shop.example", 2, 60);
  }
  return traffic;
}

TEST(NxdomainFlood, aShareThatIsUsualIsNone) {
  EXPECT_THAT(events_of(nxdomain_flood_operator(), quick, responses, background(200).steps()),
              IsEmpty());
}

TEST(NxdomainFlood, isFoundInANetworkWithLittle) {
  Traffic traffic = background(240);
  for (TimeNs second = 100; second < 130; ++second)
    answers(traffic, second, "198.51.100.", "any.example", 40, 0);
  EXPECT_THAT(events_of(nxdomain_flood_operator(), quick, responses, traffic.steps()),
              ElementsAre("120s opened 2 198.51.100.0/24 100s 120s",
                          "190s closed 2 198.51.100.0/24 100s 130s"));
}

TEST(NxdomainFlood, isFoundInANetworkThatNobodyKnows) {
  Traffic traffic = background(240);
  for (TimeNs second = 100; second < 130; ++second)
    answers(traffic, second, "2001:db8:0:12::", "any.example", 40, 0);
  EXPECT_THAT(events_of(nxdomain_flood_operator(), quick, responses, traffic.steps()),
              ElementsAre(HasSubstr("120s opened 2 2001:db8::/56"), HasSubstr("190s closed")));
}

TEST(NxdomainFlood, isFoundBelowADomain) {
  Traffic traffic = background(240);
  for (TimeNs second = 100; second < 130; ++second)
    answers(traffic, second, "203.0.113.", "victim.example", 40, 0);
  TextOptions options = quick;
  options["by"] = {"domain"};
  EXPECT_THAT(events_of(nxdomain_flood_operator(), options, responses, traffic.steps()),
              ElementsAre("120s opened 2 victim.example 100s 120s",
                          "190s closed 2 victim.example 100s 130s"));
}

TEST(NxdomainFlood, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 2) {
    answers(traffic, second, "192.0.2.", "root.example", 20, 5);
    answers(traffic, second, "192.0.2.", "shop.example", 3, 20);
    if (second >= 20 && second < 40) answers(traffic, second, "192.0.2.", "victim.example", 60, 0);
  }
  TextOptions options = {
      {"learn", {"10s"}}, {"nxdomain", {"100"}}, {"admit", {"10"}}, {"clear", {"10s"}}};
  for (const char* by : {"domain", "network"}) {
    options["by"] = {by};
    ASSERT_THAT(events_of(nxdomain_flood_operator(), options, responses, traffic.steps(10)),
                SizeIs(2))
        << by;
    check_detector(nxdomain_flood_operator(), options, responses,
                   by == std::string("domain") ? std::vector<std::string>{"domain"}
                                               : std::vector<std::string>{},
                   traffic.steps(10));
  }
}

TEST(NxdomainFlood, refusesWhatDoesNotFit) {
  EXPECT_THAT(declare_error(nxdomain_flood_operator(), {{"by", {"zone"}}}, {responses}),
              HasSubstr("'zone'"));
  EXPECT_THAT(declare_error(nxdomain_flood_operator(), {{"by", {"rcode"}}}, {responses}),
              HasSubstr("is of type u8, not str"));
}

}  // namespace
}  // namespace dnstorm::operators
