#include "capture/pcap/file_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/capture/pcap/files.hpp"

namespace dnstorm::capture::pcap {
namespace {

using namespace test;  // NOLINT: the vocabulary of this file
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A capture whose packets bear these times, in seconds, and that letter.
Bytes capture_of(char who, const std::vector<std::uint32_t>& seconds) {
  Bytes file = pcap_head({});
  for (std::uint32_t time : seconds)
    file = std::move(file) + pcap_packet({}, time, 0, {std::uint8_t(who)});
  return file;
}

// "a1 b2 c3": who and when. An error is "!", and what comes after it is read on.
std::string rest_of(FileQueue& queue) {
  std::string all;
  for (Packet packet;;) {
    Read read = queue.next(packet);
    if (read == Read::end) return all;
    if (!all.empty()) all += ' ';
    if (read == Read::error)
      all += '!';
    else
      all += fmt::format("{}{}", char(packet.bytes[0]), packet.time / ns_per_s);
  }
}

Result<std::unique_ptr<FileReader>> plain_open(const std::string& path) {
  return FileReader::open(path);
}

class PcapFileQueue : public ::testing::Test {
 protected:
  FileQueue open(FileOrder order) {
    auto queue = FileQueue::open(files_, order, [this](const std::string& path) {
      ++opened_[path];
      return FileReader::open(path);
    });
    EXPECT_TRUE(queue.ok()) << queue.error().what;
    return std::move(queue).value();
  }
  // `missing`: so many bytes at the end.
  void add(char who, const std::vector<std::uint32_t>& seconds, std::size_t missing = 0) {
    Bytes content = capture_of(who, seconds);
    content.resize(content.size() - missing);
    files_.push_back(folder_.write({who}, content));
  }
  testing::TemporaryFolder folder_;
  std::vector<std::string> files_;
  std::map<std::string, int> opened_;
};

TEST_F(PcapFileQueue, MergesByTimeOrGoesFileByFile) {
  add('a', {1, 4, 9});
  add('b', {2, 3, 10});
  add('c', {5});
  FileQueue merged = open(FileOrder::time);
  EXPECT_EQ(rest_of(merged), "a1 b2 b3 a4 c5 a9 b10");
  FileQueue files = open(FileOrder::files);
  EXPECT_EQ(rest_of(files), "a1 a4 a9 b2 b3 b10 c5");
}

TEST_F(PcapFileQueue, EqualTimesComeInTheOrderOfTheFiles) {
  add('c', {7, 7, 8});
  add('a', {6, 7, 8});
  add('b', {7, 8, 8});
  FileQueue queue = open(FileOrder::time);
  EXPECT_EQ(rest_of(queue), "a6 c7 c7 a7 b7 c8 a8 b8 b8");
}

// A file is not sorted by the merge: its packets keep their order, whatever their times.
TEST_F(PcapFileQueue, DisorderWithinAFileStays) {
  add('a', {5, 2, 6});
  add('b', {4, 5});
  FileQueue queue = open(FileOrder::time);
  EXPECT_EQ(rest_of(queue), "b4 a5 a2 b5 a6");
}

TEST_F(PcapFileQueue, AFileWithoutPacketsHasNoPartInIt) {
  add('a', {1, 3});
  add('b', {});
  add('c', {2});
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    FileQueue queue = open(order);
    EXPECT_EQ(rest_of(queue), order == FileOrder::time ? "a1 c2 a3" : "a1 a3 c2");
    EXPECT_EQ(queue.bytes_read(), queue.bytes_total());
  }
  files_.clear();
  FileQueue nothing = open(FileOrder::files);
  EXPECT_EQ(rest_of(nothing), "");
}

TEST_F(PcapFileQueue, MergedFilesAreLookedAtBeforeTheFirstPacket) {
  add('a', {1});
  for (std::string path : {folder_.path_of("missing"), folder_.write("empty", {})}) {
    auto merged = FileQueue::open({files_[0], path}, FileOrder::time);
    ASSERT_FALSE(merged.ok());
    EXPECT_THAT(merged.error().what, HasSubstr(path));
    EXPECT_EQ(merged.error().kind,
              path == folder_.path_of("missing") ? ErrorKind::no_input : ErrorKind::data);
  }
  EXPECT_FALSE(FileQueue::open({folder_.path_of("missing")}, FileOrder::files).ok());
}

TEST_F(PcapFileQueue, ALaterFileThatIsMissingIsToldInItsTurnAndLeft) {
  add('a', {1});
  files_.push_back(folder_.path_of("missing"));
  add('c', {2});
  FileQueue queue = open(FileOrder::files);
  EXPECT_EQ(rest_of(queue), "a1 ! c2");
  EXPECT_EQ(queue.error().kind, ErrorKind::no_input);
}

TEST_F(PcapFileQueue, ACutGivesWhatIsBeforeItAndTheOtherFilesGoOn) {
  add('a', {1, 4});
  add('b', {2, 3}, 1);
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    FileQueue queue = open(order);
    EXPECT_EQ(rest_of(queue), order == FileOrder::time ? "a1 b2 ! a4" : "a1 a4 b2 !");
    EXPECT_THAT(queue.error().what, HasSubstr("b: cut off in packet 2"));
  }
}

