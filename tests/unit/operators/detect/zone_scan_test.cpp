#include "operators/detect/zone_scan.hpp"

#include <random>
#include <string>
#include <vector>

#include "operators/detect/name_order.hpp"
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

const std::vector<Field> responses = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"rcode", Type::u8}};

std::string random_name(TimeNs second, int i) {
  return "d" + std::to_string(hash_number(static_cast<std::uint64_t>(second * 10000 + i))) +
         ".example";
}

// A resolver, a fifth of whose names do not exist.
void add_resolver(Traffic& traffic, TimeNs second, int rows) {
  for (int i = 0; i < rows; ++i)
    traffic.add(second, {"192.0.2.1", random_name(second, i), i % 5 == 0 ? "3" : "0"});
}
void add_walker(Traffic& traffic, TimeNs second, int rows) {
  for (int i = 0; i < rows; ++i)
    traffic.add(second, {"198.51.100.5", fmt::format("host{:08}.example", second * 1000 + i), "0"});
}
void add_trier(Traffic& traffic, TimeNs second, int rows) {
  for (int i = 0; i < rows; ++i)
    traffic.add(second, {"203.0.113.9", random_name(second, i + 5000), i % 9 == 0 ? "0" : "3"});
}

TEST(ZoneScan, aWalkAlongTheZoneIsFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_resolver(traffic, second, 60);
  for (TimeNs second = 20; second < 40; ++second) add_walker(traffic, second, 10);
  EXPECT_THAT(
      events_of(zone_scan_operator(), {}, responses, traffic.steps()),
      ElementsAre("30s opened 1 198.51.100.5 20s 30s", "100s closed 1 198.51.100.5 20s 40s"));
}

TEST(ZoneScan, tryingNamesIsFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_resolver(traffic, second, 60);
  for (TimeNs second = 80; second < 100; ++second) add_trier(traffic, second, 150);
  EXPECT_THAT(
      events_of(zone_scan_operator(), {{"learn", {"60s"}}}, responses, traffic.steps()),
      ElementsAre("90s opened 1 203.0.113.9 80s 90s", "160s closed 1 203.0.113.9 80s 100s"));
}

TEST(ZoneScan, aResolverIsNone) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_resolver(traffic, second, 300);
  EXPECT_THAT(events_of(zone_scan_operator(), {{"learn", {"0s"}}}, responses, traffic.steps()),
              IsEmpty());
}

TEST(ZoneScan, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 2) {
    add_resolver(traffic, second, 20);
    if (second > 10 && second < 30) add_walker(traffic, second, 20);
    if (second > 30 && second < 50) add_trier(traffic, second, 50);
  }
  TextOptions options = {
      {"distinct", {"100"}}, {"learn", {"0s"}}, {"clear", {"10s"}}, {"factor", {"3"}}};
  ASSERT_THAT(events_of(zone_scan_operator(), options, responses, traffic.steps(10)), SizeIs(5));
  check_detector(zone_scan_operator(), options, responses, {"client"}, traffic.steps(10));
}

TEST(NameOrder, isThatOfZones) {
  const char* ordered[] = {
      "",          "example", "a.example", "yljkjljk.a.example", "z.a.example", "zabc.a.example",
      "z.example", "zz.test"};
  for (std::size_t i = 0; i + 1 < std::size(ordered); ++i) {
    EXPECT_LT(compare_names(ordered[i], ordered[i + 1]), 0) << ordered[i + 1];
    EXPECT_GT(compare_names(ordered[i + 1], ordered[i]), 0) << ordered[i + 1];
    EXPECT_EQ(compare_names(ordered[i], ordered[i]), 0);
  }
}

// Label by label, as RFC 4034 6.1 says it.
int order_of_labels(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    std::size_t begin_a = a.rfind('.') + 1, begin_b = b.rfind('.') + 1;
    if (int order = a.substr(begin_a).compare(b.substr(begin_b)); order != 0) return order;
    a = a.substr(0, begin_a == 0 ? 0 : begin_a - 1);
    b = b.substr(0, begin_b == 0 ? 0 : begin_b - 1);
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

TEST(NameOrder, isThatOfTheirLabelsFromTheRight) {
  std::vector<std::string> names = {"", "."};
  std::mt19937_64 dice(4);
  for (int i = 0; i < 300; ++i) {
    std::string name;
    for (std::uint64_t labels = 1 + dice() % 4; labels != 0; --labels) {
      if (!name.empty()) name += '.';
      for (std::uint64_t letters = 1 + dice() % 3; letters != 0; --letters)
        name += "ab-"[dice() % 3];
    }
    names.push_back(std::move(name));
  }
  auto sign = [](int order) { return static_cast<int>(order > 0) - static_cast<int>(order < 0); };
  for (const std::string& a : names)
    for (const std::string& b : names)
      ASSERT_EQ(sign(compare_names(a, b)), sign(order_of_labels(a, b))) << a << ' ' << b;
}

TEST(ZoneScan, refusesWhatHasNoClient) {
  EXPECT_THAT(declare_error(zone_scan_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'client'"));
}

}  // namespace
}  // namespace dnstorm::operators
