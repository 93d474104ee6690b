// Indexers that look into files: lists of top-level domains, databases of countries and networks.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "operators/dsc/plan.hpp"
#include "tests/unit/operators/dsc/messages.hpp"
#include "tests/unit/operators/enrich/mmdb_files.hpp"

namespace dnstorm::operators {
namespace {

using testing::count_all;
using testing::Different;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message;
using testing::TaskHarness;
using testing::TextOptions;

class DscLists : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  static std::vector<std::string> by(const std::string& indexer, TextOptions options,
                                     const std::vector<testing::TextRow>& rows) {
    options["datasets"] = {"d dns All:null X:" + indexer + " any"};
    return count_all(options, rows);
  }
  std::string folder_ = ::testing::TempDir() + "dnstorm_dsc_lists_" +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(DscLists, TheLongestEntryBelowTheWholeNameIsTheTopLevelDomain) {
  DscTldList list;
  for (const char* name : {"uk", "co.uk", "google.se", "Example.ORG.", "deep.er.net"})
    list.add(name);
  auto tld = [&](std::string_view name) { return name.substr(name.size() - list.tld_size(name)); };
  EXPECT_EQ(tld("www.example.co.uk"), "co.uk");
  EXPECT_EQ(tld("co.uk"), "uk");
  EXPECT_EQ(tld("www.google.se"), "google.se");
  EXPECT_EQ(tld("google.se"), "se");
  EXPECT_EQ(tld("other.se"), "se");
  EXPECT_EQ(tld("a.example.org"), "example.org");
  EXPECT_EQ(tld("a.er.net"), "net");
  EXPECT_EQ(tld("com"), "com");
  EXPECT_EQ(tld("."), ".");
  EXPECT_EQ(tld(""), "");
  EXPECT_TRUE(list.has("co.uk"));
  EXPECT_FALSE(list.has("se"));
}

TEST_F(DscLists, NamesOfTheListCountAsOneLabel) {
  TextOptions options = {{"tld_list", {write("tlds", "# suffixes\n\nco.uk\n")}}};
  std::vector<testing::TextRow> rows = {message({{"qname", "a.www.example.co.uk"}}),
                                        message({{"qname", "www.example.com"}})};
  EXPECT_THAT(by("tld", options, rows), ElementsAre("ALL co.uk 1", "ALL com 1"));
  EXPECT_THAT(by("second_ld", options, rows),
              ElementsAre("ALL example.co.uk 1", "ALL example.com 1"));
  EXPECT_THAT(by("third_ld", options, rows),
              ElementsAre("ALL www.example.co.uk 1", "ALL www.example.com 1"));
}

TEST_F(DscLists, KnownTopLevelDomainsOfAFile) {
  TextOptions options = {{"known_tlds", {write("known", "example\nCOM\n")}}};
  std::vector<testing::TextRow> rows = {message({{"qname", "www.example"}}),
                                        message({{"qname", "www.org"}}), message(),
                                        message({{"qname", "."}, {"qtype", "2"}})};
  EXPECT_THAT(by("query_classification", options, rows),
              ElementsAre("ALL ok 3", "ALL non-auth-tld 1"));
}

TEST_F(DscLists, AFileThatIsNotThereStopsTheStart) {
  for (const char* option : {"known_tlds", "tld_list", "country_database", "asn_database"}) {
    TaskHarness task(dsc_operator(), {{option, {folder_ + "/none"}}},
                     testing::message_fields_of_dsc());
    ASSERT_FALSE(task.prepared.ok()) << option;
    EXPECT_EQ(task.prepared.error().kind, ErrorKind::no_input) << option;
    EXPECT_THAT(task.prepared.error().what, HasSubstr("/none"));
  }
}

TEST_F(DscLists, CountriesAndNetworksOfThePacketsSource) {
  if (!testing::can_write_mmdb()) GTEST_SKIP() << "libmaxmind-db-writer-perl is not installed";
  std::string city = folder_ + "/city.mmdb";
  std::string asn = folder_ + "/asn.mmdb";
  ASSERT_TRUE(testing::write_mmdb(folder_, city, "CITY", "CL"));
  ASSERT_TRUE(testing::write_mmdb(folder_, asn, "ASN", "X"));
  TextOptions options = {{"country_database", {city}}, {"asn_database", {asn}}};
  std::vector<testing::TextRow> rows = {
      message(), message({{"qr", "true"}}),
      message({{"client", "2001:db8::1"}, {"ip_version", "6"}}),
      message({{"client", "2001:db9::1"}, {"ip_version", "6"}}),
      message({{"client", "198.51.100.1"}, {"server", "192.0.2.1"}, {"qr", "true"}})};
  EXPECT_THAT(by("country", options, rows),
              ElementsAre("ALL CL 2", "ALL ?4 1", "ALL ?6 1", "ALL NL 1"));
  EXPECT_THAT(by("asn", options, rows), ElementsAre("ALL 64500 2", "ALL ?6 2", "ALL ?4 1"));
}

}  // namespace
}  // namespace dnstorm::operators
