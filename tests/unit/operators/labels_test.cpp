#include "operators/labels.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

TEST(Labels, turn_numbers_into_text_and_back) {
  struct Case {
    const char* table;
    std::uint64_t value;
    const char* text;
  };
  const Case cases[] = {{"qtype", 1, "A"},
                        {"qtype", 65, "HTTPS"},
                        {"qtype", 65280, "TYPE65280"},
                        {"qclass", 3, "CH"},
                        {"opcode", 5, "UPDATE"},
                        {"rcode", 3, "NXDOMAIN"},
                        {"rcode", 23, "BADCOOKIE"},
                        {"edns_option", 8, "ECS"},
                        {"transport", 17, "udp"},
                        {"match_status", 2, "unsolicited"}};
  for (const Case& c : cases) {
    EXPECT_EQ(label_text(c.table, c.value), c.text);
    EXPECT_EQ(label_value(c.table, c.text), c.value) << c.text;
  }
  EXPECT_EQ(label_value("rcode", "nxdomain"), 3U);
  EXPECT_EQ(label_value("transport", "UDP"), 17U);
  EXPECT_EQ(label_value("rcode", "7"), 7U);
}

TEST(Labels, answer_what_is_unknown_with_the_number_or_nothing) {
  EXPECT_EQ(label_text("", 7), "7");
  EXPECT_EQ(label_text("no_such_table", 7), "7");
  EXPECT_EQ(label_text("transport", 99), "99");
  EXPECT_EQ(label_text("qtype", 70'000), "70000");
  EXPECT_EQ(label_value("no_such_table", "7"), std::nullopt);
  EXPECT_EQ(label_value("rcode", "NOSUCHCODE"), std::nullopt);
  EXPECT_EQ(label_value("rcode", ""), std::nullopt);
}

}  // namespace
}  // namespace dnstorm::operators
