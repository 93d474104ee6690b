// geo, on databases that Debian's libmaxmind-db-writer-perl makes; skipped without it.
#include "operators/enrich/geo.hpp"

#include <filesystem>
#include <fstream>

#include "operators/enrich/geo_database.hpp"
#include "tests/unit/operators/enrich/mmdb_files.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextOptions;

namespace fs = std::filesystem;

const std::vector<Field> fields = {{"client", Type::ip}, {"server", Type::ip}, {"n", Type::u8}};

class Geo : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    if (!testing::can_write_mmdb()) GTEST_SKIP() << "libmaxmind-db-writer-perl is not installed";
    ASSERT_TRUE(write(city_, "CITY", "CL"));
    ASSERT_TRUE(write(asn_, "ASN", ""));
  }
  void TearDown() override { fs::remove_all(folder_); }
  // Whole at once, as update programs do it.
  bool write(const std::string& path, const std::string& kind, const std::string& country) {
    return testing::write_mmdb(folder_, path, kind, country);
  }
  TextOptions options() const {
    return {{"files", {city_, asn_}}, {"add", {"country", "city", "asn", "as_name"}}};
  }
  std::string folder_ = ::testing::TempDir() + "dnstorm_geo_test_" +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::string city_ = folder_ + "/city.mmdb", asn_ = folder_ + "/asn.mmdb";
};

TEST_F(Geo, adds_what_the_files_know_and_says_what_they_do_not) {
  TaskHarness task(geo_operator(), options(), fields);
  ASSERT_TRUE(task.prepared.ok()) << task.prepared.error().what;
  for (int again = 0; again < 2; ++again) {
    task.feed({{"192.0.2.1", "::1", "1"},
               {"192.0.2.200", "::1", "2"},
               {"2001:db8::1", "::1", "3"},
               {"198.51.100.1", "::1", "4"}});
    EXPECT_THAT(task.take(), ElementsAre("192.0.2.1 ::1 1 CL Santiago 64500 Example",
                                         "192.0.2.200 ::1 2 CL Santiago 0 unknown",
                                         "2001:db8::1 ::1 3 NL unknown 0 unknown",
                                         "198.51.100.1 ::1 4 unknown unknown 0 unknown"));
  }
  EXPECT_EQ(task.counter("unknown"), 2U);
}

TEST_F(Geo, of_several_addresses) {
  TaskHarness task(geo_operator(),
                   {{"files", {asn_}}, {"of", {"client", "server"}}, {"add", {"asn"}}}, fields,
                   {.read_outputs = {"client_asn", "server_asn"}});
  task.feed({{"192.0.2.1", "198.51.100.1", "1"}, {"198.51.100.1", "192.0.2.1", "1"}});
  EXPECT_THAT(task.take(), ElementsAre("64500 0", "0 64500"));
}

TEST_F(Geo, reads_a_file_again_when_it_has_changed_and_keeps_it_when_the_new_one_is_broken) {
  TextOptions some = {{"files", {city_}}, {"add", {"country"}}, {"reload", {"10s"}}};
  TaskHarness task(geo_operator(), some, fields, {.read_outputs = {"client_country"}});
  auto ask = [&] {
    task.feed({{"192.0.2.1", "::1", "1"}});
    return task.take().at(0);
  };
  EXPECT_EQ(ask(), "CL");
  ASSERT_TRUE(write(city_, "CITY", "BR"));
  EXPECT_EQ(ask(), "CL") << "not looked yet";
  task.clock.now += 10 * ns_per_s;
  EXPECT_EQ(ask(), "BR");
  EXPECT_EQ(task.counter("reloads"), 1U);
  std::ofstream(city_ + ".new") << "nothing of the kind";
  fs::rename(city_ + ".new", city_);
  task.clock.now += 10 * ns_per_s;
  EXPECT_EQ(ask(), "BR");
  fs::remove(city_);
  task.clock.now += 10 * ns_per_s;
  EXPECT_EQ(ask(), "BR");
  EXPECT_EQ(task.counter("broken_files"), 1U);
  EXPECT_EQ(task.counter("reloads"), 1U);
}

TEST_F(Geo, damaged_files_do_no_harm) {
  std::ifstream in(city_, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    if (at % 2 == 0) damaged.resize(at);
    std::string path = folder_ + "/damaged.mmdb";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    GeoDatabase database;
    if (!database.open({path}).ok()) continue;
    database.find(*parse_ip("192.0.2.1"));
    database.find(*parse_ip("2001:db8::1"));
  }
}

TEST(GeoOptions, say_what_is_wrong) {
  EXPECT_THAT(declare_error(geo_operator(), {}, {fields}), HasSubstr("files"));
  EXPECT_THAT(declare_error(geo_operator(), {{"files", {"x"}}, {"add", {"planet"}}}, {fields}),
              HasSubstr("'planet' is nothing that geo adds"));
  EXPECT_THAT(declare_error(geo_operator(), {{"files", {"x"}}, {"of", {"n"}}}, {fields}),
              HasSubstr("geo needs ip"));
  TaskHarness none(geo_operator(), {{"files", {"/no/file.mmdb"}}}, fields);
  ASSERT_FALSE(none.prepared.ok());
  EXPECT_EQ(none.prepared.error().kind, ErrorKind::no_input);
  TaskHarness other(geo_operator(), {{"files", {"/proc/self/exe"}}}, fields);
  ASSERT_FALSE(other.prepared.ok());
  EXPECT_EQ(other.prepared.error().kind, ErrorKind::data);
}

}  // namespace
}  // namespace dnstorm::operators
