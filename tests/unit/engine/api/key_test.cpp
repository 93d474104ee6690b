#include "engine/api/key.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dnstorm {
namespace {

// The same five fields in two layouts, with others between them.
const Schema narrow({{"u8", Type::u8},
                     {"u16", Type::u16},
                     {"str", Type::str},
                     {"bytes", Type::bytes},
                     {"ip", Type::ip}});
const Schema wide({{"ip", Type::ip},
                   {"other", Type::ip},
                   {"bytes", Type::bytes},
                   {"x", Type::f64},
                   {"str", Type::str},
                   {"pad", Type::u16},
                   {"u16", Type::u16},
                   {"y", Type::boolean},
                   {"u8", Type::u8}});
const std::vector<std::string> all_fields = {"str", "u8", "ip", "bytes", "u16"};

struct Values {
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::string str;
  std::string bytes;
  IpAddress ip;
};

BatchPtr one_row(const Schema& schema, const Values& values) {
  BatchBuilder builder(std::make_shared<const Schema>(schema));
  RowWriter row = builder.add_row();
  row.set(schema.ref<std::uint8_t>("u8"), values.u8);
  row.set(schema.ref<std::uint16_t>("u16"), values.u16);
  row.set_str(schema.ref<Str>("str"), values.str);
  row.set_bytes(schema.ref<Bytes>("bytes"),
                {reinterpret_cast<const std::uint8_t*>(values.bytes.data()), values.bytes.size()});
  row.set(schema.ref<IpAddress>("ip"), values.ip);
  row.set(schema.ref<double>("x"), 0.5);
  return builder.seal();
}

const Values some = {3, 53, "example.com", std::string("a\0b", 3), *parse_ip("2001:db8::1")};

TEST(KeyReader, G5_HashDependsOnValuesNotOnTheLayout) {
  for (const auto& fields : std::vector<std::vector<std::string>>{
           {"u8"}, {"u16"}, {"str"}, {"bytes"}, {"ip"}, {"u8", "u16"}, all_fields}) {
    BatchPtr a = one_row(narrow, some);
    BatchPtr b = one_row(wide, some);
    EXPECT_EQ(KeyReader(narrow, fields).hash(Rows(*a)[0]),
              KeyReader(wide, fields).hash(Rows(*b)[0]))
        << fields[0];
  }
}

TEST(KeyReader, HashSeesEveryField) {
  KeyReader reader(narrow, all_fields);
  auto hash = [&](const Values& values) { return reader.hash(Rows(*one_row(narrow, values))[0]); };
  std::vector<Values> others(5, some);
  others[0].u8 = 4;
  others[1].u16 = 54;
  others[2].str = "example.con";
  others[3].bytes = "ab";
  others[4].ip = *parse_ip("2001:db8::2");
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_NE(hash(others[i]), hash(some)) << i;
}

TEST(KeyReader, AppendAndEquals) {
  KeyReader reader(narrow, all_fields);
  BatchPtr batch = one_row(narrow, some);
  std::string key;
  reader.append(Rows(*batch)[0], key);
  EXPECT_TRUE(reader.equals(Rows(*batch)[0], key));
  // A key made from one layout is the key in the other.
  EXPECT_TRUE(KeyReader(wide, all_fields).equals(Rows(*one_row(wide, some))[0], key));
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string changed = key;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(reader.equals(Rows(*batch)[0], changed)) << i;
  }
  EXPECT_FALSE(reader.equals(Rows(*batch)[0], key + "x"));
}

TEST(KeyReader, NeighbouringStringsDoNotRunTogether) {
  const Schema schema({{"a", Type::str}, {"b", Type::str}});
  KeyReader reader(schema, {"a", "b"});
  auto key = [&](std::string_view a, std::string_view b) {
    BatchBuilder builder(std::make_shared<const Schema>(schema));
    RowWriter row = builder.add_row();
    row.set_str(schema.ref<Str>("a"), a);
    row.set_str(schema.ref<Str>("b"), b);
    BatchPtr batch = builder.seal();
    std::string out;
    reader.append(Rows(*batch)[0], out);
    return out;
  };
  EXPECT_NE(key("ab", "c"), key("a", "bc"));
  EXPECT_NE(key("", "abc"), key("abc", ""));
}