TEST_F(PcapFileQueue, ACutInTheFirstPacketIsToldByTheFirstRead) {
  add('a', {1});
  add('b', {2}, 1);
  FileQueue queue = open(FileOrder::time);
  EXPECT_EQ(rest_of(queue), "! a1");
}

// Files that follow each other in time, more than stay open after the first look.
TEST_F(PcapFileQueue, FilesThatDoNotOverlapAreOpenedAgainInTheirTurn) {
  std::string expected;
  for (std::uint32_t i = 0; i < 200; ++i) {
    files_.push_back(folder_.write(std::to_string(i), capture_of('x', {200 - i, 201 - i})));
    expected += fmt::format("{}x{} x{}", i == 0 ? "" : " ", i + 1, i + 2);
  }
  FileQueue queue = open(FileOrder::time);
  std::string all = rest_of(queue);
  EXPECT_EQ(all.size(), expected.size());
  EXPECT_THAT(all, ::testing::StartsWith("x1 x2 x2 x3 x3 "));
  EXPECT_EQ(opened_[files_[0]], 1);
  EXPECT_EQ(opened_[files_[199]], 2);
}

TEST_F(PcapFileQueue, StandsAgainWhereItStood) {
  add('a', {1, 4, 4, 9});
  add('b', {2, 3, 4});
  add('c', {});
  add('d', {4, 10});
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    FileQueue whole = open(order);
    std::string all = rest_of(whole);
    for (std::size_t taken = 0; taken <= 9; ++taken) {
      FileQueue first = open(order);
      std::string begin;
      for (std::size_t i = 0; i < taken; ++i) {
        Packet packet;
        ASSERT_EQ(first.next(packet), Read::packet);
        begin += fmt::format("{}{} ", char(packet.bytes[0]), packet.time / ns_per_s);
      }
      FileQueue second = open(order);
      ASSERT_TRUE(second.seek(first.positions()).ok());
      EXPECT_EQ(begin + rest_of(second), taken == 9 ? all + " " : all) << taken;
      EXPECT_EQ(second.bytes_read(), second.bytes_total());
      if (taken == 0) continue;
      FileQueue before = open(order);
      ASSERT_TRUE(before.seek(first.positions_before_last()).ok());
      Packet again;
      ASSERT_EQ(before.next(again), Read::packet);
      EXPECT_THAT(begin, ::testing::EndsWith(
                             fmt::format("{}{} ", char(again.bytes[0]), again.time / ns_per_s)));
    }
  }
}

TEST_F(PcapFileQueue, PositionsOfALongerFileAreRefused) {
  add('a', {1, 2, 3});
  add('b', {9});
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    FileQueue queue = open(order);
    auto refused = queue.seek({{files_[0], 4, false}, {files_[1], 0, false}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::data);
    EXPECT_THAT(refused.error().what, HasSubstr("has only 3 packets"));
    EXPECT_THAT(refused.error().what, HasSubstr("after 4"));
  }
}

TEST_F(PcapFileQueue, GoesOnWithAFileThatIsAddedAndForgetsOneThatIsDone) {
  add('a', {1});
  FileQueue queue = open(FileOrder::files);
  EXPECT_EQ(rest_of(queue), "a1");
  queue.add(folder_.write("b", capture_of('b', {2, 3})));
  queue.add(folder_.write("c", capture_of('c', {0})));
  Packet packet;
  ASSERT_EQ(queue.next(packet), Read::packet);
  queue.forget(files_[0]);
  queue.forget(folder_.path_of("b"));  // it is not done yet
  std::vector<std::string> paths;
  for (const auto& at : queue.positions()) paths.push_back(at.path);
  EXPECT_THAT(paths, ElementsAre(folder_.path_of("b"), folder_.path_of("c")));
  EXPECT_EQ(rest_of(queue), "b3 c0");
  queue.forget(folder_.path_of("b"));
  queue.forget(folder_.path_of("c"));
  EXPECT_THAT(queue.positions(), IsEmpty());
  EXPECT_EQ(rest_of(queue), "");
}

