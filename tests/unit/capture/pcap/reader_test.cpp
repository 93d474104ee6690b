#include "capture/pcap/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/capture/pcap/files.hpp"

namespace dnstorm::capture::pcap {
namespace {

using namespace test;  // NOLINT: the vocabulary of this file
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Got {
  TimeNs time;
  packet::LinkType link;
  std::uint32_t original_length;
  Bytes bytes;
  friend bool operator==(const Got&, const Got&) = default;
};

struct Outcome {
  std::vector<Got> packets;
  std::string error;  // without the folder
  ErrorKind kind = ErrorKind::internal;
};

std::string without_folder(std::string text) {
  std::size_t slash = text.find("/capture");
  return slash == std::string::npos ? text : text.substr(slash + 1);
}

Outcome read_all(const Bytes& content) {
  TemporaryFile file(content);
  Outcome outcome;
  auto reader = FileReader::open(file.path());
  if (!reader) {
    outcome.error = without_folder(reader.error().what);
    outcome.kind = reader.error().kind;
    return outcome;
  }
  Packet packet;
  Read read;
  while ((read = (*reader)->next(packet)) == Read::packet)
    outcome.packets.push_back({packet.time, packet.link, packet.original_length,
                               Bytes(packet.bytes.begin(), packet.bytes.end())});
  EXPECT_EQ((*reader)->next(packet), read) << "the end is final";
  EXPECT_EQ((*reader)->packets(), outcome.packets.size());
  if (read == Read::error) {
    outcome.error = without_folder((*reader)->error().what);
    outcome.kind = (*reader)->error().kind;
  }
  return outcome;
}

TEST(PcapFile, AllFourKindsAreRead) {
  for (bool big : {false, true}) {
    for (bool nano : {false, true}) {
      Order o{big};
      Bytes file = pcap_head(o, nano ? 0xa1b23c4d : 0xa1b2c3d4, 65535, 113) +
                   pcap_packet(o, 1700000000, 123456, {1, 2, 3}) +
                   pcap_packet(o, 1700000001, 7, {4}, 90);
      Outcome outcome = read_all(file);
      EXPECT_EQ(outcome.error, "");
      TimeNs unit = nano ? 1 : 1000;
      std::vector<Got> expected = {
          {1700000000 * ns_per_s + 123456 * unit, packet::LinkType::linux_sll, 3, {1, 2, 3}},
          {1700000001 * ns_per_s + 7 * unit, packet::LinkType::linux_sll, 90, {4}}};
      EXPECT_EQ(outcome.packets, expected) << big << nano;
    }
  }
}

TEST(PcapFile, TimesAfter2038AreNotNegative) {
  Outcome outcome = read_all(pcap_head({}) + pcap_packet({}, 0xffffffff, 0, {1}));
  ASSERT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.packets[0].time, 4294967295 * ns_per_s);
}

TEST(PcapFile, LengthOfTheCheckSequenceIsNotPartOfTheLinkType) {
  Outcome outcome = read_all(pcap_head({}, 0xa1b2c3d4, 0, 0x24000001) + pcap_packet({}, 1, 1, {1}));
  ASSERT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.packets[0].link, packet::LinkType::ethernet);
}

TEST(PcapFile, PacketsThatCrossTheBufferAreWhole) {
  Bytes file = pcap_head({});
  std::vector<std::size_t> sizes = {100'000, 60'000, 262'144, 0, 1, 131'056, 131'057, 200'000};
  for (std::size_t size : sizes)
    file = file + pcap_packet({}, 1, 1, Bytes(size, std::uint8_t(size)));
  Outcome outcome = read_all(file);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.packets.size(), sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    EXPECT_EQ(outcome.packets[i].bytes, Bytes(sizes[i], std::uint8_t(sizes[i]))) << i;
}

