#include "operators/field_text.hpp"

#include <gmock/gmock.h>

namespace dnstorm::operators {
namespace {

using ::testing::Optional;
using ::testing::Pair;

TEST(FieldText, tells_name_type_and_role) {
  Field share = parse_field("share:f64:value", "set").value();
  EXPECT_EQ(share.name, "share");
  EXPECT_EQ(share.type, Type::f64);
  EXPECT_EQ(share.role, Role::value);
  EXPECT_FALSE(share.unbounded);
  Field site = parse_field("site", "set").value();
  EXPECT_EQ(site.type, Type::str);
  EXPECT_TRUE(site.unbounded) << "a text may be anything";
  EXPECT_EQ(parse_field("at:time", "set").value().role, Role::time);
  EXPECT_EQ(parse_field("at:time:plain", "set").value().role, Role::plain);
}

TEST(FieldText, knows_what_is_no_field) {
  for (const char* text : {"", ":u8", "two words", "a:u8:key:x"})
    EXPECT_EQ(parse_field(text, "set").error().what,
              "option 'set': a field is NAME, NAME:TYPE or NAME:TYPE:ROLE, not '" +
                  std::string(text) + "'");
  EXPECT_EQ(parse_field("x:int", "set").error().what,
            "option 'set': 'int' is no type of field 'x'; types are str, bool, u8, u16, u32, u64, "
            "i64, f64, ip, time");
  EXPECT_EQ(parse_field("x:u8:tag", "set").error().what,
            "option 'set': 'tag' is no role of field 'x'; roles are time, window_end, key, value, "
            "plain");
}

TEST(FieldText, parts_assignments) {
  EXPECT_THAT(parse_assignment(" a b = c == d "), Optional(Pair("a b", "c == d")));
  EXPECT_EQ(parse_assignment("a"), std::nullopt);
  EXPECT_EQ(parse_assignment("= b"), std::nullopt);
  EXPECT_EQ(parse_assignment("a = "), std::nullopt);
  EXPECT_EQ(one_line("a\n\tb"), "a  b");
  EXPECT_EQ(one_line(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(one_line(std::string(201, 'x')), std::string(200, 'x') + "...");
  EXPECT_TRUE(is_word("a-b"));
  EXPECT_FALSE(is_word("a b"));
  EXPECT_FALSE(is_word(""));
}

}  // namespace
}  // namespace dnstorm::operators
