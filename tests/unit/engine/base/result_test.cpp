#include "engine/base/result.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace dnstorm {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{ErrorKind::data, fmt::format("{} is odd", n), "n"};
  return n / 2;
}

Result<int> quarter(int n) {
  int once = DNSTORM_TRY(half(n));
  return DNSTORM_TRY(half(once));
}

Result<void> check_even(int n) {
  DNSTORM_CHECK(half(n));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> good = half(4);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(*good, 2);
  Result<int> bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().what, "3 is odd");
  EXPECT_EQ(bad.error().kind, ErrorKind::data);
  EXPECT_EQ(bad.error().subject, "n");
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().what, "3 is odd");
  EXPECT_EQ(quarter(5).error().what, "5 is odd");
}

TEST(Result, VoidAndCheck) {
  EXPECT_TRUE(check_even(2).ok());
  EXPECT_EQ(check_even(1).error().what, "1 is odd");
}

TEST(Result, MovesWhatCannotBeCopied) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto take = [&]() -> Result<int> {
    std::unique_ptr<int> number = DNSTORM_TRY(make());
    return *number;
  };
  EXPECT_EQ(*take(), 7);
}

TEST(Error, WithinPutsThePlaceFirst) {
  Error error = Error{ErrorKind::io, "short read", "file"}.within("a.pcap");
  EXPECT_EQ(error.what, "a.pcap: short read");
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_EQ(error.subject, "file");
}

TEST(ResultDeathTest, UsingAValueThatIsNotThereIsABug) {
  EXPECT_DEATH(half(1).value(), "a Result without a value is used.*1 is odd");
}

TEST(AssertDeathTest, PrintsPlaceSentenceAndValues) {
  int rows = 3;
  EXPECT_DEATH(DNSTORM_ASSERT(rows == 4, "four rows", rows, "x"),
               "internal error at .*result_test.cpp:[0-9]+: four rows \\(rows == 4\\) 3 x");
  DNSTORM_ASSERT(rows == 3, "three rows");
}

}  // namespace
}  // namespace dnstorm