TEST(KeyReader, RestoresInAnotherLayout) {
  KeyReader reader(narrow, all_fields);
  std::string key;
  reader.append(Rows(*one_row(narrow, some))[0], key);
  std::vector<std::uint32_t> targets;
  for (const std::string& name : all_fields) targets.push_back(wide.offset(*wide.find(name)));
  BatchBuilder builder(std::make_shared<const Schema>(wide));
  reader.restore(key, builder.add_row(), targets);
  BatchPtr restored = builder.seal();
  RowView row = Rows(*restored)[0];
  EXPECT_EQ(row.get(wide.ref<std::uint8_t>("u8")), some.u8);
  EXPECT_EQ(row.get(wide.ref<std::uint16_t>("u16")), some.u16);
  EXPECT_EQ(row.get(wide.ref<Str>("str")), some.str);
  EXPECT_EQ(row.hash(wide.ref<Str>("str")), hash_bytes(some.str));
  EXPECT_EQ(row.get(wide.ref<IpAddress>("ip")), some.ip);
  EXPECT_TRUE(KeyReader(wide, all_fields).equals(row, key));
}

TEST(KeyReader, RestoreSkipsWhatWasPruned) {
  KeyReader reader(narrow, all_fields);
  std::string key;
  reader.append(Rows(*one_row(narrow, some))[0], key);
  Schema pruned({{"u16", Type::u16}});
  std::vector<std::uint32_t> targets(5, FieldRef<Str>::absent);
  targets[4] = pruned.offset(0);
  BatchBuilder builder(std::make_shared<const Schema>(pruned));
  reader.restore(key, builder.add_row(), targets);
  EXPECT_EQ(Rows(*builder.seal())[0].get(pruned.ref<std::uint16_t>("u16")), some.u16);
}

TEST(KeyReader, PacksNarrowKeysOfFixedWidth) {
  EXPECT_TRUE(KeyReader(narrow, {"u8", "u16"}).packs());
  EXPECT_FALSE(KeyReader(narrow, {"ip"}).packs());
  EXPECT_FALSE(KeyReader(narrow, {"str"}).packs());
  EXPECT_FALSE(KeyReader(narrow, {}).packs());
  KeyReader reader(narrow, {"u8", "u16"});
  EXPECT_EQ(reader.pack(Rows(*one_row(narrow, some))[0]), 3u << 16 | 53u);
  Schema eight({{"n", Type::u64}});
  BatchBuilder builder(std::make_shared<const Schema>(eight));
  builder.add_row().set(eight.ref<std::uint64_t>("n"), ~std::uint64_t{0});
  EXPECT_EQ(KeyReader(eight, {"n"}).pack(Rows(*builder.seal())[0]), ~std::uint64_t{0});
}

TEST(KeyReader, NoFieldsIsOneKey) {
  KeyReader reader(narrow, {});
  std::string key;
  BatchPtr batch = one_row(narrow, some);
  reader.append(Rows(*batch)[0], key);
  EXPECT_EQ(key, "");
  EXPECT_TRUE(reader.equals(Rows(*batch)[0], key));
}

TEST(KeyReaderDeathTest, AMissingFieldIsABug) {
  EXPECT_DEATH(KeyReader(narrow, {"qname"}), "a key names a field.*qname");
}

TEST(KeyGroups, TasksOwnContiguousRangesOfNearlyEqualSize) {
  for (std::uint32_t tasks : {1u, 2u, 3u, 7u, 16u, 128u}) {
    std::vector<std::uint32_t> owned(tasks, 0);
    std::uint32_t last = 0;
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      std::uint32_t task = task_of_group(group, tasks);
      ASSERT_LT(task, tasks);
      ASSERT_GE(task, last);
      last = task;
      ++owned[task];
    }
    auto [least, most] = std::minmax_element(owned.begin(), owned.end());
    EXPECT_LE(*most - *least, 1u) << tasks;
  }
}

TEST(KeyGroups, HashesSpreadOverThem) {
  std::vector<int> rows(key_groups, 0);
  for (std::uint64_t i = 0; i < 128'000; ++i) ++rows[key_group(hash_number(i))];
  for (int n : rows) EXPECT_NEAR(n, 1000, 200);
}

}  // namespace
}  // namespace dnstorm
