#include "capture/pcap/folder_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::capture::pcap {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// inotify queues an event before the call that causes it returns, so nothing is waited for here.
class PcapFolderWatch : public ::testing::Test {
 protected:
  FolderWatch watch(const std::string& pattern = {}) {
    auto opened =
        FolderWatch::open(pattern.empty() ? folder_.path().string() : folder_.path_of(pattern));
    EXPECT_TRUE(opened.ok()) << opened.error().what;
    return std::move(opened).value();
  }
  void write(const std::string& name) { folder_.write(name, {}); }
  void rename(const std::string& from, const std::string& to) {
    fs::rename(folder_.path() / from, folder_.path() / to);
  }
  void remove(const std::string& name) { fs::remove(folder_.path() / name); }
  std::vector<std::string> names(const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    for (const std::string& path : paths) {
      EXPECT_EQ(fs::path(path).parent_path(), folder_.path());
      all.push_back(fs::path(path).filename());
    }
    return all;
  }
  std::vector<std::string> complete(FolderWatch& watch) {
    auto changes = watch.changes(0);
    EXPECT_TRUE(changes.ok());
    EXPECT_THAT(changes->gone, IsEmpty());
    return names(changes->complete);
  }
  std::vector<std::string> gone(FolderWatch& watch) {
    auto changes = watch.changes(0);
    EXPECT_TRUE(changes.ok());
    EXPECT_THAT(changes->complete, IsEmpty());
    return names(changes->gone);
  }
  testing::TemporaryFolder folder_;
};

TEST_F(PcapFolderWatch, TellsWhatIsThereByNameAndThenWhatComes) {
  for (const char* name : {"c", "a", "b"}) write(name);
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("a", "b", "c"));
  EXPECT_THAT(complete(watch), IsEmpty());
  for (const char* name : {"f", "d", "e"}) write(name);
  EXPECT_THAT(complete(watch), ElementsAre("f", "d", "e")) << "in the order of their completion";
  EXPECT_THAT(complete(watch), IsEmpty());
}

TEST_F(PcapFolderWatch, AFileIsToldWhenItIsClosed) {
  std::ofstream before(folder_.path_of("before"));
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), IsEmpty());
  std::ofstream after(folder_.path_of("after"));
  after << "half" << std::flush;
  EXPECT_THAT(complete(watch), IsEmpty());
  after.close();
  before.close();
  EXPECT_THAT(complete(watch), ElementsAre("after", "before"));
}

TEST_F(PcapFolderWatch, AFileThatIsReadByOthersIsComplete) {
  write("a");
  std::ifstream reader(folder_.path_of("a"));
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("a"));
}

TEST_F(PcapFolderWatch, AFileIsToldOnce) {
  write("a");
  FolderWatch watch = this->watch();
  write("a");  // between open() and the first look: listed, and an event
  EXPECT_THAT(complete(watch), ElementsAre("a"));
  write("a");
  EXPECT_THAT(complete(watch), IsEmpty());
}

TEST_F(PcapFolderWatch, NamesOfUnfinishedFilesWaitForTheirRealOnes) {
  for (const char* name : {"a.pcap.tmp", "b.part", ".c"}) write(name);
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), IsEmpty());
  for (const char* name : {"d.tmp", ".e"}) write(name);
  EXPECT_THAT(complete(watch), IsEmpty());
  rename(".c", "c");
  rename("a.pcap.tmp", "a.pcap");
  EXPECT_THAT(complete(watch), ElementsAre("c", "a.pcap"));
}

TEST_F(PcapFolderWatch, APatternChooses) {
  for (const char* name : {"a.pcap", "a.txt", ".b.pcap"}) write(name);
  FolderWatch watch = this->watch("*.pcap");
  EXPECT_THAT(complete(watch), ElementsAre("a.pcap"));
  for (const char* name : {"c.pcap", "c.pcap.gz", ".d.pcap", "e.pcap.tmp"}) write(name);
  EXPECT_THAT(complete(watch), ElementsAre("c.pcap"));
}

TEST_F(PcapFolderWatch, FoldersAreNoFiles) {
  fs::create_directory(folder_.path() / "a");
  FolderWatch watch = this->watch();
  fs::create_directory(folder_.path() / "b");
  fs::create_directory(folder_.path() / "c.tmp");
  rename("c.tmp", "c");
  EXPECT_THAT(complete(watch), IsEmpty());
}