// Blocks are several times smaller than the file, and all packets are held to the end.
TEST(PcapFile, LentBlocksKeepTheirPackets) {
  Bytes content = pcap_head({});
  for (std::uint32_t i = 0; i < 3'000; ++i)
    content = std::move(content) + pcap_packet({}, i, 0, Bytes(200, std::uint8_t(i % 251)));
  TemporaryFile file(content);
  auto reader = FileReader::open(file.path());
  ASSERT_TRUE(reader.ok());
  (*reader)->lend_blocks();
  std::vector<std::pair<Block, std::span<const std::uint8_t>>> held;
  for (Packet packet; (*reader)->next(packet) == Read::packet;)
    held.emplace_back(*packet.block, packet.bytes);
  ASSERT_EQ(held.size(), 3'000u);
  for (std::uint32_t i = 0; i < held.size(); ++i)
    ASSERT_THAT(held[i].second, ::testing::Each(std::uint8_t(i % 251))) << "packet " << i;
}

TEST(PcapFile, EveryCutGivesThePacketsBeforeItAndOneLine) {
  Bytes file = pcap_head({}) + pcap_packet({}, 1, 1, {1, 2, 3}) + pcap_packet({}, 2, 2, {4, 5});
  for (std::size_t size = 1; size < file.size(); ++size) {
    Outcome outcome = read_all(Bytes(file.begin(), file.begin() + std::ptrdiff_t(size)));
    bool between = size == 24 || size == 43;
    EXPECT_EQ(outcome.packets.size(), size < 43 ? 0u : 1u) << size;
    EXPECT_EQ(outcome.error.empty(), between) << size << outcome.error;
    EXPECT_EQ(outcome.kind, between ? ErrorKind::internal : ErrorKind::data) << size;
  }
  file.pop_back();
  EXPECT_EQ(read_all(file).error,
            "capture: cut off in packet 2 at byte 43: 17 of 18 bytes are there");
}

TEST(PcapFile, AbsurdLengthIsDamage) {
  Bytes file = pcap_head({}) + pcap_packet({}, 1, 1, {1}) + pcap_packet({}, 2, 2, {2});
  file[24 + 17 + 11] = 0x7f;
  Outcome outcome = read_all(file);
  EXPECT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.error, "capture: damaged in packet 2 at byte 41: a packet of 2130706433 bytes");
}

TEST(PcapFile, SnapLengthAboveTheUsualIsBelieved) {
  Bytes large(300'000, 1);
  EXPECT_EQ(
      read_all(pcap_head({}, 0xa1b2c3d4, 500'000) + pcap_packet({}, 1, 1, large)).packets.size(),
      1u);
  EXPECT_EQ(read_all(pcap_head({}, 0xa1b2c3d4, 100) + pcap_packet({}, 1, 1, large)).packets.size(),
            0u);
}

TEST(PcapFile, WhatIsNoCaptureIsNamed) {
  struct {
    Bytes content;
    const char* says;
  } rows[] = {
      {{}, "capture: is empty, not a packet capture"},
      {{'h', 'e', 'l', 'l', 'o', '\n'}, "capture: is a text file, not a packet capture"},
      {{'h', 'i'}, "capture: is a text file"},
      {{0x1f, 0x8b}, "gzip data are cut off"},
      {{0xa1, 0xb2, 0xcd, 0x34, 0, 0}, "Kuznetzov"},
      {{'P', 'K', 3, 4, 1, 1}, "zip"},
      {{0, 0, 0, 0, 0, 0, 0, 34}, "dnstap"},
      {{0x7f, 'E', 'L', 'F', 2}, "program"},
      {{1, 2, 3, 250}, "is neither pcap nor pcapng (it begins with 01 02 03 fa)"},
      {{0xd4, 0xc3, 0xb2, 0xa1, 2, 0}, "cut off in the head of the file: 6 of 24 bytes"},
      {gzip({'t', 'e', 'x', 't'}), "text file"},
  };
  for (const auto& row : rows) {
    Outcome outcome = read_all(row.content);
    EXPECT_THAT(outcome.error, HasSubstr(row.says));
    EXPECT_EQ(outcome.kind, ErrorKind::data) << row.says;
  }
}

TEST(PcapFile, OtherVersionIsRefused) {
  Bytes file = pcap_head({});
  file[4] = 3;
  EXPECT_THAT(read_all(file).error, HasSubstr("version 3.4"));
}

TEST(PcapFile, MissingFileAndFolderAreNoInput) {
  auto missing = FileReader::open("/no/such/file.pcap");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::no_input);
  EXPECT_EQ(missing.error().what,
            "/no/such/file.pcap: cannot be opened: No such file or directory");
  auto folder = FileReader::open("/tmp");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().kind, ErrorKind::no_input);
  EXPECT_THAT(folder.error().what, HasSubstr("is a directory"));
}

TEST(PcapFile, ProgressIsThatOfTheFileOnDisk) {
  Bytes compressed = gzip(pcap_of(1000));
  TemporaryFile file(compressed);
  auto reader = FileReader::open(file.path());
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->bytes_total(), compressed.size());
  Packet packet;
  while ((*reader)->next(packet) == Read::packet) continue;
  EXPECT_EQ((*reader)->bytes_read(), compressed.size());
  EXPECT_EQ((*reader)->packets(), 1000u);
}

TEST(Compressed, EveryKindGivesTheSamePackets) {
  Bytes plain = pcap_of(20'000);
  Outcome expected = read_all(plain);
  ASSERT_EQ(expected.packets.size(), 20'000u);
  for (auto compress : {gzip, zstd, xz}) {
    Outcome outcome = read_all(compress(plain));
    EXPECT_EQ(outcome.error, "");
    EXPECT_TRUE(outcome.packets == expected.packets);
  }
}

TEST(Compressed, SeveralStreamsInARowAreOne) {
  Bytes plain = pcap_of(100);
  Bytes first(plain.begin(), plain.begin() + 1000), second(plain.begin() + 1000, plain.end());
  for (auto compress : {gzip, zstd, xz}) {
    Outcome outcome = read_all(compress(first) + compress(second));
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.packets.size(), 100u);
  }
}

TEST(Compressed, CutAndDamagedDataSayWhichItIs) {
  for (auto compress : {gzip, zstd, xz}) {
    Bytes whole = compress(pcap_of(5'000));
    Bytes cut(whole.begin(), whole.end() - std::ptrdiff_t(whole.size() / 4));
    Outcome outcome = read_all(cut);
    EXPECT_THAT(outcome.error,
                AllOf(HasSubstr("capture: cut off in packet "), HasSubstr("data are cut off")));
    EXPECT_EQ(outcome.kind, ErrorKind::data);
    EXPECT_LT(outcome.packets.size(), 5'000u);
    for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 16; ++i) whole[i] ^= 0xff;
    EXPECT_NE(read_all(whole).error, "");
  }
}

TEST(PcapngFile, BothByteOrdersAndSeveralInterfacesAreRead) {
  for (bool big : {false, true}) {
    Order o{big};
    Bytes nano = option(o, 9, {9}), power_of_two = option(o, 9, {0x80 | 10});
    Bytes shifted =
        option(o, 14, big ? Bytes{0, 0, 0, 0, 0, 0, 0, 100} : Bytes{100, 0, 0, 0, 0, 0, 0, 0});
    Bytes file = section(o) + interface(o, 1) + interface(o, 101, nano) +
                 interface(o, 113, power_of_two) + interface(o, 276, shifted) +
                 block(o, 5, Bytes(8, 0)) + enhanced(o, 0, 1'700'000'000'123'456, {1, 2, 3}) +
                 enhanced(o, 1, 1'700'000'000'123'456'789, {4}, 99) +
                 enhanced(o, 2, 1024 * 5 + 512, {5}) + enhanced(o, 3, 1'000'000, {6});
    Outcome outcome = read_all(file);
    EXPECT_EQ(outcome.error, "");
    std::vector<Got> expected = {
        {1'700'000'000'123'456'000, packet::LinkType::ethernet, 3, {1, 2, 3}},
        {1'700'000'000'123'456'789, packet::LinkType::raw, 99, {4}},
        {5'500'000'000, packet::LinkType::linux_sll, 1, {5}},
        {101'000'000'000, packet::LinkType::linux_sll2, 1, {6}}};
    EXPECT_EQ(outcome.packets, expected) << big;
  }
}

TEST(PcapngFile, SimpleAndObsoletePacketBlocksAreRead) {
  Order o;
  Bytes obsolete =
      o.u16(1) + o.u16(3) + o.u32(0) + o.u32(1'000'000) + o.u32(2) + o.u32(60) + padded({7, 8});
  Bytes file = section(o) + interface(o, 1, {}, 4) + interface(o, 101) +
               block(o, 3, o.u32(3) + padded({1, 2, 3})) +
               block(o, 3, o.u32(100) + Bytes{1, 2, 3, 4}) + block(o, 2, obsolete);
  Outcome outcome = read_all(file);
  EXPECT_EQ(outcome.error, "");
  std::vector<Got> expected = {{0, packet::LinkType::ethernet, 3, {1, 2, 3}},
                               {0, packet::LinkType::ethernet, 100, {1, 2, 3, 4}},
                               {1'000'000'000, packet::LinkType::raw, 60, {7, 8}}};
  EXPECT_EQ(outcome.packets, expected);
}

TEST(PcapngFile, ASectionBeginsAnew) {
  Order little{false}, big{true};
  Bytes file = section(little) + interface(little, 1) + enhanced(little, 0, 5, {1}) + section(big) +
               interface(big, 101) + enhanced(big, 0, 6, {2}) + section(little) +
               enhanced(little, 0, 7, {3});
  Outcome outcome = read_all(file);
  ASSERT_EQ(outcome.packets.size(), 2u);
  EXPECT_EQ(outcome.packets[1].link, packet::LinkType::raw);
  EXPECT_THAT(outcome.error, HasSubstr("a packet of unknown interface 0"));
}

TEST(PcapngFile, TimesThatDoNotFitStopAtTheEndOfTime) {
  Order o;
  Bytes file = section(o) + interface(o, 1) + interface(o, 1, option(o, 9, {0})) +
               enhanced(o, 0, ~0ull, {1}) + enhanced(o, 1, ~0ull, {2});
  Outcome outcome = read_all(file);
  ASSERT_EQ(outcome.packets.size(), 2u);
  EXPECT_EQ(outcome.packets[0].time, time_max);
  EXPECT_EQ(outcome.packets[1].time, time_max);
}

TEST(PcapngFile, DamageIsNamed) {
  Order o;
  Bytes start = section(o) + interface(o, 1) + enhanced(o, 0, 1, {1});
  Bytes long_packet = enhanced(o, 0, 1, {1, 2, 3, 4});
  long_packet[20] = 200;
  Bytes different = enhanced(o, 0, 1, {1});
  different.back() = 1;
  struct {
    Bytes rest;
    const char* says;
  } rows[] = {
      {o.u32(6) + o.u32(0xfffffff0) + o.u32(0), "a block of 4294967280 bytes"},
      {o.u32(6) + o.u32(8) + o.u32(0), "a block of 8 bytes"},
      {o.u32(6) + o.u32(13) + Bytes(8, 0), "a block of 13 bytes"},
      {different, "the two lengths of a block differ"},
      {long_packet, "a packet of 200 bytes"},
      {block(o, 6, Bytes(8, 0)), "a packet block that is too short"},
      {block(o, 3, {}), "a packet block that is too short"},
      {enhanced(o, 7, 1, {1}), "a packet of unknown interface 7"},
      {block(o, 1, Bytes(4, 0)), "an interface block that is too short"},
      {interface(o, 1, o.u16(9) + o.u16(200)), "an interface with broken options"},
      {interface(o, 1, option(o, 9, {20})), "an interface with broken options"},
      {o.u32(0x0a0d0d0a) + o.u32(28) + o.u32(7), "a section without byte order"},
      {block(o, 0x0a0d0d0a, o.u32(0x1a2b3c4d)), "a section header that is too short"},
      {o.u32(6) + o.u32(100), "cut off"},
  };
  for (const auto& row : rows) {
    Outcome outcome = read_all(start + row.rest);
    EXPECT_EQ(outcome.packets.size(), 1u) << row.says;
    EXPECT_THAT(outcome.error, HasSubstr(" in packet 2 at byte 84: "));
    EXPECT_THAT(outcome.error, HasSubstr(row.says));
    EXPECT_EQ(outcome.kind, ErrorKind::data);
  }
}

TEST(PcapngFile, UnknownOptionsAndBlocksAreSkipped) {
  Order o;
  Bytes options = option(o, 2, {'e', 't', 'h', '0'}) + option(o, 11, {0, 'x'}) + option(o, 9, {9}) +
                  option(o, 0, {});
  Bytes file = section(o) + interface(o, 1, options) + block(o, 0x80001234, Bytes(4096, 9)) +
               enhanced(o, 0, 77, {1});
  Outcome outcome = read_all(file);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.packets[0].time, 77);
}

// A pipe that gives a few bytes at a time, as a slow tcpdump does.
TEST(StandardInput, IsReadInWhateverPieces) {
  Bytes content = pcap_of(50);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  int saved = dup(STDIN_FILENO);
  ASSERT_GE(dup2(ends[0], STDIN_FILENO), 0);
  close(ends[0]);
  for (std::size_t i = 0; i < content.size(); i += 7)
    ASSERT_GT(write(ends[1], content.data() + i, std::min<std::size_t>(7, content.size() - i)), 0);
  close(ends[1]);
  auto reader = FileReader::open("-");
  ASSERT_TRUE(reader.ok()) << reader.error().what;
  EXPECT_EQ((*reader)->bytes_total(), 0u);
  Packet packet;
  Read read;
  while ((read = (*reader)->next(packet)) == Read::packet) continue;
  EXPECT_EQ(read, Read::end);
  EXPECT_EQ((*reader)->packets(), 50u);
  dup2(saved, STDIN_FILENO);
  close(saved);
}

}  // namespace
}  // namespace dnstorm::capture::pcap
