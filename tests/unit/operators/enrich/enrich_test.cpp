// direction and anonymize, and what the bolts of the folder have in common.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "operators/enrich/anonymize.hpp"
#include "operators/enrich/direction.hpp"
#include "operators/enrich/prefix_set.hpp"
#include "operators/enrich/row_mapping.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

// Of all types, and in an order that leaves gaps.
const std::vector<Field> fields = {
    {"a", Type::u8},    {"time", Type::time},  {"b", Type::boolean}, {"src", Type::ip},
    {"c", Type::u16},   {"qname", Type::str},  {"d", Type::u32},     {"dst", Type::ip},
    {"e", Type::u8},    {"data", Type::bytes}, {"f", Type::f64},     {"g", Type::i64},
    {"txn", Type::u64}, {"h", Type::u8},       {"domain", Type::str}};

TextRow row(const std::string& src, const std::string& dst,
            const std::string& name = "www.example.co.uk") {
  return {"1", "2s", "true", src, "3", name, "4", dst, "5", "bytes", "0.5", "-7", "99", "6", "d"};
}

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

// Every subset of neighbours: what is copied together must not run into something else.
TEST(RowMapping, copies_any_part_of_a_row) {
  TextRow cells = row("192.0.2.1", "2001:db8::1");
  for (std::size_t from = 0; from < fields.size(); ++from)
    for (std::size_t step = 1; step < 5; ++step) {
      std::vector<std::string> keep;
      std::string expected;
      for (std::size_t i = from; i < fields.size(); i += step) {
        keep.push_back(fields[i].name);
        expected += (expected.empty() ? "" : " ") + cells[i];
      }
      TaskHarness task(direction_operator(), {{"own", {"::1"}}}, fields, {.read_outputs = keep});
      task.feed({cells});
      EXPECT_THAT(task.take(), ElementsAre(expected));
    }
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
