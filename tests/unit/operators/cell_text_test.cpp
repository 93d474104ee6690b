#include "operators/cell_text.hpp"

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

// How the cell reads, or "no".
std::string written(const Field& field, const std::string& text) {
  BatchBuilder builder(std::make_shared<const Schema>(std::vector<Field>{field}));
  RowWriter row = builder.add_row();
  if (!write_cell_text(field, text, row, builder.schema()->offset(0))) return "no";
  BatchPtr batch = builder.seal();
  return testing::row_text(batch->schema(), RowView(batch->row(0), batch->arena()));
}

TEST(CellText, becomes_a_value_of_the_type_or_none) {
  struct Case {
    Type type;
    const char* text;
    const char* value;
  };
  const Case cases[] = {
      {Type::boolean, "true", "true"},
      {Type::boolean, "1", "no"},
      {Type::u8, "255", "255"},
      {Type::u8, "256", "no"},
      {Type::u16, "-1", "no"},
      {Type::u32, "7 ", "no"},
      {Type::u64, "18446744073709551615", "18446744073709551615"},
      {Type::i64, "-9", "-9"},
      {Type::f64, "0.25", "0.25"},
      {Type::f64, "inf", "no"},
      {Type::ip, "2001:DB8::1", "2001:db8::1"},
      {Type::ip, "192.0.2.0/24", "no"},
      {Type::str, " as it is ", " as it is "},
      {Type::u8, "", "no"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(written({"cell", c.type}, c.text), c.value) << to_string(c.type) << " " << c.text;
  EXPECT_FALSE(has_cell_text(Type::time));
  EXPECT_FALSE(has_cell_text(Type::bytes));
}

TEST(CellText, knows_the_names_of_numbers) {
  Field qtype{"qtype", Type::u16, Role::plain, "qtype"};
  EXPECT_EQ(written(qtype, "aaaa"), "28");
  EXPECT_EQ(written(qtype, "15"), "15");
  EXPECT_EQ(written(qtype, "NOSUCH"), "no");
  EXPECT_EQ(written({"small", Type::u8, Role::plain, "qtype"}, "TYPE256"), "no");
  Field qr{"qr", Type::boolean, Role::plain, "qr"};
  EXPECT_EQ(written(qr, "response"), "true");
  EXPECT_EQ(written(qr, "false"), "false");
  EXPECT_EQ(written(qr, "2"), "no");
}

}  // namespace
}  // namespace dnstorm::operators
