// The blocks of pcapng that a spool writes: one section, its interfaces, packets with times in
// nanoseconds; little-endian. Pure: bytes in, bytes out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::spool {

inline constexpr std::uint32_t block_section = 0x0a0d0d0a;
inline constexpr std::uint32_t block_interface = 1;
inline constexpr std::uint32_t block_packet = 6;
inline constexpr std::size_t packet_block_overhead = 36;  // with the longest padding

void put_section(std::vector<std::uint8_t>& out);
void put_interface(std::vector<std::uint8_t>& out, packet::LinkType link, std::string_view name);
void put_packet(std::vector<std::uint8_t>& out, const pcap::Packet& packet,
                std::uint32_t interface);

// The first block of `bytes`; nothing if it is not wholly there or damaged.
struct BlockView {
  std::uint32_t type = 0;
  std::span<const std::uint8_t> bytes;  // head and tail included
};
std::optional<BlockView> first_block(std::span<const std::uint8_t> bytes);

// What a packet's block says; nothing if it is none or contradicts itself.
struct PacketView {
  std::uint32_t interface = 0;
  TimeNs time = 0;
  std::uint32_t original_length = 0;
  std::span<const std::uint8_t> bytes;
};
std::optional<PacketView> packet_in(const BlockView& block);

}  // namespace dnstorm::capture::spool
