#include "cli/spool_event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view tunnel =
    R"({"time":"2026-01-01T00:01:00Z","id":18446744073709551615,"detector":"tunnel",)"
    R"("state":"opened","key_kind":"domain client","key":"example.com 192.0.2.1",)"
    R"("start":"2026-01-01T00:00:30Z","end":"2026-01-01T00:01:00Z"})"
    "\n"
    R"({"time":"2026-01-01T00:02:00Z","id":18446744073709551615,"detector":"tunnel",)"
    R"("state":"closed","key_kind":"domain client","key":"example.com 192.0.2.1",)"
    R"("start":"2026-01-01T00:00:30Z","end":"2026-01-01T00:01:40Z"})"
    "\n";
constexpr std::string_view reflection =
    R"({"@timestamp":"2026-01-01T00:01:00Z","event.id":7,"dnstorm.key_kind":"network",)"
    R"("dnstorm.key":"192.0.2.0/24","event.start":"2026-01-01T00:00:50Z",)"
    R"("event.end":"2026-01-01T00:01:00Z"})"
    "\n";
constexpr std::string_view volume =
    R"({"id":8,"key_kind":"total","key":"total","start":"2026-01-01T00:00:50Z",)"
    R"("end":"2026-01-01T00:01:00Z"})"
    "\n";
constexpr TimeNs new_year = 1'767'225'600 * ns_per_s;

class SpoolEventFile : public ::testing::Test {
 protected:
  Result<SpoolEvent> read(std::string text, const std::string& id = "") {
    return read_spool_event(
        folder_.write("events.jsonl",
                      {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}),
        id);
  }
  testing::TemporaryFolder folder_;
};

TEST_F(SpoolEventFile, goes_from_the_first_row_of_an_event_to_its_last) {
  auto event = read(std::string(tunnel));
  ASSERT_TRUE(event.ok()) << event.error().what;
  EXPECT_EQ(event->from, new_year + 30 * ns_per_s);
  EXPECT_EQ(event->to, new_year + 100 * ns_per_s);
  EXPECT_THAT(event->match, ElementsAre(Pair("name", "example.com"), Pair("client", "192.0.2.1")));
}

TEST_F(SpoolEventFile, knows_the_names_of_ecs) {
  auto event = read(std::string(reflection));
  ASSERT_TRUE(event.ok()) << event.error().what;
  EXPECT_EQ(event->from, new_year + 50 * ns_per_s);
  EXPECT_THAT(event->match, ElementsAre(Pair("host", "192.0.2.0/24")));
}

TEST_F(SpoolEventFile, an_event_about_everything_has_times_only) {
  auto event = read(std::string(volume));
  ASSERT_TRUE(event.ok()) << event.error().what;
  EXPECT_THAT(event->match, IsEmpty());
}

TEST_F(SpoolEventFile, one_of_several_is_chosen_by_its_id) {
  std::string all = "no event\n{\"id\":1}\n" + std::string(tunnel) + std::string(reflection);
  auto one = read(all, "18446744073709551615");
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->match.size(), 2u);
  auto which = read(all);
  ASSERT_FALSE(which.ok());
  EXPECT_EQ(which.error().kind, ErrorKind::usage);
  EXPECT_THAT(which.error().what,
              HasSubstr("holds 2 events; choose one by --id: 18446744073709551615, 7"));
  EXPECT_THAT(read(all, "9").error().what, HasSubstr("holds no event 9, but"));
  EXPECT_THAT(read("{}\n").error().what, HasSubstr("holds no event of a detector"));
  EXPECT_EQ(read_spool_event(folder_.path_of("nothing"), "").error().kind, ErrorKind::no_input);
}

}  // namespace
}  // namespace dnstorm::cli
