#include "operators/detect/admission.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dnstorm::operators {
namespace {

TEST(Admission, neverCountsTooFewAndRarelyManyTooMany) {
  Admission admission;
  std::mt19937_64 dice(3);
  std::map<std::uint64_t, std::uint32_t> truth;
  std::uint64_t much_too_many = 0;
  constexpr int rows = 300'000;
  for (int i = 0; i < rows; ++i) {
    // A fifth of the rows for a hundred keys, the rest for a hundred thousand.
    std::uint64_t key = dice() % 5 == 0 ? dice() % 100 : 100 + dice() % 100'000;
    std::uint32_t known = admission.add(hash_number(key + 1));
    std::uint32_t true_count = ++truth[key];
    ASSERT_GE(known, true_count);
    if (known > true_count + 30) ++much_too_many;
  }
  EXPECT_LT(much_too_many, rows / 100);
}

TEST(Admission, stopsAtItsLargestCountAndBeginsAnew) {
  Admission admission;
  for (std::uint32_t i = 0; i < Admission::rows_max + 5; ++i) admission.add(77);
  EXPECT_EQ(admission.add(77), Admission::rows_max);
  admission.clear();
  EXPECT_EQ(admission.add(77), 1U);
}

TEST(Admission, isSavedByKeyGroup) {
  Admission admission, other;
  std::uint64_t hash = hash_number(12);
  for (int i = 0; i < 9; ++i) admission.add(hash);
  StateWriter out;
  admission.save(key_group(hash), out);
  std::string bytes = out.take();
  StateReader in(bytes);
  ASSERT_TRUE(other.restore(key_group(hash), in));
  EXPECT_EQ(other.add(hash), 10U);
}

}  // namespace
}  // namespace dnstorm::operators
