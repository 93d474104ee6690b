#include "operators/enrich/direction.hpp"

#include "operators/enrich/prefix_set.hpp"
#include "tests/unit/operators/enrich/enrich_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using testing::fields;
using ::testing::HasSubstr;
using testing::row;
using testing::TaskHarness;
using testing::TextOptions;

TEST(Direction, tells_by_the_own_networks) {
  TaskHarness task(direction_operator(), {{"own", {"198.51.100.0/24", "2001:db8:53::1"}}}, fields,
                   {.read_outputs = {"direction"}});
  task.feed({row("192.0.2.1", "198.51.100.53"), row("198.51.100.53", "192.0.2.1"),
             row("198.51.100.53", "198.51.100.54"), row("192.0.2.1", "203.0.113.1"),
             row("2001:db8::1", "2001:db8:53::1"), row("2001:db8::1", "2001:db8:53::2")});
  EXPECT_THAT(task.take(), ElementsAre("1", "2", "3", "0", "1", "0"));
  EXPECT_EQ(task.counter("unknown"), 2U);
}

TEST(Direction, passes_on_whatever_else_is_read) {
  TaskHarness whole(direction_operator(), {{"own", {"198.51.100.0/24"}}, {"as", {"way"}}}, fields);
  whole.feed({row("192.0.2.1", "198.51.100.53"), row("192.0.2.2", "192.0.2.3", "")});
  EXPECT_THAT(
      whole.take(),
      ElementsAre("1 2s true 192.0.2.1 3 www.example.co.uk 4 198.51.100.53 5 bytes 0.5 -7 99 "
                  "6 d 1",
                  "1 2s true 192.0.2.2 3  4 192.0.2.3 5 bytes 0.5 -7 99 6 d 0"));
  TaskHarness few(direction_operator(), {{"own", {"198.51.100.0/24"}}}, fields,
                  {.read_outputs = {"h", "qname", "c"}});
  few.feed({row("192.0.2.1", "198.51.100.53")});
  EXPECT_THAT(few.take(), ElementsAre("3 www.example.co.uk 6"));
  TaskHarness unread(direction_operator(), {{"own", {"198.51.100.0/24"}}}, fields,
                     {.outputs_wanted = false});
  unread.feed({row("192.0.2.1", "198.51.100.53")});
  EXPECT_TRUE(unread.take().empty());
}

TEST(Direction, says_what_is_wrong) {
  const std::vector<std::pair<std::vector<std::string>, const char*>> wrong = {
      {{"198.51.100.0/33"}, "is no network"},
      {{"nonsense"}, "is no network"},
      {{"198.51.100.1/24"}, "has bits behind"},
      {{"198.51.100.0/"}, "is no network"},
      {{"2001:db8::/129"}, "is no network"},
      {{"198.51.100.0/-1"}, "is no network"},
      {std::vector<std::string>(300, "::1"), "too many"}};
  for (const auto& [own, what] : wrong) {
    auto result = declare(direction_operator(), {{"own", own}}, {fields});
    ASSERT_FALSE(result.ok()) << own[0];
    EXPECT_THAT(result.error().what, HasSubstr(what));
    EXPECT_EQ(result.error().subject, "own");
  }
  TextOptions options = {{"own", {"::1"}}};
  EXPECT_THAT(declare_error(direction_operator(), options, {fields, fields}),
              HasSubstr("2 come in"));
  options["from"] = {"c"};
  EXPECT_THAT(declare_error(direction_operator(), options, {fields}),
              HasSubstr("is of type u16; direction needs ip"));
  EXPECT_THAT(declare_error(direction_operator(), {{"own", {"::1"}}, {"as", {"qname"}}}, {fields}),
              HasSubstr("has one already"));
}

TEST(PrefixSet, of_no_bits_holds_its_family) {
  auto v4 = PrefixSet::parse({"0.0.0.0/0"});
  EXPECT_TRUE(v4->contains(*parse_ip("192.0.2.1")));
  EXPECT_FALSE(v4->contains(*parse_ip("2001:db8::1")));
  EXPECT_TRUE(PrefixSet::parse({"::/0"})->contains(*parse_ip("2001:db8::1")));
}

TEST(PrefixSet, holdsWhatOneOfItsPrefixesHolds) {
  auto set = PrefixSet::parse({"10.0.0.0/8", "172.16.0.0/12", "96.0.0.0/3", "192.0.2.7", "::1",
                               "fc00::/7", "2001:db8::/32"});
  ASSERT_TRUE(set.ok());
  for (const char* inside : {"10.0.0.0", "10.255.1.2", "172.16.0.0", "172.31.255.255", "96.0.0.1",
                             "127.0.0.1", "192.0.2.7", "::1", "fc00::", "fdff::1", "2001:db8::9"})
    EXPECT_TRUE(set->contains(*parse_ip(inside))) << inside;
  for (const char* outside :
       {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "95.255.0.1", "128.0.0.1",
        "192.0.2.8", "::", "::2", "fe00::", "a00::1", "2001:db9::", "2002::", "0.0.0.0"})
    EXPECT_FALSE(set->contains(*parse_ip(outside))) << outside;
  EXPECT_TRUE(PrefixSet::parse({"::/0"})->contains(*parse_ip("192.0.2.1")));
  EXPECT_FALSE(PrefixSet::parse({})->contains(*parse_ip("192.0.2.1")));
}

}  // namespace
}  // namespace dnstorm::operators
