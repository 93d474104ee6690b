#include "operators/detect/dga.hpp"

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
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},  {"qr", Type::boolean}};

void answer(Traffic& traffic, TimeNs second, const std::string& client, const std::string& qname,
            const std::string& domain, int rcode = 3) {
  traffic.add(second, {client, qname, domain, "1", std::to_string(rcode), "true"});
}

std::string letters(std::size_t size, std::int64_t number) {
  std::string text;
  for (std::uint64_t dice = hash_number(static_cast<std::uint64_t>(number) + 1); text.size() < size;
       dice = hash_number(dice))
    text += static_cast<char>('a' + dice % 26);
  return text;
}

void add_infected(Traffic& traffic, TimeNs second, int each, const std::string& client) {
  for (int i = 0; i < each; ++i) {
    std::string domain = letters(12, second * 100 + i) + (i % 2 == 0 ? ".com" : ".info");
    answer(traffic, second, client, domain, domain);
  }
}

// What does not exist for ordinary clients: mistyped names, hosts of a company, devices at home.
void add_background(Traffic& traffic, TimeNs second) {
  static const std::vector<std::string> words = {"weather", "network", "garden",  "library",
                                                 "station", "market",  "picture", "service"};
  auto mistyped = [&](TimeNs number) {
    auto at = static_cast<std::size_t>(number);
    std::string word = words[at % words.size()];
    return word.erase(at / words.size() % word.size(), 1);
  };
  for (int i = 0; i < 10; ++i) {
    std::string client = "192.0.2." + std::to_string(i);
    std::string domain = mistyped(second + i) + ".com";
    if (second % 20 == i) answer(traffic, second, client, "www." + domain, domain);
    answer(traffic, second, client, letters(10, second * 10 + i) + ".office.net", "office.net");
    answer(traffic, second, client, letters(15, second * 10 + i) + ".lan",
           letters(15, second * 10 + i) + ".lan");
    answer(traffic, second, client, letters(9, second * 10 + i), letters(9, second * 10 + i));
    std::string exists = letters(11, second * 10 + i) + ".org";
    answer(traffic, second, client, exists, exists, 0);
  }
}

TEST(Dga, anInfectedClientIsFoundAndTheEventClosedWhenItIsQuiet) {
  Traffic traffic;
  for (TimeNs second = 0; second < 900; second += 1) add_background(traffic, second);
  for (TimeNs second = 40; second < 70; ++second) add_infected(traffic, second, 1, "198.51.100.9");
  EXPECT_THAT(
      events_of(dga_operator(), {}, responses, traffic.steps()),
      ElementsAre("50s opened 2 198.51.100.9 40s 50s", "670s closed 2 198.51.100.9 40s 70s"));
}

TEST(Dga, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 600; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(dga_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(Dga, aNameCountsOnceHoweverOftenItIsAskedFor) {
  Traffic traffic;
  for (TimeNs second = 0; second < 600; ++second)
    answer(traffic, second, "192.0.2.1", "xkqzjwvbnt.com", "xkqzjwvbnt.com");
  EXPECT_THAT(events_of(dga_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(Dga, labelsBelowDynamicDomainsAreLookedAt) {
  Traffic traffic;
  for (int i = 0; i < 10; ++i)
    answer(traffic, i, "192.0.2.1", letters(10, i) + ".yi.org", "yi.org");
  EXPECT_THAT(events_of(dga_operator(), {}, responses, traffic.steps()), SizeIs(2));
  EXPECT_THAT(events_of(dga_operator(), {{"suffixes", {"mooo.com"}}}, responses, traffic.steps()),
              IsEmpty());
}

TEST(Dga, allowedClientsRaiseNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 10; ++second) add_infected(traffic, second, 5, "198.51.100.9");
  EXPECT_THAT(
      events_of(dga_operator(), {{"allow", {"198.51.100.0/24"}}}, responses, traffic.steps()),
      IsEmpty());
}

TEST(Dga, saysWhatItSaw) {
  Traffic traffic;
  add_infected(traffic, 3, 20, "198.51.100.9");
  testing::TaskHarness task(dga_operator(), {}, responses,
                            {.read_outputs = {"evidence", "samples", "detector", "key_kind"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("dga client {\"level\":"));
  EXPECT_THAT(task.rows()[0], HasSubstr(",\"names\":20,\"generated\":20,\"alike\":0,"));
  EXPECT_THAT(task.rows()[0], HasSubstr(letters(12, 300) + ".com A NXDOMAIN\""));
}

TEST(Dga, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 45; second += 3) {
    add_background(traffic, second);
    for (int i = 0; i < 4; ++i)
      if (second >= 10 && second < 25)
        add_infected(traffic, second, i, "198.51.100." + std::to_string(i));
  }
  TextOptions options = {{"level", {"5"}}, {"clear", {"10s"}}, {"memory", {"1Mi"}}};
  ASSERT_THAT(events_of(dga_operator(), options, responses, traffic.steps(10)), SizeIs(6));
  check_detector(dga_operator(), options, responses, {"client"}, traffic.steps(10));
}

TEST(Dga, refusesInputsAndOptionsThatDoNotFit) {
  auto error = [](const TextOptions& options, std::vector<Field> fields) {
    return declare_error(dga_operator(), options, {std::move(fields)});
  };
  EXPECT_THAT(error({}, {{"time", Type::time}, {"qname", Type::str}}), HasSubstr("'client'"));
  EXPECT_THAT(error({{"level", {"41"}}}, responses), HasSubstr("level"));
}

}  // namespace
}  // namespace dnstorm::operators
