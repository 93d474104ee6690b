#include "capture/synth/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "capture/dns/writer.hpp"

namespace dnstorm::capture::synth {
namespace {

using testing::HasSubstr;

class NameFile : public testing::Test {
 protected:
  ~NameFile() override { std::filesystem::remove(path_); }
  Result<NameList> read(const std::string& text) {
    std::ofstream(path_) << text;
    return NameList::from_file(path_);
  }
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("dnstorm-names-" + std::to_string(::getpid())))
          .string();
};

TEST_F(NameFile, TakesNamesAndRankedNames) {
  Result<NameList> list = read("# a comment\n\n www.Example.COM \n7,b.example.\r\n8, c.example\n");
  ASSERT_TRUE(list.ok()) << list.error().what;
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0], "www.example.com");
  EXPECT_EQ((*list)[1], "b.example");
  EXPECT_EQ((*list)[2], "c.example");
}

TEST_F(NameFile, SaysWhereItIsWrong) {
  Result<NameList> list = read("a.example\nb..example\n");
  ASSERT_FALSE(list.ok());
  EXPECT_THAT(list.error().what, HasSubstr(path_ + ":2: \"b..example\" is not a domain name"));
  EXPECT_EQ(list.error().kind, ErrorKind::data);
}

TEST_F(NameFile, RefusesAnEmptyListAndAMissingFile) {
  EXPECT_THAT(read("# nothing\n\n").error().what, HasSubstr("no names in the list"));
  Result<NameList> missing = NameList::from_file("/no/such/list");
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  EXPECT_THAT(missing.error().what, HasSubstr("No such file"));
}

TEST(InventedNames, AreDifferentValidAndRepeatable) {
  Random random(3);
  Random again(3);
  NameList list = NameList::invented(5000, "", random);
  NameList twin = NameList::invented(5000, "", again);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_TRUE(seen.insert(list[i]).second) << list[i];
    EXPECT_TRUE(dns::encode_name(list[i])) << list[i];
    EXPECT_EQ(list[i], twin[i]);
  }
  EXPECT_EQ(seen.size(), 5000U);
}

TEST(InventedNames, HaveARealMixOfTopLevelDomains) {
  Random random(4);
  NameList list = NameList::invented(10'000, "", random);
  std::size_t com = 0;
  for (std::size_t i = 0; i < list.size(); ++i) com += list[i].ends_with(".com") ? 1U : 0U;
  EXPECT_NEAR(static_cast<double>(com), 4700, 600);
  NameList one = NameList::invented(100, "net", random);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(last_label(one[i]), "net");
}

TEST(Names, FindsTheRegisteredDomain) {
  EXPECT_EQ(registered_domain("a.b.example.com"), "example.com");
  EXPECT_EQ(registered_domain("a.b.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registered_domain("example.co.uk"), "example.co.uk");
  EXPECT_EQ(registered_domain("co.uk"), "co.uk");
  EXPECT_EQ(registered_domain("www.co.com"), "co.com");
  EXPECT_EQ(registered_domain("localhost"), "localhost");
  EXPECT_EQ(registered_domain("."), ".");
  EXPECT_EQ(last_label("a.b.c"), "c");
  EXPECT_EQ(last_label("c"), "c");
  EXPECT_EQ(last_label("."), ".");
}

}  // namespace
}  // namespace dnstorm::capture::synth
