#include "engine/telemetry/counter.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace dnstorm {
namespace {

TEST(Counter, AddsAndSets) {
  Counter counter;
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42u);
  counter.set(7);
  EXPECT_EQ(counter.value(), 7u);
}

TEST(CounterSet, OneCounterANameInTheOrderOfTheFirstAsking) {
  CounterSet set;
  set.counter("parsed").add(2);
  set.counter("malformed").add(1);
  set.counter("parsed").add(3);
  auto values = set.values();
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].name, "parsed");
  EXPECT_EQ(values[0].value, 5u);
  EXPECT_EQ(values[1].name, "malformed");
  EXPECT_EQ(values[1].value, 1u);
}

TEST(CounterSet, ReferencesStayValidWhileTheSetGrows) {
  CounterSet set;
  Counter& first = set.counter("first");
  for (int i = 0; i < 1000; ++i) set.counter(std::to_string(i));
  first.add(9);
  EXPECT_EQ(set.values()[0].value, 9u);
}

TEST(CounterSet, MayBeReadWhileItsTaskCounts) {
  CounterSet set;
  Counter& counter = set.counter("rows");
  std::thread task([&] {
    for (int i = 0; i < 100'000; ++i) counter.add();
  });
  std::uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    std::uint64_t now = set.values()[0].value;
    ASSERT_GE(now, last);
    last = now;
  }
  task.join();
  EXPECT_EQ(set.values()[0].value, 100'000u);
}

}  // namespace
}  // namespace dnstorm