// Some that overlap and some that do not, as a lake has them.
TEST_F(PcapFileQueue, FilesReadAheadGiveTheSame) {
  for (std::uint32_t i = 0; i < 100; ++i) {
    std::uint32_t begin = 1 + i / 3 * 10;
    files_.push_back(folder_.write(
        std::to_string(i), capture_of('x', {begin, begin + i % 7, begin + 12, begin + 15})));
  }
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    FileQueue plain = open(order);
    std::string expected = rest_of(plain);
    FileQueue::Reading reading;
    reading.ahead = std::make_shared<ReadAhead>(2, 1 << 20);
    auto ahead = FileQueue::open(files_, order, plain_open, reading);
    ASSERT_TRUE(ahead.ok());
    EXPECT_LT(ahead->files_open(), 4u);
    EXPECT_EQ(rest_of(*ahead), expected);
    EXPECT_EQ(ahead->files_done(), 100u);
    EXPECT_EQ(ahead->files_open(), 0u);
    EXPECT_EQ(ahead->bytes_read(), ahead->bytes_total());
    for (std::size_t taken : {1u, 17u, 200u, 399u, 400u}) {
      auto first = FileQueue::open(files_, order, plain_open, reading);
      ASSERT_TRUE(first.ok());
      std::string begin;
      Packet packet;
      for (std::size_t i = 0; i < taken; ++i) {
        ASSERT_EQ(first->next(packet), Read::packet);
        begin += fmt::format("{}{} ", char(packet.bytes[0]), packet.time / ns_per_s);
      }
      reading.seek_follows = true;
      auto second = FileQueue::open(files_, order, plain_open, reading);
      reading.seek_follows = false;
      ASSERT_TRUE(second.ok());
      EXPECT_EQ(second->files_open(), 0u) << "the files are looked at once";
      ASSERT_TRUE(second->seek(first->positions()).ok());
      EXPECT_EQ(begin + rest_of(*second), taken == 400 ? expected + " " : expected) << taken;
      EXPECT_EQ(second->bytes_read(), second->bytes_total());
    }
  }
}

TEST_F(PcapFileQueue, ThousandsOfFilesNeedAFewOpenOnes) {
  for (std::uint32_t i = 0; i < 2000; ++i)
    files_.push_back(folder_.write(std::to_string(i), capture_of('x', {i, i + 2})));
  for (bool ahead : {false, true}) {
    FileQueue::Reading reading;
    if (ahead) reading.ahead = std::make_shared<ReadAhead>(3, 1 << 16);
    auto queue = FileQueue::open(files_, FileOrder::time, plain_open, reading);
    ASSERT_TRUE(queue.ok());
    std::size_t most = 0, packets = 0;
    TimeNs last = 0;
    for (Packet packet; queue->next(packet) == Read::packet; ++packets) {
      EXPECT_LE(last, packet.time);
      last = packet.time;
      most = std::max(most, queue->files_open());
    }
    EXPECT_EQ(packets, 4000u);
    EXPECT_LE(most, ahead ? 8u : 70u);
  }
}

TEST_F(PcapFileQueue, DamagedFilesMayBeLeftToNext) {
  add('a', {1, 4});
  files_.push_back(folder_.path_of("missing"));
  files_.push_back(folder_.write("text", Bytes(300, 'x')));
  add('d', {2, 3}, 1);
  add('e', {3}, 1);
  add('f', {5});
  for (FileOrder order : {FileOrder::time, FileOrder::files}) {
    for (unsigned threads : {0u, 2u}) {
      FileQueue::Reading reading;
      reading.leave_damaged = true;
      if (threads != 0) reading.ahead = std::make_shared<ReadAhead>(threads, 1 << 20);
      auto queue = FileQueue::open(files_, order, plain_open, reading);
      ASSERT_TRUE(queue.ok());
      EXPECT_EQ(rest_of(*queue),
                order == FileOrder::time ? "! ! ! a1 d2 ! a4 f5" : "a1 a4 ! ! d2 ! ! f5");
      EXPECT_EQ(queue->files_done(), 6u);
    }
  }
}

}  // namespace
}  // namespace dnstorm::capture::pcap
