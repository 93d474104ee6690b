#include "operators/rssac002/source_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace dnstorm::operators {
namespace {

template <class Key>
Key key_of(std::uint64_t number) {
  if constexpr (std::is_same_v<Key, SourceV6>)
    return {number / 1000, number % 1000};
  else
    return static_cast<Key>(number);
}

template <class Key>
class Sources : public ::testing::Test {
 protected:
  static void add(SourceSet<Key>& set, std::uint64_t number) {
    Key key = key_of<Key>(number);
    set.add(key, source_hash(key));
  }
};
using Keys = ::testing::Types<SourceV4, SourceNet, SourceV6>;
TYPED_TEST_SUITE(Sources, Keys);

TYPED_TEST(Sources, CountsDifferentKeysExactly) {
  SourceSet<TypeParam> set(1'000'000, 14);
  std::set<std::uint64_t> expected;
  std::mt19937_64 dice(1);
  for (int i = 0; i < 200'000; ++i) {
    // The key of zeros is among them.
    std::uint64_t number = dice() % 70'000;
    bool is_new = expected.insert(number).second;
    TypeParam key = key_of<TypeParam>(number);
    ASSERT_EQ(set.add(key, source_hash(key)), is_new) << number;
  }
  EXPECT_EQ(set.count(), expected.size());
  EXPECT_EQ(set.relative_error(), 0);
}

TYPED_TEST(Sources, EstimatesBeyondItsLimit) {
  for (std::uint64_t first : {0U, 1U}) {
    SourceSet<TypeParam> set(1000, 14);
    for (std::uint64_t i = 0; i < 1000; ++i) this->add(set, first + i);
    EXPECT_EQ(set.count(), 1000U);
    EXPECT_EQ(set.relative_error(), 0);
    this->add(set, first + 5);
    EXPECT_EQ(set.relative_error(), 0) << "it was there";
    for (std::uint64_t i = 1000; i < 100'000; ++i) this->add(set, first + i);
    EXPECT_NEAR(set.relative_error(), 0.0081, 0.0001);
    EXPECT_NEAR(static_cast<double>(set.count()), 100'000, 3000);
  }
}

TYPED_TEST(Sources, ZeroMayBeOneTooMany) {
  SourceSet<TypeParam> set(10, 14);
  for (std::uint64_t i = 10; i > 0; --i) this->add(set, i);
  EXPECT_EQ(set.relative_error(), 0);
  this->add(set, 0);
  EXPECT_GT(set.relative_error(), 0);
  EXPECT_EQ(set.count(), 11U);
}

// Whole, or in parts that are merged: the same number, exact or not.
TYPED_TEST(Sources, MergesPieces) {
  for (std::uint64_t limit : {100'000U, 20'000U, 0U}) {
    SourceSet<TypeParam> whole(limit, 12), merged(limit, 12);
    std::vector<SourceSet<TypeParam>> parts(3, SourceSet<TypeParam>(limit, 12));
    for (std::uint64_t i = 0; i < 60'000; ++i) {
      this->add(whole, i);
      this->add(parts[i % 3], i);
      this->add(parts[i % 2], i);
    }
    for (const auto& part : parts) {
      if (part.sketch() == nullptr) {
        part.each_piece([&](std::uint32_t group, std::string_view bytes) {
          TypeParam key{};
          std::memcpy(&key, bytes.data(), sizeof key);
          EXPECT_TRUE(key == TypeParam{} || key_group(source_hash(key)) == group);
          EXPECT_TRUE(merged.add_piece(bytes));
        });
        continue;
      }
      const auto& registers = part.sketch()->registers();
      EXPECT_TRUE(merged.merge_registers(
          {reinterpret_cast<const char*>(registers.data()), registers.size()}));
    }
    EXPECT_EQ(merged.count(), whole.count()) << limit;
    EXPECT_EQ(merged.relative_error(), whole.relative_error()) << limit;
  }
}

TYPED_TEST(Sources, BeginsAnew) {
  SourceSet<TypeParam> set(5000, 12);
  for (unsigned keys : {4000U, 9000U, 10U, 10U, 10U, 4000U}) {
    for (std::uint64_t i = 0; i < keys; ++i) this->add(set, i);
    EXPECT_NEAR(static_cast<double>(set.count()), keys, keys <= 5000 ? 0 : 600);
    EXPECT_EQ(set.relative_error() == 0, keys <= 5000);
    set.clear();
    EXPECT_EQ(set.count(), 0U);
  }
}

TYPED_TEST(Sources, RefusesWhatIsNoPiece) {
  SourceSet<TypeParam> set(5000, 12);
  EXPECT_FALSE(set.add_piece("odd"));
  EXPECT_FALSE(set.merge_registers(std::string(100, '\1')));
  EXPECT_FALSE(set.merge_registers(std::string(4096, '\177')));
  EXPECT_EQ(set.count(), 0U);
}

}  // namespace
}  // namespace dnstorm::operators
