#include "operators/shape/registered_domain.hpp"

#include <gtest/gtest.h>
#include <libpsl.h>

#include <fstream>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

TEST(RegisteredDomain, is_the_part_below_the_public_suffix) {
  struct Case {
    std::string_view name;
    std::string_view domain;
  };
  const Case cases[] = {
      {"www.example.com", "example.com"},
      {"a.b.c.d.e.f.g.h.i.j.k.example.com", "example.com"},
      {"example.com", "example.com"},
      {"com", "com"},
      {"www.example.co.uk", "example.co.uk"},
      {"co.uk", "co.uk"},
      {".", "."},
      {"", ""},
      {"localhost", "localhost"},
      {"a.b.nosuchtld", "b.nosuchtld"},
      {"www.city.kawasaki.jp", "city.kawasaki.jp"},
      {"a.b.c.kawasaki.jp", "b.c.kawasaki.jp"},
      {"xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"a.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"1.2.0.192.in-addr.arpa", "192.in-addr.arpa"},
      {"in-addr.arpa", "in-addr.arpa"},
      {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
       "8.b.d.0.1.0.0.2.ip6.arpa"},
      {"1.0.0.2.ip6.arpa", "1.0.0.2.ip6.arpa"},
      {"ip6.arpa", "ip6.arpa"},
      {"notip6.arpa", "notip6.arpa"},
      {R"(a\.b.example.com)", "example.com"},
      {R"(www.foo\.bar.com)", R"(foo\.bar.com)"},
      {R"(x.\255\046y.example.net)", "example.net"},
      {R"(a\\.example\.com)", R"(a\\.example\.com)"},
      {R"(b.a\\.example\.com)", R"(a\\.example\.com)"},
      {R"(broken.example\)", R"(broken.example\)"},
  };
  RegisteredDomain domains;
  for (int round = 0; round < 2; ++round)
    for (const Case& c : cases)
      EXPECT_EQ(domains.of(c.name, hash_bytes(c.name)).name, c.domain) << c.name;
}

// Every rule of the list, itself and with one to three labels more: what libpsl says.
TEST(RegisteredDomain, is_what_libpsl_says_for_every_rule) {
  std::ifstream file("/usr/share/publicsuffix/public_suffix_list.dat");
  if (!file) GTEST_SKIP() << "the package publicsuffix is not installed";
  psl_ctx_t* list = psl_latest(nullptr);
  RegisteredDomain domains;
  int judged = 0;
  for (std::string rule; std::getline(file, rule);) {
    if (rule.empty() || rule.starts_with("//")) continue;
    if (rule.starts_with('!')) rule.erase(0, 1);
    if (rule.starts_with("*.")) rule[0] = 'x';
    // Packets hold Punycode; reverse names are cut by a rule of our own.
    bool ascii = std::all_of(rule.begin(), rule.end(), [](char c) { return c > 0; });
    if (!ascii || rule.ends_with("ip6.arpa")) continue;
    std::string name = rule;
    for (const char* label : {"", "a.", "bb.", "ccc."}) {
      name = label + name;
      const char* expected = psl_registrable_domain(list, name.c_str());
      ASSERT_EQ(domains.of(name, hash_bytes(name)).name, expected == nullptr ? name : expected)
          << name;
      ++judged;
    }
  }
  psl_free(list);
  EXPECT_GT(judged, 10000);
}

TEST(RegisteredDomain, names_that_share_a_place_in_the_cache_are_told_apart) {
  RegisteredDomain domains;
  EXPECT_EQ(domains.of("www.example.com", 1).name, "example.com");
  EXPECT_EQ(domains.of("w.example.org", 1 + 65536).name, "example.org");
  EXPECT_EQ(domains.of("www.example.com", 1).name, "example.com");
  EXPECT_EQ(domains.of("a.example.net", 1).name, "example.net") << "one hash, another length";
}

TEST(RegisteredDomain, an_answer_out_of_the_cache_is_the_first_one) {
  RegisteredDomain domains;
  for (int round = 0; round < 2; ++round) {
    for (std::string name :
         {"www.example.co.uk", "co.uk", "a.b.nosuchtld", "www.city.kawasaki.jp"}) {
      auto found = domains.of(name, hash_bytes(name));
      EXPECT_EQ(found.hash, hash_bytes(found.name)) << name;
      EXPECT_EQ(found.name, RegisteredDomain().of(name, hash_bytes(name)).name);
    }
    EXPECT_TRUE(domains.is_top_level("com"));
    EXPECT_FALSE(domains.is_top_level("nosuchtld"));
    EXPECT_FALSE(domains.is_top_level("co.uk"));
    EXPECT_FALSE(domains.is_top_level(std::string(300, 'a')));
  }
}

TEST(RegisteredDomain, the_answer_is_part_of_the_name_that_was_asked_for) {
  RegisteredDomain domains;
  std::string first = "www.example.com";
  std::string second = "www.example.com";
  domains.of(first, 7);
  EXPECT_EQ(domains.of(second, 7).name.data(), second.data() + 4);
}

}  // namespace
}  // namespace dnstorm::operators
