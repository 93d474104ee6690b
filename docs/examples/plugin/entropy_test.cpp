// The operator in a whole topology, under a clock that the test turns: docs/testing.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/api/plugin.hpp"
#include "engine/testkit/test_topology.hpp"

// What DNSTORM_PLUGIN makes in entropy.cpp.
extern "C" const dnstorm::PluginEntry dnstorm_plugin;

namespace {

using dnstorm::testkit::Row;
using dnstorm::testkit::TestTopology;
using testing::ElementsAre;

const char* const topology = R"(
name: test
spouts:
  - {id: words, className: feeder, properties: {fields: [word, n:u64]}}
bolts:
  - {id: random, className: entropy, properties: {of: word, at_least: 1.5}}
streams:
  - {from: words, to: random}
)";

dnstorm::OperatorRegistry operators() {
  dnstorm::PluginOperators plugin;
  dnstorm_plugin.add(plugin);
  dnstorm::OperatorRegistry registry;
  for (dnstorm::OperatorDef& def : plugin.take()) registry.add(std::move(def));
  return registry;
}

TEST(Entropy, PassesOnWhatLooksRandom) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (std::uint32_t parallelism : {1u, 2u, 4u}) {
      TestTopology test(operators(), topology);
      test.capture("random");
      ASSERT_TRUE(test.start({.seed = seed, .parallelism = parallelism}).ok());
      for (const char* word : {"aaaa", "abcd", "abab", "abcdefgh"})
        ASSERT_TRUE(test.feed("words", {{"word", word}, {"n", "7"}}).ok());
      ASSERT_TRUE(test.complete().ok());
      EXPECT_THAT(test.rows("random"), ElementsAre(Row{{"word", "abcd"}, {"n", "7"}},
                                                   Row{{"word", "abcdefgh"}, {"n", "7"}}));
      EXPECT_EQ(test.counter("random", "passed"), 2u);
    }
  }
}

TEST(Entropy, WantsAText) {
  TestTopology test(operators(), topology);
  ASSERT_TRUE(test.set("random.of=n").ok());
  auto refused = test.start();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, testing::HasSubstr("field 'n' is no text"));
}

}  // namespace
