#include "engine/api/batch.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace dnstorm {
namespace {

const SchemaPtr schema = std::make_shared<const Schema>(std::vector<Field>{{"n", Type::u32},
                                                                           {"name", Type::str},
                                                                           {"raw", Type::bytes},
                                                                           {"ok", Type::boolean},
                                                                           {"x", Type::f64},
                                                                           {"ts", Type::time},
                                                                           {"ip", Type::ip}});
const auto n = schema->ref<std::uint32_t>("n");
const auto name = schema->ref<Str>("name");
const auto raw = schema->ref<Bytes>("raw");

BatchPtr numbers(std::uint32_t count) {
  BatchBuilder builder(schema);
  for (std::uint32_t i = 0; i < count; ++i) builder.add_row().set(n, i);
  return builder.seal();
}

TEST(Batch, S11_GivesBackWhatWasWritten) {
  BatchBuilder builder(schema);
  RowWriter row = builder.add_row();
  const std::uint8_t some[] = {0, 1, 255};
  IpAddress ip = *parse_ip("192.0.2.1");
  row.set(n, std::uint32_t{7});
  row.set_str(name, "example.com");
  row.set_bytes(raw, some);
  row.set(schema->ref<bool>("ok"), true);
  row.set(schema->ref<double>("x"), 0.25);
  row.set(schema->ref<std::int64_t>("ts"), std::int64_t{-5});
  row.set(schema->ref<IpAddress>("ip"), ip);
  BatchPtr batch = builder.seal();
  ASSERT_EQ(batch->row_count(), 1u);
  RowView view = Rows(*batch)[0];
  EXPECT_EQ(view.get(n), 7u);
  EXPECT_EQ(view.get(name), "example.com");
  EXPECT_EQ(view.hash(name), hash_bytes("example.com"));
  EXPECT_THAT(view.get(raw), testing::ElementsAre(0, 1, 255));
  EXPECT_TRUE(view.get(schema->ref<bool>("ok")));
  EXPECT_EQ(view.get(schema->ref<double>("x")), 0.25);
  EXPECT_EQ(view.get(schema->ref<std::int64_t>("ts")), -5);
  EXPECT_EQ(view.get(schema->ref<IpAddress>("ip")), ip);
  EXPECT_EQ(batch->schema_ptr(), schema);
}

TEST(Batch, RowsBeginAsZero) {
  BatchBuilder builder(schema);
  builder.add_row().set_str(name, "x");
  builder.add_row();
  BatchPtr batch = builder.seal();
  RowView view = Rows(*batch)[1];
  EXPECT_EQ(view.get(n), 0u);
  EXPECT_EQ(view.get(name), "");
  EXPECT_TRUE(view.get(raw).empty());
}

TEST(Batch, WritingAnAbsentFieldDoesNothing) {
  BatchBuilder builder(schema);
  RowWriter row = builder.add_row();
  row.set(FieldRef<std::uint32_t>{}, 1u);
  row.set_str(FieldRef<Str>{}, "gone");
  row.set_bytes(FieldRef<Bytes>{}, {});
  BatchPtr batch = builder.seal();
  EXPECT_EQ(batch->byte_size(), schema->row_size());
}

TEST(Batch, KeepsTheHashItIsGiven) {
  BatchBuilder builder(schema);
  builder.add_row().set_str(name, "x", 42);
  EXPECT_EQ(Rows(*builder.seal())[0].hash(name), 42u);
}

TEST(Batch, StringsOfManyRowsStayApart) {
  BatchBuilder builder(schema);
  for (std::uint32_t i = 0; i < batch_rows_max; ++i)
    builder.add_row().set_str(name, std::string(i % 50, 'a') + std::to_string(i));
  BatchPtr batch = builder.seal();
  for (std::uint32_t i = 0; i < batch_rows_max; ++i)
    ASSERT_EQ(Rows(*batch)[i].get(name), std::string(i % 50, 'a') + std::to_string(i));
}

TEST(BatchBuilder, IsFullByRowsOrByBytes) {
  BatchBuilder builder(schema);
  for (std::uint32_t i = 0; i < batch_rows_max - 1; ++i) builder.add_row();
  EXPECT_FALSE(builder.full());
  builder.add_row();
  EXPECT_TRUE(builder.full());
  BatchPtr batch = builder.seal();
  EXPECT_EQ(batch->row_count(), batch_rows_max);
  EXPECT_TRUE(builder.empty());
  builder.add_row().set_str(name, std::string(batch_bytes_max, 'x'));
  EXPECT_TRUE(builder.full());
}

TEST(BatchBuilder, BeginsAnewAfterSeal) {
  BatchBuilder builder(schema);
  builder.add_row().set(n, 1u);
  BatchPtr first = builder.seal();
  builder.add_row().set(n, 2u);
  BatchPtr second = builder.seal();
  EXPECT_EQ(Rows(*first)[0].get(n), 1u);
  EXPECT_EQ(Rows(*second)[0].get(n), 2u);
  EXPECT_EQ(second->row_count(), 1u);
}

TEST(Rows, AllOfThem) {
  BatchPtr batch = numbers(5);
  std::vector<std::uint32_t> seen;
  for (RowView row : Rows(*batch)) seen.push_back(row.get(n));
  EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2, 3, 4));
}

TEST(Rows, OnlyThoseSelected) {
  BatchPtr batch = numbers(5);
  Selection selection{1, 4};
  Rows rows(*batch, &selection);
  std::vector<std::uint32_t> seen;
  for (RowView row : rows) seen.push_back(row.get(n));
  EXPECT_THAT(seen, testing::ElementsAre(1, 4));
  EXPECT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.index(1), 4u);
  Selection none;
  EXPECT_TRUE(Rows(*batch, &none).empty());
}

TEST(ByteBuffer, KeepsItsBytesWhileItGrows) {
  ByteBuffer buffer;
  for (int i = 0; i < 1000; ++i) *buffer.grow(1) = static_cast<std::byte>(i % 251);
  ASSERT_EQ(buffer.size(), 1000u);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(buffer.data()[i], static_cast<std::byte>(i % 251));
  ByteBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.size(), 1000u);
  EXPECT_EQ(buffer.size(), 0u);  // NOLINT: a moved-from buffer is empty, its owner begins anew
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(HashNumber, NeighboursDiffer) {
  EXPECT_NE(hash_number(1), hash_number(2));
  EXPECT_NE(hash_combine(1, 2), hash_combine(2, 1));
}

}  // namespace
}  // namespace dnstorm
