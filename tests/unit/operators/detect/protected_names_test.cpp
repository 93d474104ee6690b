#include "operators/detect/protected_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "operators/detect/confusables.hpp"

namespace dnstorm::operators {
namespace {

TEST(OneSlip, names_what_went_wrong) {
  EXPECT_EQ(one_slip("example", "exmaple"), Slip::transposed);
  EXPECT_EQ(one_slip("example", "eexample"), Slip::doubled);
  EXPECT_EQ(one_slip("google", "gogle"), Slip::doubled);
  EXPECT_EQ(one_slip("example", "wxample"), Slip::neighbour);
  EXPECT_EQ(one_slip("example", "exampke"), Slip::neighbour);
  EXPECT_EQ(one_slip("example", "epample"), Slip::other);
  EXPECT_EQ(one_slip("example", "exampl"), Slip::missing);
  EXPECT_EQ(one_slip("example", "examples"), Slip::added);
  for (const char* other : {"example", "exampel1", "xampl", "elpmaxe", "", "examplesx"})
    EXPECT_FALSE(one_slip("example", other)) << other;
  EXPECT_FALSE(one_slip("", ""));
  EXPECT_EQ(one_slip("", "a"), Slip::added);
}

TEST(Looks, fold_letters_that_look_alike) {
  EXPECT_EQ(looks_of("xn--80ak6aa92e").plain, "apple") << "all Cyrillic";
  EXPECT_TRUE(looks_of("xn--80ak6aa92e").international);
  EXPECT_EQ(looks_of("xn--mnchen-3ya").plain, "munchen");
  EXPECT_EQ(looks_of("examp1e").plain, "examp1e");
  EXPECT_EQ(looks_of("examp1e").skeleton, looks_of("example").skeleton);
  EXPECT_EQ(looks_of("rnicrosoft").skeleton, looks_of("microsoft").skeleton);
  EXPECT_EQ(looks_of("vvikipedia").skeleton, looks_of("wikipedia").skeleton);
  EXPECT_FALSE(looks_of("example").international);
  EXPECT_NE(looks_of("xn--fiqs8s").plain, looks_of("xn--0zwm56d").plain) << "no Latin letters";
}

TEST(Looks, are_safe_for_what_is_no_encoding) {
  EXPECT_EQ(looks_of("xn--").plain, "xn--");
  EXPECT_EQ(looks_of("xn--\\255a-").plain, "xn--\\255a-");
  EXPECT_EQ(looks_of("").plain, "");
  EXPECT_EQ(looks_of("xn--" + std::string(59, 'z')).skeleton.empty(), false);
}

TEST(ProtectedNames, find_what_could_be_mistaken_for_them) {
  ProtectedNames names({"example.com", "paypal.com", "mail.org"});
  auto alike = names.find("xn--80ak6aa92e.com");
  EXPECT_FALSE(alike) << "nobody protects that";
  alike = names.find("paypa1.net");
  ASSERT_TRUE(alike);
  EXPECT_TRUE(alike->alike);
  EXPECT_FALSE(alike->international);
  EXPECT_EQ(names.name(alike->number), "paypal.com");
  auto slip = names.find("exmaple.com");
  ASSERT_TRUE(slip);
  EXPECT_FALSE(slip->alike);
  EXPECT_EQ(slip->slip, Slip::transposed);
  EXPECT_EQ(names.name(slip->number), "example.com");
  EXPECT_TRUE(names.find("xn--exampl-gva.com")->alike);
  EXPECT_TRUE(names.find("xn--exampl-gva.com")->international);
}

TEST(ProtectedNames, leave_alone_what_is_far_off_short_or_protected) {
  ProtectedNames names({"example.com", "examples.com", "mail.org"});
  for (const char* other : {"example.com", "examples.com", "example.org", "sample.com", "mall1.org",
                            "mai.org", "wikipedia.org", "", "com", "exampleab.com"})
    EXPECT_FALSE(names.find(other)) << other;
  EXPECT_TRUE(names.find("mall.org")) << "looks like mail.org";
  EXPECT_FALSE(ProtectedNames().find("example.com"));
}

// Against a search through all of them.
TEST(ProtectedNames, find_all_that_is_one_slip_away_among_many) {
  std::mt19937_64 dice(3);
  auto word = [&](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + dice() % 4);
    return text;
  };
  std::vector<std::string> list;
  for (int i = 0; i < 1'500; ++i) list.push_back(word(6 + dice() % 6));
  ProtectedNames names(list);
  std::set<std::string> skeletons;
  for (const std::string& meant : list) skeletons.insert(looks_of(meant).skeleton);
  int found = 0;
  for (int i = 0; i < 1'000; ++i) {
    std::string typed = word(5 + dice() % 8);
    bool own = std::find(list.begin(), list.end(), typed) != list.end();
    bool expected = !own && std::any_of(list.begin(), list.end(), [&](const std::string& meant) {
      return one_slip(meant, typed).has_value();
    });
    if (skeletons.contains(looks_of(typed).skeleton)) continue;
    ASSERT_EQ(names.find(typed + ".com").has_value(), expected) << typed;
    found += expected ? 1 : 0;
  }
  EXPECT_GT(found, 50);
}

}  // namespace
}  // namespace dnstorm::operators
