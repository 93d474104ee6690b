#include "engine/api/emitter.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

struct Delivery {
  std::size_t stream;
  BatchPtr batch;
  SelectionPtr selection;
};

class Collector final : public Emitter::Outlet {
 public:
  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) override {
    deliveries.push_back({stream, std::move(batch), std::move(selection)});
  }
  std::vector<Delivery> deliveries;
};

class EmitterTest : public testing::Test {
 protected:
  const SchemaPtr schema_ =
      std::make_shared<const Schema>(std::vector<Field>{{"n", Type::u32}, {"name", Type::str}});
  const FieldRef<std::uint32_t> n_ = schema_->ref<std::uint32_t>("n");
  Collector out_;
  Emitter emitter_{{schema_, nullptr, schema_}, out_};
};

TEST_F(EmitterTest, KnowsWhichStreamsHaveReaders) {
  EXPECT_TRUE(emitter_.wanted(0));
  EXPECT_FALSE(emitter_.wanted(1));
  EXPECT_TRUE(emitter_.wanted(2));
}

TEST_F(EmitterTest, NothingLeavesBeforeFlush) {
  emitter_.row().set(n_, 1u);
  EXPECT_TRUE(out_.deliveries.empty());
  emitter_.flush();
  ASSERT_EQ(out_.deliveries.size(), 1u);
  EXPECT_EQ(out_.deliveries[0].stream, 0u);
  EXPECT_EQ(out_.deliveries[0].selection, nullptr);
  EXPECT_EQ(Rows(*out_.deliveries[0].batch)[0].get(n_), 1u);
  emitter_.flush();
  EXPECT_EQ(out_.deliveries.size(), 1u) << "no empty batches";
}

TEST_F(EmitterTest, FullBatchesLeaveAtOnceAndNoRowIsLost) {
  for (std::uint32_t i = 0; i < 2 * batch_rows_max + 10; ++i) emitter_.row().set(n_, i);
  EXPECT_EQ(out_.deliveries.size(), 2u);
  emitter_.flush();
  ASSERT_EQ(out_.deliveries.size(), 3u);
  std::uint32_t next = 0;
  for (const Delivery& delivery : out_.deliveries) {
    EXPECT_LE(delivery.batch->row_count(), batch_rows_max);
    for (RowView row : Rows(*delivery.batch)) ASSERT_EQ(row.get(n_), next++);
  }
  EXPECT_EQ(next, 2 * batch_rows_max + 10);
  EXPECT_EQ(emitter_.rows_emitted(), next);
}

TEST_F(EmitterTest, LongStringsCloseABatchToo) {
  std::string text(10'000, 'x');
  for (int i = 0; i < 30; ++i) emitter_.row().set_str(schema_->ref<Str>("name"), text);
  emitter_.flush();
  ASSERT_EQ(out_.deliveries.size(), 3u);
  for (const Delivery& delivery : out_.deliveries)
    EXPECT_LE(delivery.batch->byte_size(), batch_bytes_max + text.size() + schema_->row_size());
}

TEST_F(EmitterTest, BatchesReferToOneBlockEachAndKeepIt) {
  const SchemaPtr schema =
      std::make_shared<const Schema>(std::vector<Field>{{"bytes", Type::bytes}});
  const auto bytes = schema->ref<Bytes>("bytes");
  Emitter emitter({schema}, out_);
  {
    Block first(new std::uint8_t[]{1, 2, 3, 4});
    Block second(new std::uint8_t[]{5, 6, 7});
    emitter.row_in(first, 2).refer_bytes(bytes, 0, 2);
    emitter.row_in(first, 3).refer_bytes(bytes, 1, 3);
    emitter.row_in(second, 1).refer_bytes(bytes, 2, 1);
  }
  emitter.flush();
  std::vector<std::vector<std::uint8_t>> seen;
  for (const Delivery& delivery : out_.deliveries)
    for (RowView row : Rows(*delivery.batch)) {
      auto span = row.get(bytes);
      seen.emplace_back(span.begin(), span.end());
    }
  EXPECT_EQ(out_.deliveries.size(), 2u);
  EXPECT_EQ(seen, (std::vector<std::vector<std::uint8_t>>{{1, 2}, {2, 3, 4}, {7}}));
  EXPECT_EQ(out_.deliveries[0].batch->byte_size(), 2 * schema->row_size() + 5);
}

TEST_F(EmitterTest, ForwardComesAfterWhatWasEmittedBefore) {
  BatchBuilder builder(schema_);
  builder.add_row().set(n_, 7u);
  builder.add_row().set(n_, 8u);
  BatchPtr batch = builder.seal();
  auto selection = std::make_shared<const Selection>(Selection{1});
  emitter_.row(0).set(n_, 1u);
  emitter_.row(2).set(n_, 2u);
  emitter_.forward(0, batch, selection);
  ASSERT_EQ(out_.deliveries.size(), 2u) << "stream 2 keeps what it has";
  EXPECT_EQ(Rows(*out_.deliveries[0].batch)[0].get(n_), 1u);
  EXPECT_EQ(out_.deliveries[1].batch, batch) << "passed on, not copied";
  EXPECT_EQ(out_.deliveries[1].selection, selection);
  EXPECT_EQ(emitter_.rows_emitted(), 3u);
  emitter_.forward(0, batch, nullptr);
  EXPECT_EQ(emitter_.rows_emitted(), 5u);
}

}  // namespace
}  // namespace dnstorm
