#include "engine/testkit/test_topology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::testkit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Passes words on, with how often each has been seen; fails those it does not like.
class Counting final : public Bolt {
 public:
  Result<void> prepare(const TaskContext& task) override {
    in_ = task.inputs[0].schema->ref<Str>("word");
    if (!task.outputs[0]) return {};
    word_ = task.outputs[0]->ref<Str>("word");
    count_ = task.outputs[0]->ref<std::uint64_t>("count");
    task_ = &task;
    return {};
  }
  bool acks_itself() const override { return true; }
  void execute(const InputBatch& in, Emitter& out) override {
    for (RowView row : in.rows()) {
      std::string word(row.get(in_));
      if (word == "bad") return out.fail(in.anchor);
      if (word == "lost") return;
      out.anchor_to(in.anchor);
      RowWriter writer = out.row();
      writer.set_str(word_, word);
      writer.set(count_, ++counts_[word]);
    }
    out.ack(in.anchor);
  }
  // The word "tick", with the time of the clock in seconds.
  void tick(Emitter& out) override {
    RowWriter writer = out.row();
    writer.set_str(word_, "tick");
    writer.set(count_, static_cast<std::uint64_t>(task_->clock->steady_ns() / ns_per_s));
  }

 private:
  FieldRef<Str> in_, word_;
  FieldRef<std::uint64_t> count_;
  std::map<std::string, std::uint64_t> counts_;
  const TaskContext* task_ = nullptr;
};

OperatorRegistry operators() {
  OperatorDef def;
  def.name = "counting";
  def.declare = [](const Options&, const std::vector<InputDecl>& inputs) -> Result<Declaration> {
    Declaration declaration;
    declaration.reads.assign(inputs.size(), {"word"});
    declaration.outputs.push_back({"default", {{"word", Type::str}, {"count", Type::u64}}});
    declaration.partition_by = {"word"};
    return declaration;
  };
  def.make_bolt = [](const Options&) { return std::make_unique<Counting>(); };
  OperatorRegistry registry;
  registry.add(def);
  return registry;
}

const char* const words = R"(
name: words
spouts:
  - {id: words, className: feeder, properties: {fields: [word, n:u64]}}
bolts:
  - {id: counts, className: counting}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
)";

std::vector<std::string> texts(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) texts.push_back(row.at("word") + " " + row.at("count"));
  return texts;
}

TEST(TestTopology, CompletesWithMockedSources) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    for (std::uint32_t parallelism : {0u, 1u, 3u}) {
      TestTopology test(operators(), words);
      test.capture("counts");
      ASSERT_TRUE(test.start({.seed = seed, .parallelism = parallelism}).ok());
      for (const char* word : {"nathan", "bob", "joey", "nathan"})
        ASSERT_TRUE(test.feed("words", {{"word", word}}).ok());
      ASSERT_TRUE(test.complete().ok());
      EXPECT_THAT(texts(test.rows("counts")),
                  ElementsAre("nathan 1", "bob 1", "joey 1", "nathan 2"));
      EXPECT_EQ(test.executed("counts"), 4u);
      EXPECT_EQ(test.emitted("words"), 4u);
    }
  }
}

TEST(TestTopology, TheClockIsTheTests) {
  // With and without chains, with few and many credits.
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    TestTopology test(operators(), words);
    test.config("topology.tick.tuple.freq.secs", "5");
    test.capture("counts");
    ASSERT_TRUE(test.start({.seed = seed}).ok());
    ASSERT_TRUE(test.feed("words", {{"word", "late"}}, 12 * ns_per_s).ok());
    ASSERT_TRUE(test.feed("words", {{"word", "early"}}, 7 * ns_per_s).ok());
    ASSERT_TRUE(test.advance(6 * ns_per_s).ok());
    EXPECT_EQ(test.now(), 6 * ns_per_s);
    EXPECT_THAT(texts(test.rows("counts")), ElementsAre("tick 5"));
    ASSERT_TRUE(test.advance(10 * ns_per_s).ok());
    EXPECT_THAT(texts(test.rows("counts")),
                ElementsAre("tick 5", "early 1", "tick 10", "late 1", "tick 15"));
  }
}

TEST(TestTopology, RootsAreTracked) {
  TestTopology test(operators(), words);
  test.config("topology.delivery", "at-least-once");
  test.config("topology.message.timeout.secs", "10");
  ASSERT_TRUE(test.start().ok());
  for (const char* word : {"good", "bad", "lost", "good"})
    ASSERT_TRUE(test.feed("words", {{"word", word}}).ok());
  ASSERT_TRUE(test.settle().ok());
  EXPECT_THAT(test.acked_rows("words"), UnorderedElementsAre(0, 3));
  EXPECT_THAT(test.failed_rows("words"), ElementsAre(1));
  ASSERT_TRUE(test.advance(9 * ns_per_s).ok());
  EXPECT_THAT(test.failed_rows("words"), ElementsAre(1));
  ASSERT_TRUE(test.advance(12 * ns_per_s).ok());
  EXPECT_THAT(test.failed_rows("words"), ElementsAre(1, 2));
  ASSERT_TRUE(test.complete().ok());
  EXPECT_EQ(test.acked("words"), 2u);
  EXPECT_EQ(test.failed("words"), 2u);
}

std::vector<std::string> problems_of(const std::function<void(TestTopology&)>& prepare) {
  TestTopology test(operators(), words);
  prepare(test);
  EXPECT_FALSE(test.start().ok());
  std::vector<std::string> problems;
  for (const Problem& problem : test.problems())
    problems.push_back(problem.subject + ": " + problem.what);
  return problems;
}

TEST(TestTopology, SaysWhatDoesNotFit) {
  EXPECT_THAT(problems_of([](TestTopology& test) { test.capture("cuonts"); }),
              ElementsAre("cuonts: 'cuonts' is no component of the topology, did you mean "
                          "'counts'?"));
  EXPECT_THAT(problems_of([](TestTopology& test) { test.capture("counts:late"); }),
              ElementsAre("counts:late: 'counts' has no stream 'late'; there are default"));
  EXPECT_THAT(problems_of([](TestTopology& test) { test.mock("counts"); }),
              ElementsAre("counts: 'counts' is no spout; only spouts are fed"));
  EXPECT_THAT(problems_of([](TestTopology& test) { test.keep("counts"); }),
              ElementsAre("counts: 'counts' is no sink; all others work as they are"));
  TestTopology test(operators(), words);
  ASSERT_TRUE(test.start().ok());
  EXPECT_EQ(test.feed("words", {{"wrod", "x"}}).error().what,
            "there is no field 'wrod', did you mean 'word'?");
  EXPECT_EQ(test.feed("words", {{"n", "x"}}).error().what,
            "field 'n' (u64) takes a number from 0 to 18446744073709551615, not 'x'");
  EXPECT_EQ(test.feed("words", {}, 0, "other").error().what,
            "'words' has no stream 'other'; there are default");
}

TEST(TestTopology, MistakesInTheTopologyAreToldByStart) {
  TestTopology test(operators(), "name: t\nspuots: []\n");
  ASSERT_FALSE(test.start().ok());
  EXPECT_THAT(test.problems().front().what, ::testing::StartsWith("topology:"));
  TestTopology unknown(operators(), std::string(words) + "  - {from: words, to: nowhere}\n");
  ASSERT_FALSE(unknown.start().ok());
}

}  // namespace
}  // namespace dnstorm::testkit
