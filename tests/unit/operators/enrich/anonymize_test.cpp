#include "operators/enrich/anonymize.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/operators/enrich/enrich_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using testing::fields;
using ::testing::HasSubstr;
using testing::row;
using testing::TaskHarness;

TEST(Anonymize, truncates_all_addresses_and_lets_no_hash_of_them_through) {
  TaskHarness task(anonymize_operator(), {}, fields);
  task.feed({row("192.0.2.77", "2001:db8:1:2::3")});
  EXPECT_THAT(task.take(), ElementsAre("1 2s true 192.0.2.0 3 www.example.co.uk 4 2001:db8:1:: 5 "
                                       "bytes 0.5 -7 6 d"));
  TaskHarness one(anonymize_operator(), {{"addresses", {"src"}}, {"v4", {"16"}}}, fields,
                  {.read_outputs = {"src", "dst"}});
  one.feed({row("192.0.2.77", "192.0.2.78")});
  EXPECT_THAT(one.take(), ElementsAre("192.0.0.0 192.0.2.78"));
}

TEST(Anonymize, keeps_the_registered_domain_of_names) {
  TaskHarness task(anonymize_operator(), {{"names", {"qname"}}}, fields,
                   {.read_outputs = {"qname", "domain"}});
  task.feed({row("::1", "::1"), row("::1", "::1", ""), row("::1", "::1", "example.org")});
  EXPECT_THAT(task.take(), ElementsAre("example.co.uk d", " d", "example.org d"));
}

class AnonymizeWithKey : public ::testing::Test {
 protected:
  void SetUp() override {
    write("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), 0600);
  }
  std::string path_ = ::testing::TempDir() + "dnstorm_anonymize_test_" +
                      ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(AnonymizeWithKey, gives_the_same_for_the_same) {
  for (const char* method : {"cryptopan", "ipcrypt_pfx"}) {
    TaskHarness task(anonymize_operator(), {{"method", {method}}, {"key_file", {path_}}}, fields,
                     {.read_outputs = {"src", "dst"}});
    ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
    task.feed({row("192.0.2.1", "192.0.2.2"), row("192.0.2.2", "192.0.2.1")});
    auto rows = task.take();
    std::string first = rows[0].substr(0, rows[0].find(' '));
    std::string second = rows[0].substr(rows[0].find(' ') + 1);
    EXPECT_EQ(rows[1], second + " " + first);
    EXPECT_NE(first, "192.0.2.1");
    // 30 bits are the same before, and after.
    EXPECT_EQ(first.substr(0, first.rfind('.')), second.substr(0, second.rfind('.')));
    EXPECT_EQ(task.counter("replaced"), 4U);
  }
}

TEST_F(AnonymizeWithKey, hashes_names) {
  TaskHarness task(anonymize_operator(),
                   {{"names", {"qname"}}, {"name_method", {"hmac"}}, {"key_file", {path_}}}, fields,
                   {.read_outputs = {"qname"}});
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  task.feed({row("::1", "::1"), row("::1", "::1", "other.example"), row("::1", "::1")});
  auto rows = task.take();
  EXPECT_EQ(rows[0], rows[2]);
  EXPECT_NE(rows[0], rows[1]);
  EXPECT_EQ(rows[0].size(), 16U);
}

TEST_F(AnonymizeWithKey, needs_a_key_that_fits) {
  EXPECT_THAT(declare_error(anonymize_operator(), {{"method", {"cryptopan"}}}, {fields}),
              HasSubstr("needs a secret"));
  EXPECT_THAT(declare_error(anonymize_operator(), {{"names", {"qname"}}, {"name_method", {"hmac"}}},
                            {fields}),
              HasSubstr("needs a secret"));
  TaskHarness wrong(anonymize_operator(), {{"method", {"ipcrypt"}}, {"key_file", {path_}}}, fields);
  ASSERT_FALSE(wrong.prepared.ok());
  EXPECT_THAT(wrong.prepared.error().what, HasSubstr("a key of 16 bytes, not of 32"));
  TaskHarness none(anonymize_operator(), {{"method", {"ipcrypt"}}, {"key_file", {"/no/file"}}},
                   fields);
  EXPECT_FALSE(none.prepared.ok());
  write("000102030405060708090a0b0c0d0e0f");
  TaskHarness good(anonymize_operator(), {{"method", {"ipcrypt"}}, {"key_file", {path_}}}, fields,
                   {.read_outputs = {"src"}});
  ASSERT_TRUE(good.prepared.ok());
  // AES-128 with this key, computed by the openssl command.
  good.feed({row("192.0.2.1", "::1")});
  EXPECT_THAT(good.take(), ElementsAre("aea5:d7ae:1a7b:a7d8:3cdd:d186:d763:cd9b"));
}

TEST(Anonymize, says_which_field_is_wrong) {
  EXPECT_THAT(declare_error(anonymize_operator(), {{"addresses", {"qname"}}}, {fields}),
              HasSubstr("anonymize needs ip"));
  EXPECT_THAT(declare_error(anonymize_operator(), {{"names", {"src"}}}, {fields}),
              HasSubstr("anonymize needs string"));
  EXPECT_THAT(declare_error(anonymize_operator(), {{"method", {"rot13"}}}, {fields}),
              HasSubstr("method"));
}

}  // namespace
}  // namespace dnstorm::operators
