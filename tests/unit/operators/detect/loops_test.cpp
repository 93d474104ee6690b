#include "operators/detect/loops.hpp"

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

const std::vector<Field> queries = {{"time", Type::time}, {"client", Type::ip},
                                    {"qname", Type::str}, {"domain", Type::str},
                                    {"qtype", Type::u16}, {"qr", Type::boolean}};

void ask(Traffic& traffic, TimeNs second, int client, const std::string& qname,
         const std::string& domain, int qtype = 1) {
  traffic.add(second,
              {"192.0.2." + std::to_string(client), qname, domain, std::to_string(qtype), "false"});
}

// A busy domain whose clients have caches, and a small one that will have a loop.
void add_background(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i)
    ask(traffic, second, i % 200, "n" + std::to_string(second * 1000 + i) + ".busy.example",
        "busy.example");
  for (int i = 0; i < 10; ++i)
    ask(traffic, second, i, "ns1.loop.example", "loop.example", static_cast<int>(second));
}

// Some resolvers look for the addresses of two name servers.
void add_loop(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i)
    ask(traffic, second, i % 5, "ns" + std::to_string(i / 5 % 2) + ".loop.example", "loop.example",
        i / 10 % 2 == 0 ? 1 : 28);
}

TEST(Loops, isFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 180; ++second) add_background(traffic, second, 60);
  for (TimeNs second = 90; second < 110; ++second) add_loop(traffic, second, 300);
  EXPECT_THAT(
      events_of(loops_operator(), {}, queries, traffic.steps()),
      ElementsAre("100s opened 2 loop.example 90s 100s", "170s closed 2 loop.example 90s 110s"));
}

TEST(Loops, growthWithoutRepetitionIsNone) {
  Traffic traffic;
  for (TimeNs second = 0; second < 90; ++second)
    add_background(traffic, second, second < 70 ? 10 : 400);
  EXPECT_THAT(events_of(loops_operator(), {}, queries, traffic.steps()), IsEmpty());
}

TEST(Loops, repetitionWithoutGrowthIsNone) {
  Traffic traffic;
  // Health checks of a load balancer, which become a little more each minute.
  for (TimeNs second = 0; second < 300; ++second)
    add_loop(traffic, second, static_cast<int>(15 + 10 * (second / 60)));
  EXPECT_THAT(events_of(loops_operator(), {}, queries, traffic.steps()), IsEmpty());
}

TEST(Loops, whatIsThereFromTheBeginningIsNone) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) add_loop(traffic, second, 40);
  EXPECT_THAT(events_of(loops_operator(), {}, queries, traffic.steps()), IsEmpty());
}

TEST(Loops, saysWhatItSaw) {
  Traffic traffic;
  add_loop(traffic, 3, 2000);
  TaskHarness task(loops_operator(), {{"admit", {"1"}}, {"learn", {"0s"}}}, queries,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("domain {\"queries\":2000,\"queries_per_s\":200,"));
  EXPECT_THAT(task.rows()[0], ::testing::ContainsRegex(".questions.:(19|20)[0-9.]*,.repeats.:"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.0 ns0.loop.example A"));
}

TEST(Loops, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 45; second += 3) {
    add_background(traffic, second, 20);
    if (second >= 10 && second < 25) add_loop(traffic, second, 150);
  }
  TextOptions options = {
      {"queries", {"200"}}, {"admit", {"10"}}, {"clear", {"10s"}}, {"learn", {"0s"}}};
  ASSERT_THAT(events_of(loops_operator(), options, queries, traffic.steps(10)), SizeIs(2));
  check_detector(loops_operator(), options, queries, {"domain"}, traffic.steps(10));
}

TEST(Loops, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(loops_operator(), {}, {{{"time", Type::time}}}), HasSubstr("'domain'"));
}

}  // namespace
}  // namespace dnstorm::operators
