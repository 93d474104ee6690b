#include "engine/testkit/rows.hpp"

#include <gtest/gtest.h>

namespace dnstorm::testkit {
namespace {

std::string normal(Type type, std::string_view text) {
  auto normal = normal_text({.name = "f", .type = type}, text);
  return normal.ok() ? *normal : "wrong: " + normal.error().what;
}

TEST(Rows, AValueHasOneText) {
  EXPECT_EQ(normal(Type::u16, "028"), "28");
  EXPECT_EQ(normal(Type::i64, "-5"), "-5");
  EXPECT_EQ(normal(Type::f64, "1.50"), "1.5");
  EXPECT_EQ(normal(Type::boolean, "1"), "true");
  EXPECT_EQ(normal(Type::ip, "::FFFF:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(normal(Type::str, " as it is "), " as it is ");
  EXPECT_EQ(normal(Type::bytes, "00FF"), "00ff");
}

TEST(Rows, TimesAreExact) {
  EXPECT_EQ(normal(Type::time, "1500ms"), "1.5s");
  EXPECT_EQ(normal(Type::time, "-3s"), "-3s");
  EXPECT_EQ(normal(Type::time, "0"), "0s");
  EXPECT_EQ(normal(Type::time, "2026-01-31T12:00:00.25Z"), "2026-01-31T12:00:00.25Z");
  EXPECT_EQ(normal(Type::time, "1769860800123456789ns"), "2026-01-31T12:00:00.123456789Z");
  EXPECT_EQ(parse_time("2026-02-30T12:00:00Z"), std::nullopt);
  EXPECT_EQ(parse_time("soon"), std::nullopt);
}

TEST(Rows, WhatDoesNotFitIsSaid) {
  EXPECT_EQ(normal(Type::u8, "256"),
            "wrong: field 'f' (u8) takes a number from 0 to 255, not '256'");
  EXPECT_EQ(normal(Type::boolean, "yes"), "wrong: field 'f' (bool) takes true or false, not 'yes'");
  EXPECT_EQ(normal(Type::ip, "192.0.2"), "wrong: field 'f' (ip) takes an address, not '192.0.2'");
  EXPECT_EQ(normal(Type::bytes, "abc"),
            "wrong: field 'f' (bytes) takes bytes in hexadecimal, not 'abc'");
}

TEST(Rows, LabelsAreAnotherWayToWriteANumber) {
  Labels labels;
  labels.value = [](std::string_view, std::string_view text) -> std::optional<std::uint64_t> {
    if (text == "AAAA") return 28;
    return std::nullopt;
  };
  labels.text = [](std::string_view, std::uint64_t value) {
    return value == 28 ? "AAAA" : std::to_string(value);
  };
  Field field{.name = "qtype", .type = Type::u16, .labels = "qtype"};
  EXPECT_EQ(*normal_text(field, "28", labels), "AAAA");
  EXPECT_EQ(*normal_text(field, "AAAA", labels), "AAAA");
  EXPECT_EQ(*normal_text(field, "1", labels), "1");
  EXPECT_FALSE(normal_text(field, "AAAAA", labels).ok());
}

TEST(Rows, WhatIsWrittenIsRead) {
  const std::vector<std::pair<Type, std::string>> values = {{Type::boolean, "true"},
                                                            {Type::u8, "255"},
                                                            {Type::u16, "65535"},
                                                            {Type::u32, "7"},
                                                            {Type::u64, "18446744073709551615"},
                                                            {Type::i64, "-1"},
                                                            {Type::f64, "0.1"},
                                                            {Type::time, "1.5s"},
                                                            {Type::ip, "2001:db8::1"},
                                                            {Type::str, "text"},
                                                            {Type::bytes, "0a0b"}};
  std::vector<Field> fields;
  for (const auto& [type, text] : values)
    fields.push_back({.name = "f" + std::to_string(fields.size()), .type = type});
  auto schema = std::make_shared<const Schema>(fields);
  BatchBuilder builder(schema);
  RowWriter row = builder.add_row();
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_TRUE(write_cell(*schema, i, values[i].second, row).ok());
  BatchPtr batch = builder.seal();
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(cell_text(*schema, i, Rows(*batch)[0]), values[i].second);
}

}  // namespace
}  // namespace dnstorm::testkit
