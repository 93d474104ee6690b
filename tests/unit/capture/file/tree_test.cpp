#include "capture/file/tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::capture::file {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class FileTree : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* folder : {"a/2026/11", "b", ".hidden"})
      fs::create_directories(folder_.path() / folder);
    for (const char* file : {"z.pcap", "a/2026/11/02.pcap", "a/2026/11/01.pcap.zst", "b/x.fstrm",
                             "b/.x.pcap", "b/y.pcap.tmp", "b/y.part", ".hidden/w.pcap"})
      folder_.write(file, {});
  }
  // Below the folder.
  std::vector<std::string> list(const std::string& pattern = "") {
    auto tree = list_tree(folder_.path(), pattern);
    EXPECT_TRUE(tree.ok());
    std::vector<std::string> below;
    for (const std::string& path : tree->files)
      below.push_back(path.substr(folder_.path().string().size() + 1));
    return below;
  }
  testing::TemporaryFolder folder_;
};

TEST_F(FileTree, HasWhatIsFinishedAtAnyDepthInTheOrderOfPaths) {
  EXPECT_THAT(list(),
              ElementsAre("a/2026/11/01.pcap.zst", "a/2026/11/02.pcap", "b/x.fstrm", "z.pcap"));
}

TEST_F(FileTree, APatternIsForTheNameOrWithASlashForThePath) {
  EXPECT_THAT(list("*.pcap"), ElementsAre("a/2026/11/02.pcap", "z.pcap"));
  EXPECT_THAT(list("*/x.*"), ElementsAre("b/x.fstrm"));
  EXPECT_THAT(list("a/*/*/0[2-9]*"), ElementsAre("a/2026/11/02.pcap"));
  EXPECT_THAT(list("a/*"), ElementsAre()) << "a star goes no further than a slash";
}

TEST_F(FileTree, ALinkToAFileCountsAndOneToAFolderIsNotFollowed) {
  fs::create_symlink(folder_.path() / "z.pcap", folder_.path() / "b/link.pcap");
  fs::create_directory_symlink(folder_.path(), folder_.path() / "b/round");
  fs::create_symlink(folder_.path() / "nowhere", folder_.path() / "b/broken.pcap");
  EXPECT_THAT(list("*.pcap"), ElementsAre("a/2026/11/02.pcap", "b/link.pcap", "z.pcap"));
}

TEST_F(FileTree, AFolderThatIsNotThereIsAnError) {
  auto missing = list_tree(folder_.path_of("nothing"), "");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  EXPECT_THAT(missing.error().what, ::testing::HasSubstr("nothing: cannot be listed"));
}

TEST_F(FileTree, AFolderBelowItThatCannotBeListedIsTold) {
  if (::geteuid() == 0) GTEST_SKIP() << "nothing is closed to root";
  fs::permissions(folder_.path() / "b", fs::perms::none);
  auto tree = list_tree(folder_.path(), "");
  fs::permissions(folder_.path() / "b", fs::perms::owner_all);
  ASSERT_TRUE(tree.ok());
  ASSERT_EQ(tree->unreadable.size(), 1u);
  EXPECT_EQ(tree->unreadable[0].kind, ErrorKind::permission);
  EXPECT_EQ(tree->files.size(), 3u);
}

}  // namespace
}  // namespace dnstorm::capture::file
