#include "engine/api/schema.hpp"

#include <gtest/gtest.h>

namespace dnstorm {
namespace {

constexpr Type all_types[] = {Type::boolean, Type::u8,  Type::u16,  Type::u32,
                              Type::u64,     Type::i64, Type::f64,  Type::time,
                              Type::ip,      Type::str, Type::bytes};

Schema every_type() {
  std::vector<Field> fields;
  for (Type type : all_types) fields.push_back({std::string(to_string(type)), type});
  return Schema(fields);
}

TEST(Schema, CellsNeitherOverlapNorLieUnaligned) {
  Schema schema = every_type();
  std::vector<bool> used(schema.row_size(), false);
  for (std::size_t i = 0; i < schema.size(); ++i) {
    Type type = schema.field(i).type;
    EXPECT_EQ(schema.offset(i) % alignment_of(type), 0u) << to_string(type);
    ASSERT_LE(schema.offset(i) + size_of(type), schema.row_size());
    for (std::uint32_t b = schema.offset(i); b < schema.offset(i) + size_of(type); ++b) {
      EXPECT_FALSE(used[b]) << to_string(type);
      used[b] = true;
    }
  }
}

TEST(Schema, RowsArePackedToAMultipleOfEight) {
  EXPECT_EQ(every_type().row_size(), 80u);  // 16*2 + 8*5 + 4 + 2 + 1 + 1
  EXPECT_EQ(Schema().row_size(), 8u);
  EXPECT_EQ(Schema({{"a", Type::u8}}).row_size(), 8u);
  EXPECT_EQ(Schema({{"a", Type::u8}, {"b", Type::u64}}).row_size(), 16u);
  EXPECT_EQ(Schema({{"a", Type::u16}, {"b", Type::u16}, {"c", Type::u32}}).row_size(), 8u);
}

TEST(Schema, FindsByNameAndByRole) {
  Schema schema({{"ts", Type::time, Role::time},
                 {"n", Type::u64, Role::value},
                 {"m", Type::u64, Role::value}});
  EXPECT_EQ(schema.find("m"), 2u);
  EXPECT_EQ(schema.find("x"), std::nullopt);
  EXPECT_EQ(schema.find(Role::value), 1u);
  EXPECT_EQ(schema.find(Role::key), std::nullopt);
  EXPECT_EQ(schema.names(), "ts, n, m");
}

TEST(Schema, RefsAreAbsentForWhatIsNotThere) {
  Schema schema({{"qtype", Type::u16}, {"ts", Type::time}});
  EXPECT_TRUE(schema.ref<std::uint16_t>("qtype").present());
  EXPECT_TRUE(schema.ref<std::int64_t>("ts").present()) << "a time is read as a whole number";
  EXPECT_FALSE(schema.ref<Str>("qname").present());
}

TEST(SchemaDeathTest, AnotherTypeIsABug) {
  Schema schema({{"qtype", Type::u16}});
  EXPECT_DEATH((void)schema.ref<Str>("qtype"), "read as another type.*qtype u16 string");
}

TEST(Schema, PrunedKeepsTheOrderAndAllThatIsSaidOfAField) {
  Schema schema({{"a", Type::u64}, {"b", Type::u8, Role::key, "rcode"}, {"c", Type::str}});
  Schema pruned = schema.pruned({"c", "b", "unknown"});
  EXPECT_EQ(pruned.names(), "b, c");
  EXPECT_EQ(pruned.field(0).labels, "rcode");
  EXPECT_EQ(pruned.field(0).role, Role::key);
  EXPECT_EQ(pruned.row_size(), 24u);
  EXPECT_EQ(schema.pruned({}).size(), 0u);
}

}  // namespace
}  // namespace dnstorm
