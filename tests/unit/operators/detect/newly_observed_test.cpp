#include "operators/detect/newly_observed.hpp"

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

void answer(Traffic& traffic, TimeNs second, const std::string& domain, int rcode = 0) {
  traffic.add(second, {"192.0.2.7", "www." + domain, domain, "1", std::to_string(rcode), "true"});
}

// A hundred domains that are asked for all the time, and in each second one that is asked for once.
void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 50; ++i)
    answer(traffic, second, "site" + std::to_string((second * 50 + i) % 100) + ".com");
  answer(traffic, second, "once" + std::to_string(second) + ".com");
  for (int i = 0; i < 20; ++i) answer(traffic, second, "none.com", 3);
}

void add_new(Traffic& traffic, TimeNs second, const std::string& domain, int each) {
  for (int i = 0; i < each; ++i) answer(traffic, second, domain);
}

const TextOptions options = {
    {"warm_up", {"60s"}}, {"admit", {"30"}}, {"window", {"10s"}}, {"memory", {"1Mi"}}};

TEST(NewlyObserved, aNewDomainIsToldOfOnceIfManyAskForIt) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) {
    add_background(traffic, second);
    if (second > 122) add_new(traffic, second, "fresh.com", 10);
  }
  EXPECT_THAT(
      events_of(newly_observed_operator(), options, responses, traffic.steps()),
      ElementsAre("130s opened 2 fresh.com 120s 130s", "190s closed 2 fresh.com 120s 130s"));
}

TEST(NewlyObserved, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 600; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(newly_observed_operator(), options, responses, traffic.steps()), IsEmpty());
}

TEST(NewlyObserved, saysNothingWhileItLearns) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    add_background(traffic, second);
    if (second >= 40) add_new(traffic, second, "early.com", 10);
  }
  EXPECT_THAT(events_of(newly_observed_operator(), options, responses, traffic.steps()), IsEmpty())
      << "not afterwards, either: it is known by then";
}

TEST(NewlyObserved, whatIsNotAskedForAtOnceIsKnownLater) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) {
    add_background(traffic, second);
    if (second == 100) answer(traffic, second, "slow.com");
    if (second > 150) add_new(traffic, second, "slow.com", 20);
  }
  EXPECT_THAT(events_of(newly_observed_operator(), options, responses, traffic.steps()), IsEmpty());
}

// A fast capture brings the rows of many windows before the first watermark of them.
TEST(NewlyObserved, whatEarlierWindowsHadIsKnownBeforeTheirWatermarkComes) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) {
    add_background(traffic, second);
    if (second == 100) answer(traffic, second, "slow.com");
    if (second >= 130 && second < 160) add_new(traffic, second, "slow.com", 20);
    if (second >= 122 && second < 160) add_new(traffic, second, "fresh.com", 10);
  }
  std::vector<testing::RescaleStep> prompt = traffic.steps();
  std::vector<testing::RescaleStep> late(prompt.begin(), prompt.begin() + 20);
  late.push_back({{}, prompt.back().watermark});
  for (auto step = prompt.begin() + 20; step != prompt.end(); ++step)
    late.back().rows.insert(late.back().rows.end(), step->rows.begin(), step->rows.end());
  for (const auto& steps : {prompt, late})
    EXPECT_THAT(
        events_of(newly_observed_operator(), options, responses, steps),
        ElementsAre("130s opened 2 fresh.com 120s 130s", "190s closed 2 fresh.com 120s 130s"));
}

TEST(NewlyObserved, allowedDomainsRaiseNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) add_background(traffic, second);
  add_new(traffic, 95, "fresh.com", 100);
  TextOptions with = options;
  ASSERT_THAT(events_of(newly_observed_operator(), with, responses, traffic.steps()), SizeIs(2));
  with["allow"] = {"fresh.com"};
  EXPECT_THAT(events_of(newly_observed_operator(), with, responses, traffic.steps()), IsEmpty());
}

TEST(NewlyObserved, saysWhatItSaw) {
  Traffic traffic;
  add_background(traffic, 1);
  add_new(traffic, 95, "fresh.com", 60);
  testing::TaskHarness task(newly_observed_operator(), options, responses,
                            {.read_outputs = {"evidence", "samples", "detector", "key_kind"}});
  for (const auto& step : traffic.steps()) {
    testing::feed_all(task, step.rows);
    task.watermark(step.watermark);
  }
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("newly_observed domain {\"responses\":60,\"responses_per_s\":6,"));
  EXPECT_THAT(task.rows()[0], HasSubstr(" 192.0.2.7 www.fresh.com A NOERROR\""));
}

TEST(NewlyObserved, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 3) {
    add_background(traffic, second);
    if (second > 30) add_new(traffic, second, "fresh" + std::to_string(second / 10) + ".com", 20);
  }
  TextOptions shorter = options;
  shorter["warm_up"] = {"20s"};
  shorter["clear"] = {"10s"};
  shorter["memory"] = {"64Ki"};
  ASSERT_THAT(events_of(newly_observed_operator(), shorter, responses, traffic.steps(10)),
              SizeIs(6));
  check_detector(newly_observed_operator(), shorter, responses, {"domain"}, traffic.steps(10));
}

TEST(NewlyObserved, refusesInputsAndOptionsThatDoNotFit) {
  auto error = [](const TextOptions& with, std::vector<Field> fields) {
    return declare_error(newly_observed_operator(), with, {std::move(fields)});
  };
  EXPECT_THAT(error({}, {{"time", Type::time}, {"rcode", Type::u8}}), HasSubstr("'domain'"));
  EXPECT_THAT(error({{"memory", {"1"}}}, responses), HasSubstr("memory"));
}

}  // namespace
}  // namespace dnstorm::operators
