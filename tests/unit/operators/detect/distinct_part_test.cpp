#include "operators/detect/distinct_part.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dnstorm::operators {
namespace {

std::string saved(const DistinctPart& part) {
  StateWriter out;
  part.save(out);
  return out.take();
}

std::string saved(const HyperLogLog& sketch) {
  StateWriter out;
  const auto& registers = sketch.registers();
  out.put_bytes({reinterpret_cast<const char*>(registers.data()), registers.size()});
  return out.take();
}

TEST(DistinctPart, IsTheSketchBeforeAndBehindTheStepToAllRegisters) {
  for (std::uint8_t precision : {std::uint8_t{4}, std::uint8_t{7}, std::uint8_t{10}}) {
    DistinctPart part(precision);
    HyperLogLog sketch(precision);
    EXPECT_EQ(part.estimate(), 0);
    for (std::uint64_t i = 0; i < 3000; ++i) {
      std::uint64_t hash = hash_number(i / 3 + 1);
      part.add(hash);
      sketch.add(hash);
      ASSERT_EQ(part.estimate(), sketch.estimate()) << int{precision} << ", " << i;
    }
    EXPECT_EQ(saved(part), saved(sketch));
  }
}

TEST(DistinctPart, TakesHashesWithoutABitSet) {
  DistinctPart part(4);
  HyperLogLog sketch(4);
  for (std::uint64_t i = 0; i < 16; ++i) part.add(i), sketch.add(i);
  EXPECT_EQ(part.estimate(), sketch.estimate());
}

TEST(DistinctPart, MergesFewAndManyWithFewAndMany) {
  for (std::uint64_t first : {0U, 5U, 400U})
    for (std::uint64_t second : {0U, 5U, 13U, 400U}) {
      DistinctPart a(8), b(8);
      HyperLogLog both(8);
      for (std::uint64_t i = 0; i < first; ++i) a.add(hash_number(i)), both.add(hash_number(i));
      for (std::uint64_t i = 3; i < second; ++i) b.add(hash_number(i)), both.add(hash_number(i));
      double of_both = DistinctPart::estimate(a, b);
      a.merge(b);
      EXPECT_EQ(of_both, a.estimate()) << first << ", " << second;
      EXPECT_EQ(saved(a), saved(both)) << first << ", " << second;
    }
}

TEST(DistinctPart, IsRestoredAndBeginsAnew) {
  for (std::uint64_t count : {3U, 16U, 17U, 900U}) {
    DistinctPart part(9);
    for (std::uint64_t i = 0; i < count; ++i) part.add(hash_number(i));
    std::string state = saved(part);
    DistinctPart again(9);
    again.add(1);
    StateReader in(state);
    ASSERT_TRUE(again.restore(in));
    EXPECT_EQ(again.estimate(), part.estimate());
    DistinctPart copy = again;
    again.clear();
    EXPECT_EQ(again.estimate(), 0);
    EXPECT_EQ(saved(copy), state) << "a copy has registers of its own";
    StateReader other(state);
    EXPECT_FALSE(DistinctPart(8).restore(other));
  }
}

}  // namespace
}  // namespace dnstorm::operators
