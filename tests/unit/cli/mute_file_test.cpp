#include "cli/mute_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MuteFile : public ::testing::Test {
 protected:
  void write(std::string_view text) {
    folder_.write("mutes.txt", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }
  std::string text() const { return folder_.read("mutes.txt"); }
  std::vector<std::string> rules() const {
    std::vector<std::string> all;
    for (const MuteRule& rule : read_mutes(path_).value()) all.push_back(rule.words());
    return all;
  }
  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path_of("mutes.txt");
};

TEST_F(MuteFile, NeedNotBeThere) {
  EXPECT_THAT(rules(), IsEmpty());
  ASSERT_TRUE(add_mute(path_, "2026-11-28T06:30:00Z", "tunnel", "t.example", "by anna").ok());
  EXPECT_EQ(text(), "2026-11-28T06:30:00Z tunnel t.example  # by anna\n");
}

TEST_F(MuteFile, KeepsWhatPeopleHaveWritten) {
  write("# ours\n\nnever  zone_scan  *   # the auditor\nnonsense\n");
  ASSERT_TRUE(add_mute(path_, "2026-12-01T00:00:00Z", "*", "192.0.2.0/24", "").ok());
  EXPECT_EQ(text(),
            "# ours\n\nnever  zone_scan  *   # the auditor\nnonsense\n"
            "2026-12-01T00:00:00Z * 192.0.2.0/24\n");
  ASSERT_TRUE(remove_mute(path_, "2026-12-01T00:00:00Z * 192.0.2.0/24").ok());
  EXPECT_EQ(text(), "# ours\n\nnever  zone_scan  *   # the auditor\nnonsense\n");
  ASSERT_TRUE(remove_mute(path_, "never zone_scan *").ok());
  EXPECT_EQ(text(), "# ours\n\nnonsense\n");
}

TEST_F(MuteFile, SaysWhenARuleEndsAndWhoMadeIt) {
  write("never zone_scan *  # the auditor\n1970-01-01T00:01:00Z tunnel t.example\n");
  const auto all = read_mutes(path_).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].until_ns, time_max);
  EXPECT_EQ(all[0].note, "the auditor");
  EXPECT_TRUE(all[0].covers(0, "zone_scan", "192.0.2.1"));
  EXPECT_EQ(all[1].until_ns, 60 * ns_per_s);
  EXPECT_TRUE(all[1].covers(59 * ns_per_s, "tunnel", "a.t.example 192.0.2.1"));
  EXPECT_FALSE(all[1].covers(60 * ns_per_s, "tunnel", "t.example")) << "it has ended";
  EXPECT_FALSE(all[1].covers(0, "dga", "t.example"));
}

TEST_F(MuteFile, TakesNoKeyThatIsMoreThanAWord) {
  for (const char* key : {"a b", "a#b", "", "a\nnever * *", "192.0.2.0/99"}) {
    auto done = add_mute(path_, "2026-12-01T00:00:00Z", "tunnel", key, "");
    ASSERT_FALSE(done.ok()) << key;
    EXPECT_EQ(done.error().kind, ErrorKind::usage);
    EXPECT_THAT(done.error().what, HasSubstr("cannot be written as a mute"));
  }
  EXPECT_THAT(rules(), IsEmpty());
}

TEST_F(MuteFile, ANoteIsOneLine) {
  ASSERT_TRUE(add_mute(path_, "2026-12-01T00:00:00Z", "tunnel", "a",
                       "x\nnever * *\x7f" + std::string(500, 'y'))
                  .ok());
  EXPECT_THAT(rules(), ElementsAre("2026-12-01T00:00:00Z tunnel a"));
  EXPECT_LT(text().size(), 400u);
}

TEST_F(MuteFile, RefusesWhatIsNotThereAndTooMany) {
  EXPECT_THAT(remove_mute(path_, "never zone_scan *").error().what, HasSubstr("has no mute"));
  std::string full;
  for (std::size_t i = 0; i < mute_rules_max; ++i) full += "never tunnel a\n";
  write(full);
  EXPECT_THAT(add_mute(path_, "2026-12-01T00:00:00Z", "tunnel", "b", "").error().what,
              HasSubstr("take old ones out"));
}

TEST_F(MuteFile, AFolderThatCannotBeWrittenIsSaid) {
  auto done = add_mute(folder_.path_of("no/such/mutes.txt"), "2026-12-01T00:00:00Z", "a", "b", "");
  ASSERT_FALSE(done.ok());
  EXPECT_THAT(done.error().what, HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace dnstorm::cli
