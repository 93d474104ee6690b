#include "engine/base/cursor.hpp"

#include <gtest/gtest.h>

#include <array>

namespace dnstorm {
namespace {

constexpr std::array<std::uint8_t, 8> bytes = {1, 2, 3, 4, 5, 6, 7, 8};

TEST(Cursor, TakesBigEndianNumbersInOrder) {
  Cursor cursor(bytes);
  std::uint8_t one = 0;
  std::uint16_t two = 0;
  std::uint32_t four = 0;
  ASSERT_TRUE(cursor.take_u8(one));
  ASSERT_TRUE(cursor.take_u16(two));
  ASSERT_TRUE(cursor.take_u32(four));
  EXPECT_EQ(one, 1);
  EXPECT_EQ(two, 0x0203);
  EXPECT_EQ(four, 0x04050607u);
  EXPECT_EQ(cursor.left(), 1u);
  EXPECT_EQ(cursor.offset(), 7u);
  EXPECT_EQ(*cursor.here(), 8);
}

TEST(Cursor, RefusesToPassTheEndAndStaysWhereItIs) {
  Cursor cursor(bytes);
  ASSERT_TRUE(cursor.skip(7));
  std::uint16_t two = 77;
  std::uint32_t four = 77;
  std::span<const std::uint8_t> some;
  EXPECT_FALSE(cursor.take_u16(two));
  EXPECT_FALSE(cursor.take_u32(four));
  EXPECT_FALSE(cursor.take_bytes(2, some));
  EXPECT_FALSE(cursor.skip(2));
  EXPECT_FALSE(cursor.skip(~std::size_t{0}));
  EXPECT_EQ(cursor.offset(), 7u);
  EXPECT_EQ(two, 77);
  EXPECT_EQ(four, 77u);
  std::uint8_t one = 0;
  EXPECT_TRUE(cursor.take_u8(one));
  EXPECT_FALSE(cursor.take_u8(one));
  EXPECT_EQ(cursor.left(), 0u);
}

TEST(Cursor, TakesBytesInPlace) {
  Cursor cursor(bytes);
  std::span<const std::uint8_t> some;
  ASSERT_TRUE(cursor.take_bytes(3, some));
  EXPECT_EQ(some.data(), bytes.data());
  EXPECT_EQ(some.size(), 3u);
  ASSERT_TRUE(cursor.take_bytes(0, some));
  EXPECT_TRUE(some.empty());
}

TEST(Cursor, NothingComesOutOfNothing) {
  Cursor cursor{std::span<const std::uint8_t>()};
  std::uint8_t one = 0;
  EXPECT_FALSE(cursor.take_u8(one));
  EXPECT_TRUE(cursor.skip(0));
}

TEST(LoadBe, Unaligned) {
  EXPECT_EQ(load_be16(&bytes[1]), 0x0203);
  EXPECT_EQ(load_be32(&bytes[1]), 0x02030405u);
  EXPECT_EQ(load_be64(&bytes[0]), 0x0102030405060708u);
}

}  // namespace
}  // namespace dnstorm
