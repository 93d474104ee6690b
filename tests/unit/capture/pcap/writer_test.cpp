#include "capture/pcap/writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace dnstorm::capture::pcap {
namespace {

using Bytes = std::vector<std::uint8_t>;

class PcapWriter : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static Bytes read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write_two(const std::string& path, WriterOptions options = {}) {
    auto writer = Writer::open(path, options);
    ASSERT_TRUE(writer.ok()) << writer.error().what;
    const std::uint8_t packet[] = {1, 2, 3, 4, 5};
    ASSERT_TRUE((*writer)->write(0x01020304LL * ns_per_s + 123'456'789, packet).ok());
    ASSERT_TRUE((*writer)->write(0, packet, 99).ok());
    ASSERT_TRUE((*writer)->close().ok());
  }
  // What write_two() must leave with microseconds.
  const Bytes expected_{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4,  0, 0, 0, 0, 0,    0,    0, 0, 0, 0,
                        0,    4,    0,    1,    0, 0, 0,  4, 3, 2, 1, 0x40, 0xe2, 1, 0, 5, 0,
                        0,    0,    5,    0,    0, 0, 1,  2, 3, 4, 5, 0,    0,    0, 0, 0, 0,
                        0,    0,    5,    0,    0, 0, 99, 0, 0, 0, 1, 2,    3,    4, 5};
  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                        ("dnstorm-pcap-writer-" + std::to_string(::getpid()));
};

TEST_F(PcapWriter, WritesMicroseconds) {
  write_two(path("a.pcap"));
  EXPECT_EQ(read(path("a.pcap")), expected_);
}

TEST_F(PcapWriter, WritesNanoseconds) {
  write_two(path("a.pcap"), {.nanoseconds = true});
  Bytes bytes = read(path("a.pcap"));
  ASSERT_EQ(bytes.size(), expected_.size());
  EXPECT_THAT(std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + 4),
              testing::ElementsAre(0x4d, 0x3c, 0xb2, 0xa1));
  EXPECT_THAT(std::vector<std::uint8_t>(bytes.begin() + 28, bytes.begin() + 32),
              testing::ElementsAre(0x15, 0xcd, 0x5b, 0x07));
}

TEST_F(PcapWriter, CutsAtTheSnapLength) {
  write_two(path("a.pcap"), {.snap_length = 2});
  Bytes bytes = read(path("a.pcap"));
  ASSERT_EQ(bytes.size(), expected_.size() - 6);
  EXPECT_EQ(bytes[32], 2);  // kept
  EXPECT_EQ(bytes[36], 5);  // on the wire
}

TEST_F(PcapWriter, CompressesByTheEnding) {
  write_two(path("a.gz"));
  gzFile gz = gzopen(path("a.gz").c_str(), "rb");
  Bytes plain(1000);
  plain.resize(static_cast<std::size_t>(gzread(gz, plain.data(), 1000)));
  gzclose(gz);
  EXPECT_EQ(plain, expected_);

  write_two(path("a.zst"));
  Bytes packed = read(path("a.zst"));
  plain.resize(1000);
  std::size_t size = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  ASSERT_FALSE(ZSTD_isError(size));
  plain.resize(size);
  EXPECT_EQ(plain, expected_);
}

TEST_F(PcapWriter, HandsOnMoreThanItsBuffer) {
  for (std::string name : {"a.pcap", "a.gz", "a.zst"}) {
    auto writer = Writer::open(path(name));
    ASSERT_TRUE(writer.ok());
    Bytes packet(50'000);
    for (std::size_t i = 0; i < packet.size(); ++i)
      packet[i] = static_cast<std::uint8_t>(i * i >> 7U);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*writer)->write(i, packet).ok());
    ASSERT_TRUE((*writer)->close().ok());
    EXPECT_EQ((*writer)->bytes(), 24U + 100 * (16 + packet.size()));
    EXPECT_EQ((*writer)->packets(), 100U);
  }
  EXPECT_EQ(std::filesystem::file_size(path("a.pcap")), 24U + 100 * 50'016);
  gzFile gz = gzopen(path("a.gz").c_str(), "rb");
  Bytes plain(6'000'000);
  EXPECT_EQ(gzread(gz, plain.data(), 6'000'000), 24 + 100 * 50'016);
  gzclose(gz);
}

TEST_F(PcapWriter, SaysWhatItCannotDo) {
  auto missing = Writer::open(path("no/such/folder/a.pcap"));
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().what, testing::HasSubstr("No such file"));

  auto writer = Writer::open(path("a.pcap"));
  const std::uint8_t packet[] = {1};
  EXPECT_EQ((*writer)->write(-1, packet).error().kind, ErrorKind::data);
  EXPECT_EQ((*writer)->write(0x100000000LL * ns_per_s, packet).error().kind, ErrorKind::data);

  auto full = Writer::open("/dev/full");
  ASSERT_TRUE(full.ok());
  ASSERT_TRUE((*full)->write(0, packet).ok());
  Result<void> closed = (*full)->close();
  ASSERT_FALSE(closed.ok());
  EXPECT_THAT(closed.error().what, testing::HasSubstr("/dev/full: cannot write: No space left"));
}

}  // namespace
}  // namespace dnstorm::capture::pcap
