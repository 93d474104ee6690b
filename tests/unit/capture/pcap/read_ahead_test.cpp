#include "capture/pcap/read_ahead.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/capture/pcap/files.hpp"

namespace dnstorm::capture::pcap {
namespace {

using namespace test;  // NOLINT: the vocabulary of this file

constexpr std::size_t many = 5000;

std::unique_ptr<FileReader> open(const std::string& path) { return FileReader::open(path).value(); }

// Times of the packets; each packet's bytes are those that it was written with.
std::vector<TimeNs> times_of(FileReader& reader, std::size_t at_most = ~std::size_t{0}) {
  std::vector<TimeNs> times;
  for (Packet packet; times.size() < at_most && reader.next(packet) == Read::packet;) {
    auto number = static_cast<std::size_t>(packet.time / ns_per_s) - 1000;
    EXPECT_EQ(Bytes(packet.bytes.begin(), packet.bytes.end()),
              Bytes(number % 50, std::uint8_t(number)));
    times.push_back(packet.time);
  }
  return times;
}

TEST(ReadAhead, GivesWhatTheFilesGiveWhateverTheThreadsDo) {
  TemporaryFile large(gzip(pcap_of(many))), small(pcap_of(3)), empty(pcap_of(0));
  std::vector<TimeNs> expected = times_of(*open(large.path()));
  ASSERT_EQ(expected.size(), many);
  for (unsigned threads : {1u, 2u, 5u}) {
    for (std::size_t bytes : {std::size_t{0}, std::size_t{1} << 24}) {
      ReadAhead pool(threads, bytes);
      std::vector<std::unique_ptr<FileReader>> readers;
      for (int i = 0; i < 4; ++i) readers.push_back(pool.wrap(open(large.path())));
      auto few = pool.wrap(open(small.path())), none = pool.wrap(open(empty.path()));
      // The last is asked first, and all are asked in turns.
      std::vector<std::vector<TimeNs>> got(readers.size());
      for (std::size_t turn = 0; turn < 10; ++turn) {
        for (std::size_t i = readers.size(); i-- != 0;) {
          std::vector<TimeNs> some = times_of(*readers[i], many / 10);
          got[i].insert(got[i].end(), some.begin(), some.end());
        }
      }
      for (auto& times : got) EXPECT_EQ(times, expected);
      EXPECT_EQ(times_of(*few).size(), 3u);
      EXPECT_EQ(times_of(*none).size(), 0u);
      EXPECT_EQ(few->bytes_read(), few->bytes_total());
      EXPECT_EQ(readers[0]->packets(), many);
    }
  }
}

TEST(ReadAhead, GoesOnWhereTheReaderStands) {
  TemporaryFile file(pcap_of(many));
  auto reader = open(file.path());
  reader->lend_blocks();
  Packet packet;
  for (int i = 0; i < 1234; ++i) ASSERT_EQ(reader->next(packet), Read::packet);
  ReadAhead pool(2, 1 << 20);
  auto ahead = pool.wrap(std::move(reader));
  ASSERT_EQ(ahead->next(packet), Read::packet);
  EXPECT_EQ(packet.time, (1000 + 1234) * ns_per_s);
  EXPECT_EQ(ahead->packets(), 1235u);
}

TEST(ReadAhead, TellsTheErrorBehindThePacketsBeforeIt) {
  Bytes content = pcap_of(3000);
  content.pop_back();
  TemporaryFile file(content);
  ReadAhead pool(2, 1 << 20);
  auto ahead = pool.wrap(open(file.path()));
  EXPECT_EQ(times_of(*ahead).size(), 2999u);
  Packet packet;
  EXPECT_EQ(ahead->next(packet), Read::error);
  EXPECT_EQ(ahead->next(packet), Read::error);
  EXPECT_NE(ahead->error().what.find("cut off in packet"), std::string::npos)
      << ahead->error().what;
}

TEST(ReadAhead, BytesStayWhereTheyAreAsLongAsTheirBlockIsHeld) {
  TemporaryFile file(pcap_of(many));
  ReadAhead pool(1, 1 << 20);
  auto ahead = pool.wrap(open(file.path()));
  ahead->lend_blocks();
  Packet packet;
  Bytes first;
  std::span<const std::uint8_t> where;
  std::set<Block> blocks;
  for (int i = 0; ahead->next(packet) == Read::packet; ++i) {
    ASSERT_NE(packet.block, nullptr);
    blocks.insert(*packet.block);
    if (i != 49) continue;
    where = packet.bytes;
    first.assign(where.begin(), where.end());
  }
  EXPECT_GT(blocks.size(), 1u);
  EXPECT_EQ(Bytes(where.begin(), where.end()), first);
}

TEST(ReadAhead, AReaderMayGoBeforeItsFileIsRead) {
  TemporaryFile file(xz(pcap_of(many)));
  ReadAhead pool(3, 1 << 20);
  for (std::size_t i = 0; i < 50; ++i) {
    auto ahead = pool.wrap(open(file.path()));
    std::size_t asked = i % 2 * 10;
    EXPECT_EQ(times_of(*ahead, asked).size(), asked);
  }
}

}  // namespace
}  // namespace dnstorm::capture::pcap
