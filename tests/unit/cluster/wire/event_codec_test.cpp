#include "cluster/wire/event_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace dnstorm::cluster {
namespace {

using runtime::AckItem;
using runtime::Acks;
using runtime::Credit;
using runtime::Event;

SchemaPtr schema() {
  static auto one = std::make_shared<const Schema>(std::vector<Field>{
      {"name", Type::str}, {"hits", Type::u64}, {"bytes", Type::bytes}, {"ok", Type::boolean}});
  return one;
}

struct Refs {
  FieldRef<Str> name = schema()->ref<Str>("name");
  FieldRef<std::uint64_t> hits = schema()->ref<std::uint64_t>("hits");
  FieldRef<Bytes> bytes = schema()->ref<Bytes>("bytes");
  FieldRef<bool> ok = schema()->ref<bool>("ok");
};

BatchPtr batch(std::uint32_t rows) {
  Refs refs;
  BatchBuilder builder(schema());
  for (std::uint32_t i = 0; i < rows; ++i) {
    RowWriter row = builder.add_row();
    row.set_str(refs.name, "name" + std::to_string(i));
    row.set(refs.hits, std::uint64_t{i} * 1000);
    std::vector<std::uint8_t> bytes(i % 7, static_cast<std::uint8_t>(i));
    row.set_bytes(refs.bytes, bytes);
    row.set(refs.ok, i % 2 == 1);
  }
  return builder.seal();
}

Event event_of(std::uint32_t rows) {
  Event event;
  event.to = 3;
  event.edge = 2;
  event.origin = 1;
  event.round = 99;
  event.input = 4;
  event.batch = batch(rows);
  event.watermark = 12'345;
  return event;
}

DecodeOptions options(const SchemaPtr& of = schema()) {
  DecodeOptions options;
  options.schema = [of](runtime::TaskIndex to, std::uint32_t input) {
    return to == 3 && input == 4 ? of : nullptr;
  };
  return options;
}

Event decoded(const Buffer& bytes, TimeNs now = 0, const SchemaPtr& of = schema()) {
  DecodeOptions how = options(of);
  how.now = now;
  WireMessage message;
  auto error = decode(bytes, how, message);
  EXPECT_FALSE(error) << to_string(error.value_or(DecodeError::truncated));
  return std::get<Event>(message);
}

void expect_row(const Event& event, std::uint32_t at, std::uint32_t original) {
  Refs refs;
  RowView row = Rows(*event.batch)[at];
  std::string name = "name" + std::to_string(original);
  EXPECT_EQ(row.get(refs.name), name);
  EXPECT_EQ(row.hash(refs.name), hash_bytes(name));
  EXPECT_EQ(row.get(refs.hits), original * 1000u);
  EXPECT_EQ(row.get(refs.bytes).size(), original % 7);
  EXPECT_EQ(row.get(refs.ok), original % 2 == 1);
}

TEST(EventCodec, CarriesAllRows) {
  Event out = decoded(encode(event_of(100), {}));
  ASSERT_EQ(out.row_count(), 100u);
  for (std::uint32_t i = 0; i < 100; ++i) expect_row(out, i, i);
  EXPECT_EQ(out.to, 3u);
  EXPECT_EQ(out.edge, 2u);
  EXPECT_EQ(out.origin, 1u);
  EXPECT_EQ(out.round, 99u);
  EXPECT_EQ(out.input, 4u);
  EXPECT_EQ(out.watermark, 12'345);
  EXPECT_FALSE(out.closes);
  EXPECT_EQ(out.anchor, nullptr);
}

TEST(EventCodec, CarriesOnlyTheSelectedRowsAndTheirBytes) {
  Event in = event_of(1000);
  std::size_t whole = encode(in, {}).size;
  in.selection = std::make_shared<const Selection>(Selection{5, 500, 999});
  Buffer bytes = encode(in, {});
  EXPECT_LT(bytes.size, whole / 100);
  Event out = decoded(bytes);
  ASSERT_EQ(out.row_count(), 3u);
  EXPECT_EQ(out.selection, nullptr);
  expect_row(out, 0, 5);
  expect_row(out, 1, 500);
  expect_row(out, 2, 999);
}

TEST(EventCodec, TakesOfASharedBlockOnlyWhatRowsReferTo) {
  Refs refs;
  auto raw = std::make_shared_for_overwrite<std::uint8_t[]>(1 << 20);
  std::memset(raw.get(), 'x', 1 << 20);
  Block block = raw;
  BatchBuilder builder(schema());
  builder.add_row_in(block, 3).refer_bytes(refs.bytes, 1'000'000, 3);
  builder.add_row_in(block, 2).refer_bytes(refs.bytes, 17, 2);
  Event in = event_of(0);
  in.batch = builder.seal();
  Buffer bytes = encode(in, {});
  EXPECT_LT(bytes.size, 300u);
  Event out = decoded(bytes);
  EXPECT_EQ(Rows(*out.batch)[0].get(refs.bytes).size(), 3u);
  EXPECT_EQ(Rows(*out.batch)[1].get(refs.bytes)[1], 'x');
}

TEST(EventCodec, CarriesAStringThatIsTheEndOfAnother) {
  SchemaPtr names = std::make_shared<const Schema>(
      std::vector<Field>{{"name", Type::str}, {"domain", Type::str}});
  auto name = names->ref<Str>("name"), domain = names->ref<Str>("domain");
  BatchBuilder builder(names);
  for (std::size_t i = 0; i < 3; ++i) {
    RowWriter row = builder.add_row();
    row.set_str(name, "www.example.com", i);
    StrCell cell;
    std::memcpy(&cell, row.data() + name.offset, sizeof cell);
    cell = {cell.offset + cell.size - 11, 11, 7 + i};
    std::memcpy(row.data() + domain.offset, &cell, sizeof cell);
  }
  Event in = event_of(0);
  in.batch = builder.seal();
  for (bool part : {false, true}) {
    if (part) in.selection = std::make_shared<const Selection>(Selection{0, 2});
    Event out = decoded(encode(in, {}), 0, names);
    ASSERT_EQ(out.row_count(), part ? 2u : 3u);
    for (RowView row : Rows(*out.batch)) {
      EXPECT_EQ(row.get(name), "www.example.com");
      EXPECT_EQ(row.get(domain), "example.com");
      EXPECT_EQ(row.hash(domain), 7 + row.hash(name));
    }
  }
}

TEST(EventCodec, ReadsStringsInPlace) {
  Buffer bytes = encode(event_of(10), {});
  Event out = decoded(bytes);
  const auto* first = reinterpret_cast<const std::uint8_t*>(out.batch->arena());
  EXPECT_GE(first, bytes.data.get());
  EXPECT_LT(first, bytes.data.get() + bytes.size);
}

TEST(EventCodec, CarriesTheEndOfARound) {
  Event in;
  in.to = 3;
  in.closes = true;
  in.last = true;
  in.idle = true;
  in.checkpoint = 8;
  in.watermark = time_min;
  Event out = decoded(encode(in, {}));
  EXPECT_TRUE(out.closes && out.last && out.idle);
  EXPECT_EQ(out.checkpoint, 8u);
  EXPECT_EQ(out.watermark, time_min);
  EXPECT_EQ(out.batch, nullptr);
}

TEST(EventCodec, CarriesAgesBetweenClocksThatKnowNothingOfEachOther) {
  Event in = event_of(1);
  in.born = 1'000;
  in.sent = 0;
  EncodeOptions how;
  how.now = 1'500;
  Event out = decoded(encode(in, how), 90'000);
  EXPECT_EQ(out.born, 89'500);
  EXPECT_EQ(out.sent, 0);
}

TEST(EventCodec, CarriesLineage) {
  Event in = event_of(1);
  in.anchor = std::make_shared<Lineage>();
  in.anchor->trees = {{1, 2, 3, 4}, {5, 6, 7, 8}};
  Event out = decoded(encode(in, {}));
  ASSERT_NE(out.anchor, nullptr);
  ASSERT_EQ(out.anchor->trees.size(), 2u);
  EXPECT_EQ(out.anchor->trees[1].origin, 5u);
  EXPECT_EQ(out.anchor->trees[1].root, 6u);
  EXPECT_EQ(out.anchor->trees[1].edge, 7u);
  EXPECT_EQ(out.anchor->trees[1].children, 8u);
  EXPECT_FALSE(out.anchor->settled);
}

TEST(EventCodec, PacksWhatIsWorthIt) {
  EncodeOptions how;
  how.zstd_level = 1;
  Event in = event_of(1000);
  Buffer packed = encode(in, how);
  EXPECT_LT(packed.size, encode(in, {}).size / 2);
  Event out = decoded(packed);
  for (std::uint32_t i = 0; i < 1000; ++i) expect_row(out, i, i);
  EXPECT_EQ(encode(event_of(1), how).size, encode(event_of(1), {}).size);
}

TEST(EventCodec, CarriesCreditsAndAcks) {
  WireMessage message;
  ASSERT_FALSE(decode(encode(Credit{1, 2, 3, 4}), options(), message));
  auto credit = std::get<Credit>(message);
  EXPECT_EQ(credit.to, 1u);
  EXPECT_EQ(credit.edge, 2u);
  EXPECT_EQ(credit.slot, 3u);
  EXPECT_EQ(credit.rounds, 4u);

  Acks acks{9, {{1, 2, AckItem::Kind::update}, {3, 0, AckItem::Kind::fail}}};
  ASSERT_FALSE(decode(encode(acks, {}), options(), message));
  auto out = std::get<Acks>(message);
  EXPECT_EQ(out.to, 9u);
  ASSERT_EQ(out.items.size(), 2u);
  EXPECT_EQ(out.items[1].root, 3u);
  EXPECT_EQ(out.items[1].kind, AckItem::Kind::fail);
  EXPECT_EQ(task_of(message), 9u);
}

std::optional<DecodeError> refused(std::string bytes) {
  WireMessage message;
  return decode(Buffer::copy_of(bytes), options(), message);
}

TEST(EventCodec, RefusesWhatIsCutOffAnywhere) {
  std::string good(encode(event_of(5), {}).text());
  ASSERT_FALSE(refused(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_TRUE(refused(good.substr(0, size))) << size;
  EXPECT_TRUE(refused(good + "x"));
}

TEST(EventCodec, RefusesByReason) {
  std::string good(encode(event_of(1), {}).text());
  auto with = [&](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return refused(bytes);
  };
  EXPECT_EQ(with(0, codec_version + 1), DecodeError::version);
  EXPECT_EQ(with(1, 77), DecodeError::kind);
  EXPECT_EQ(with(2, 1), DecodeError::packed);
  EXPECT_EQ(with(7, 0x70), DecodeError::too_large);
  EXPECT_EQ(with(12, 9), DecodeError::unknown_schema);  // `to`
  Event other = event_of(1);
  other.batch = BatchBuilder(std::make_shared<const Schema>()).seal();
  EXPECT_EQ(refused(std::string(encode(other, {}).text())), DecodeError::row_size);
  std::size_t row = good.size() - schema()->row_size() - std::string("name0").size();
  EXPECT_EQ(with(row + schema()->offset(0) + 4, 6), DecodeError::range);
  EXPECT_EQ(with(row + schema()->offset(3), 2), DecodeError::value);
}

TEST(EventCodec, RefusesWhatWouldUnpackToMoreThanAllowed) {
  EncodeOptions how;
  how.zstd_level = 3;
  DecodeOptions narrow = options();
  narrow.bytes_max = 10'000;
  WireMessage message;
  EXPECT_EQ(decode(encode(event_of(1000), how), narrow, message), DecodeError::too_large);
}

TEST(EventCodec, RefusesRowsThatShareTheirBytes) {
  std::string bytes(encode(event_of(2), {}).text());
  std::size_t rows = bytes.size() - 2 * schema()->row_size() - std::string("name0name1").size() - 1;
  std::size_t size = rows + schema()->row_size() + schema()->offset(0) + 4;
  ASSERT_EQ(bytes[size], 5);
  bytes[size] = 6;  // reaches into what the other field of the row has
  EXPECT_EQ(refused(bytes), DecodeError::range);
}

TEST(EventCodec, EncodesNothingBeyondTheLimit) {
  EncodeOptions narrow;
  narrow.bytes_max = 1'000;
  EXPECT_EQ(encode(event_of(1000), narrow).size, 0u);
}

TEST(EventCodec, SurvivesAnyDamage) {
  EncodeOptions how;
  how.zstd_level = 1;
  std::mt19937_64 random(1);
  for (const EncodeOptions& encoding : {EncodeOptions{}, how}) {
    std::string good(encode(event_of(200), encoding).text());
    for (int i = 0; i < 3000; ++i) {
      std::string bytes = good;
      for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips)
        bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
      WireMessage message;
      if (decode(Buffer::copy_of(bytes), options(), message)) continue;
      if (!std::holds_alternative<Event>(message)) continue;
      const Event& event = std::get<Event>(message);
      if (!event.batch) continue;
      Refs refs;
      std::size_t sum = 0;
      for (RowView row : Rows(*event.batch)) {
        for (char c : row.get(refs.name)) sum += static_cast<std::uint8_t>(c);
        for (std::uint8_t c : row.get(refs.bytes)) sum += c;
      }
      ASSERT_LT(sum, std::size_t{1} << 40);
    }
  }
}

}  // namespace
}  // namespace dnstorm::cluster
