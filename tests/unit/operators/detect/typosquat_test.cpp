#include "operators/detect/typosquat.hpp"

#include <fstream>

#include "tests/unit/operators/detect/detect_rows.hpp"
#include "tests/unit/temporary_folder.hpp"

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

const std::vector<Field> responses = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},  {"qr", Type::boolean}};

void answer(Traffic& traffic, TimeNs second, const std::string& domain, int rcode = 0) {
  traffic.add(second, {"192.0.2.7", "www." + domain, domain, "1", std::to_string(rcode), "true"});
}

void add_background(Traffic& traffic, TimeNs second) {
  for (const char* domain : {"example.com", "example.org", "paypal.com", "sample.com",
                             "wikipedia.org", "xn--mnchen-3ya.de", "exempli.net"})
    answer(traffic, second, domain);
  answer(traffic, second, "examlpe.com", 3);
}

const TextOptions options = {{"protect", {"example.com", "paypal.com"}}};

TEST(Typosquat, aDoubleIsFoundAtItsFirstAnswerAndToldOfOnce) {
  Traffic traffic;
  for (TimeNs second = 0; second < 300; second += 10) add_background(traffic, second);
  for (TimeNs second = 25; second < 300; second += 40) answer(traffic, second, "examlpe.com");
  answer(traffic, 42, "xn--exampl-gva.com");
  answer(traffic, 47, "paypa1.net");
  auto events = events_of(typosquat_operator(), options, responses, traffic.steps());
  EXPECT_THAT(events, ElementsAre("30s opened 2 examlpe.com example.com 20s 30s",
                                  "50s opened 2 paypa1.net paypal.com 40s 50s",
                                  "50s opened 3 xn--exampl-gva.com example.com 40s 50s",
                                  "86450s closed 2 paypa1.net paypal.com 40s 50s",
                                  "86450s closed 3 xn--exampl-gva.com example.com 40s 50s",
                                  "86670s closed 2 examlpe.com example.com 20s 270s"));
}

TEST(Typosquat, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 300; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(typosquat_operator(), options, responses, traffic.steps()), IsEmpty());
}

TEST(Typosquat, allowedOnesRaiseNothing) {
  Traffic traffic;
  answer(traffic, 1, "examlpe.com");
  for (const char* allowed : {"examlpe.com", "example.com"}) {
    TextOptions with = options;
    with["allow"] = {allowed};
    EXPECT_THAT(events_of(typosquat_operator(), with, responses, traffic.steps()), IsEmpty());
  }
}

TEST(Typosquat, namesComeFromAFileToo) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("names.txt");
  std::ofstream(path) << "# of the bank\nBank-of-Examples.ORG. # one\r\n\nsavings.example\n";
  Traffic traffic;
  answer(traffic, 1, "bank-of-exarnples.com");
  EXPECT_THAT(events_of(typosquat_operator(), {{"file", {path}}}, responses, traffic.steps()),
              ElementsAre(HasSubstr("opened 2 bank-of-exarnples.com bank-of-examples.org"),
                          HasSubstr("closed")));
  TaskHarness task(typosquat_operator(), {{"file", {path + ".none"}}}, responses);
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_THAT(task.prepared.error().what, HasSubstr("No such file"));
}

TEST(Typosquat, saysWhatItSaw) {
  Traffic traffic;
  answer(traffic, 3, "examlpe.com");
  TaskHarness task(typosquat_operator(), options, responses,
                   {.read_outputs = {"evidence", "samples", "detector", "key_kind"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("typosquat domain "
                        "{\"alike\":0,\"international\":0,\"slips\":1,\"responses\":1} "
                        "[\"1970-01-01T00:00:03Z 192.0.2.7 www.examlpe.com A NOERROR\"]"));
}

TEST(Typosquat, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 45; second += 3) {
    add_background(traffic, second);
    if (second >= 9 && second < 25) answer(traffic, second, "exxample.com");
    if (second % 2 == 0) answer(traffic, second, "paypaI.com");
    answer(traffic, second, "paypa" + std::string(1, static_cast<char>('a' + second % 20)) + ".de");
  }
  TextOptions short_ones = options;
  short_ones["clear"] = {"10s"};
  ASSERT_THAT(events_of(typosquat_operator(), short_ones, responses, traffic.steps(10)),
              SizeIs(::testing::Gt(10U)));
  check_detector(typosquat_operator(), short_ones, responses, {"domain"}, traffic.steps(10));
}

TEST(Typosquat, refusesInputsAndOptionsThatDoNotFit) {
  auto error = [](const TextOptions& with, std::vector<Field> fields) {
    return declare_error(typosquat_operator(), with, {std::move(fields)});
  };
  EXPECT_THAT(error({}, responses), HasSubstr("no domains to protect"));
  EXPECT_THAT(error(options, {{"time", Type::time}, {"rcode", Type::u8}}), HasSubstr("'domain'"));
}

}  // namespace
}  // namespace dnstorm::operators
