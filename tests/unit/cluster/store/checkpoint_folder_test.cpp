#include "cluster/store/checkpoint_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/delivery/checkpoint_store.hpp"
#include "tests/unit/cluster/file_size_limit.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StoredCheckpoint make(std::uint64_t number, std::size_t size = 10) {
  StoredCheckpoint stored;
  stored.fingerprint = 42 + number;
  stored.note.layout = {{"packets", 1, 1, true, {"capture", "", true, {}}, {}},
                        {"count", 2, 1, false, {"", "n1", false, {"packets"}}, {"packets"}}};
  stored.note.assignment = {3, {{{"capture", 1}}, {}}, {"n1", "n2"}, {{"capture", {"n1"}}}};
  stored.checkpoint = {number, {std::string(size, '\0'), "b", ""}};
  return stored;
}

class CheckpointFolderTest : public ::testing::Test {
 protected:
  CheckpointFolder open() {
    auto opened = CheckpointFolder::open(folder_.path_of("checkpoints"), "c1");
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
  }
  std::uint64_t number(std::uint64_t last = UINT64_MAX) {
    auto found = open().read("t-1-2", last);
    EXPECT_TRUE(found.ok());
    return found->checkpoint ? found->checkpoint->checkpoint.number : 0;
  }
  std::string file(int n) {
    return folder_.path_of(fmt::format("checkpoints/t-1-2/checkpoint-{:012}", n));
  }
  dnstorm::testing::TemporaryFolder folder_;
};

TEST_F(CheckpointFolderTest, GivesBackWhatWasWritten) {
  EXPECT_FALSE(open().read("t-1-2")->checkpoint);
  ASSERT_TRUE(open().write("t-1-2", make(5, 300'000)).ok());
  auto found = open().read("t-1-2");
  ASSERT_TRUE(found.ok() && found->checkpoint);
  const StoredCheckpoint& stored = *found->checkpoint;
  EXPECT_EQ(stored.fingerprint, 47U);
  EXPECT_EQ(stored.checkpoint.number, 5U);
  EXPECT_EQ(stored.checkpoint.states, make(5, 300'000).checkpoint.states);
  EXPECT_EQ(stored.note.assignment, make(5).note.assignment);
  ASSERT_EQ(stored.note.layout.size(), 2U);
  EXPECT_EQ(stored.note.layout[0].rule, make(5).note.layout[0].rule);
  EXPECT_EQ(stored.note.layout[1].id, "count");
  EXPECT_EQ(stored.note.layout[1].tasks, 2U);
  EXPECT_EQ(stored.note.layout[1].reads, make(5).note.layout[1].reads);
  EXPECT_TRUE(stored.note.layout[0].spout);
}

TEST_F(CheckpointFolderTest, KeepsTwoAndFindsTheOneThatIsAskedFor) {
  for (std::uint64_t n : {3U, 4U, 7U}) ASSERT_TRUE(open().write("t-1-2", make(n)).ok());
  EXPECT_EQ(number(), 7U);
  EXPECT_EQ(number(7), 7U);
  EXPECT_EQ(number(6), 4U);
  EXPECT_EQ(number(3), 0U);
}

TEST_F(CheckpointFolderTest, PassesOverADamagedOneAndSaysSo) {
  for (std::uint64_t n : {1U, 2U}) ASSERT_TRUE(open().write("t-1-2", make(n)).ok());
  std::filesystem::resize_file(file(2), std::filesystem::file_size(file(2)) / 2);
  auto found = open().read("t-1-2");
  ASSERT_TRUE(found.ok() && found->checkpoint);
  EXPECT_EQ(found->checkpoint->checkpoint.number, 1U);
  EXPECT_THAT(found->damaged, ElementsAre(HasSubstr("checkpoint-000000000002: damaged")));
  std::filesystem::resize_file(file(1), 0);
  found = open().read("t-1-2");
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found->checkpoint);
  EXPECT_EQ(found->damaged.size(), 2U);
}

TEST_F(CheckpointFolderTest, KeepsTheOldOneOnAFullDiskAndLeavesNothingBehind) {
  ASSERT_TRUE(open().write("t-1-2", make(1)).ok());
  {
    dnstorm::testing::FileSizeLimit full(100'000);
    auto written = open().write("t-1-2", make(2, 1'000'000));
    ASSERT_FALSE(written.ok());
    EXPECT_THAT(written.error().what, HasSubstr("cannot write it"));
  }
  EXPECT_EQ(number(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder_.path_of("checkpoints/t-1-2/part-c1")));
  ASSERT_TRUE(open().write("t-1-2", make(2, 1'000'000)).ok());
  EXPECT_EQ(number(), 2U);
}

TEST_F(CheckpointFolderTest, RemovesOneTopologyAndKnowsTheOthers) {
  for (const char* id : {"t-1-2", "t-1", "../x y", ".hidden", "%41"})
    ASSERT_TRUE(open().write(id, make(1)).ok()) << id;
  EXPECT_THAT(open().topologies(), ElementsAre("%41", "../x y", ".hidden", "t-1", "t-1-2"));
  ASSERT_TRUE(open().remove("../x y").ok());
  ASSERT_TRUE(open().remove("t-1").ok());
  ASSERT_TRUE(open().remove("t-1").ok());
  EXPECT_THAT(open().topologies(), ElementsAre("%41", ".hidden", "t-1-2"));
  EXPECT_EQ(number(), 1U);
}

TEST_F(CheckpointFolderTest, SaysThatAFolderCannotBe) {
  auto opened = CheckpointFolder::open("/proc/none", "c1");
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(opened.error().what, HasSubstr("/proc/none: checkpoints cannot be kept there"));
}

TEST_F(CheckpointFolderTest, RefusesTheCheckpointOfARunWithoutCluster) {
  auto run = delivery::CheckpointStore::open(folder_.path_of("checkpoints/t-1-2"), 1);
  ASSERT_TRUE(run->write({1, {"a"}}).ok());
  auto found = open().read("t-1-2");
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().what, HasSubstr("was not written by a coordinator"));
}

}  // namespace
}  // namespace dnstorm::cluster