TEST_F(PcapFolderWatch, TellsWhatIsGoneAndANewFileOfThatName) {
  write("a");
  write("b");
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("a", "b"));
  remove("a");
  rename("b", "b.tmp");
  EXPECT_THAT(gone(watch), ElementsAre("a", "b"));
  write("a");
  EXPECT_THAT(complete(watch), ElementsAre("a"));
}

TEST_F(PcapFolderWatch, WhatCameAndWentBetweenTwoCallsIsNotTold) {
  write("old");
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("old"));
  write("a");
  write("b");
  remove("a");
  EXPECT_THAT(complete(watch), ElementsAre("b"));
  write("a");
  remove("a");
  write("a");
  EXPECT_THAT(complete(watch), ElementsAre("a"));
  // Another file of the name: the one that was told is gone, and the other is told.
  remove("old");
  write("old");
  auto changes = watch.changes(0);
  EXPECT_THAT(names(changes->gone), ElementsAre("old"));
  EXPECT_THAT(names(changes->complete), ElementsAre("old"));
}

// As logrotate does it: x -> x.1 when there is a new x.
TEST_F(PcapFolderWatch, AFileThatIsRenamedIsTheSameFile) {
  write("x");
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("x"));
  rename("x", "x.1");
  write("x");
  auto changes = watch.changes(0).value();
  ASSERT_EQ(changes.renamed.size(), 1U);
  EXPECT_EQ(changes.renamed[0].from, folder_.path_of("x"));
  EXPECT_EQ(changes.renamed[0].to, folder_.path_of("x.1"));
  EXPECT_THAT(names(changes.complete), ElementsAre("x"));
  EXPECT_THAT(changes.gone, IsEmpty());
  remove("x.1");
  EXPECT_THAT(gone(watch), ElementsAre("x.1"));
}

TEST_F(PcapFolderWatch, AFileThatIsRenamedBeforeItWasToldIsToldByItsLastName) {
  FolderWatch watch = this->watch("*.pcap*");
  EXPECT_THAT(complete(watch), IsEmpty());
  write("a.pcap");
  rename("a.pcap", "a.pcap.1");
  EXPECT_THAT(complete(watch), ElementsAre("a.pcap.1"));
  rename("a.pcap.1", "a.pcap.2");
  rename("a.pcap.2", "a.pcap.3");
  remove("a.pcap.3");
  EXPECT_THAT(gone(watch), ElementsAre("a.pcap.1")) << "by the name that was told";
}

TEST_F(PcapFolderWatch, AFileThatTakesThePlaceOfAnotherIsTold) {
  write("a");
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("a"));
  write("b.tmp");
  rename("b.tmp", "a");
  auto changes = watch.changes(0).value();
  EXPECT_THAT(names(changes.gone), ElementsAre("a"));
  EXPECT_THAT(names(changes.complete), ElementsAre("a"));
  EXPECT_THAT(changes.renamed, IsEmpty());
}

// The kernel drops events beyond so many and says that it did.
TEST_F(PcapFolderWatch, LooksAnewWhereEventsAreLost) {
  unsigned most = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  if (most == 0 || most > 100'000) GTEST_SKIP() << most << " events fit into the queue";
  write("old");
  FolderWatch watch = this->watch();
  EXPECT_THAT(complete(watch), ElementsAre("old"));
  // Two names by turns: the kernel joins equal events that follow each other.
  for (unsigned i = 0; i <= most; i += 2) {
    write("a");
    write("b");
  }
  remove("old");
  write("c");
  auto changes = watch.changes(0);
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(names(changes->complete), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(changes->gone), ElementsAre("old"));
}

TEST_F(PcapFolderWatch, AFolderThatIsMissingOrGoesAwayIsAnError) {
  auto missing = FolderWatch::open(folder_.path_of("missing/*.pcap"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  for (bool moved : {false, true}) {
    fs::create_directory(folder_.path() / "in");
    FolderWatch watch = FolderWatch::open(folder_.path_of("in")).value();
    EXPECT_TRUE(watch.changes(0).ok());
    if (moved)
      rename("in", "out");
    else
      remove("in");
    auto changes = watch.changes(0);
    ASSERT_FALSE(changes.ok()) << moved;
    EXPECT_EQ(changes.error().kind, ErrorKind::io);
  }
}

}  // namespace
}  // namespace dnstorm::capture::pcap
