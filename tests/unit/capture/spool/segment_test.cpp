#include "capture/spool/segment.hpp"

#include <gtest/gtest.h>

#include "capture/spool/blocks.hpp"

namespace dnstorm::capture::spool {
namespace {

TEST(SegmentName, is_read_as_it_is_written) {
  Segment complete{7, 61440, 8192, 1764000000000000000, 1764000009999999999, true};
  std::string name = segment_name(complete);
  EXPECT_EQ(name, "s0000000007_61440_8192_1764000000000000000_1764000009999999999.pcapng");
  auto read = parse_segment_name(name);
  ASSERT_TRUE(read);
  EXPECT_EQ(segment_name(*read), name);
  EXPECT_TRUE(read->complete);
  auto open = parse_segment_name("s0000000007_61440.part");
  ASSERT_TRUE(open);
  EXPECT_FALSE(open->complete);
  EXPECT_EQ(open->base, 61440u);
}

TEST(SegmentName, other_names_are_none) {
  for (const char* name :
       {"", "lock", "s7_0.part", "s0000000007_061440.part", "s0000000007_1",
        "s0000000001_0_5_9.pcapng", "s0000000001_0_5_9_9.pcapng.gz",
        "s0000000001_18446744073709551615_2_0_0.pcapng", "s99999999999999999999_0.part"})
    EXPECT_FALSE(parse_segment_name(name)) << name;
}

std::vector<std::uint8_t> three_packets() {
  std::vector<std::uint8_t> file;
  put_section(file);
  put_interface(file, packet::LinkType::ethernet, "eth0");
  const std::uint8_t bytes[] = {1, 2, 3, 4, 5};
  for (TimeNs time : {30, 10, 20})
    put_packet(file, {time, packet::LinkType::ethernet, 60, bytes, nullptr}, 0);
  return file;
}

TEST(ScanSegment, keeps_whole_blocks_wherever_the_file_is_cut) {
  std::vector<std::uint8_t> file = three_packets();
  Scan whole = scan_segment(file);
  EXPECT_EQ(whole.packets, 3u);
  EXPECT_EQ(whole.bytes, file.size());
  EXPECT_EQ(whole.first, 10);
  EXPECT_EQ(whole.last, 30);
  std::uint64_t packets = 0;
  for (std::size_t cut = 0; cut < file.size(); ++cut) {
    Scan scan = scan_segment(std::span(file).first(cut));
    EXPECT_LE(scan.bytes, cut);
    EXPECT_GE(scan.packets, packets);
    EXPECT_LT(scan.packets, 3u);
    packets = scan.packets;
  }
  EXPECT_EQ(packets, 2u);
}

TEST(ScanSegment, stops_at_what_is_no_block) {
  std::vector<std::uint8_t> file = three_packets();
  std::size_t size = file.size();
  file.resize(size + 4096);  // zeros, as a file system may leave them
  EXPECT_EQ(scan_segment(file).bytes, size);
  EXPECT_EQ(scan_segment(std::vector<std::uint8_t>(100, 0)).bytes, 0u);
}

}  // namespace
}  // namespace dnstorm::capture::spool
