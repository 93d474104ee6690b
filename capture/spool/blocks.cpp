#include "capture/spool/blocks.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace dnstorm::capture::spool {

static_assert(std::endian::native == std::endian::little,
              "blocks are written as memory holds them");

namespace {

constexpr std::size_t block_min = 12;
constexpr std::size_t packet_head = 28;
constexpr std::size_t block_max = 16U << 20U;  // as the reader of capture files believes
constexpr std::size_t name_max = 255;

template <class T>
void put(std::vector<std::uint8_t>& out, T value) {
  std::uint8_t raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.insert(out.end(), raw, raw + sizeof value);
}

std::uint32_t load(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

void put_section(std::vector<std::uint8_t>& out) {
  put(out, block_section);
  put(out, std::uint32_t{28});
  put(out, std::uint32_t{0x1a2b3c4d});
  put(out, std::uint16_t{1});
  put(out, std::uint16_t{0});
  put(out, ~std::uint64_t{0});  // its length is not known
  put(out, std::uint32_t{28});
}

void put_interface(std::vector<std::uint8_t>& out, packet::LinkType link, std::string_view name) {
  name = name.substr(0, name_max);
  auto length = static_cast<std::uint32_t>(20 + 4 + padded(name.size()) + 8 + 4);
  put(out, block_interface);
  put(out, length);
  put(out, static_cast<std::uint16_t>(link));
  put(out, std::uint16_t{0});
  put(out, std::uint32_t{0});  // no snap length
  put(out, std::uint16_t{2});  // if_name
  put(out, static_cast<std::uint16_t>(name.size()));
  out.insert(out.end(), name.begin(), name.end());
  out.resize(out.size() + padded(name.size()) - name.size());
  put(out, std::uint16_t{9});  // if_tsresol
  put(out, std::uint16_t{1});
  put(out, std::uint32_t{9});  // 10^-9 s
  put(out, std::uint32_t{0});  // no more options
  put(out, length);
}

void put_packet(std::vector<std::uint8_t>& out, const pcap::Packet& packet,
                std::uint32_t interface) {
  auto size = packet.bytes.size();
  auto length = static_cast<std::uint32_t>(packet_head + padded(size) + 4);
  auto time = static_cast<std::uint64_t>(std::max<TimeNs>(packet.time, 0));
  const std::uint32_t head[] = {block_packet,
                                length,
                                interface,
                                static_cast<std::uint32_t>(time >> 32U),
                                static_cast<std::uint32_t>(time),
                                static_cast<std::uint32_t>(size),
                                packet.original_length};
  std::size_t at = out.size();
  out.resize(at + length);
  std::memcpy(out.data() + at, head, sizeof head);
  if (size != 0) std::memcpy(out.data() + at + packet_head, packet.bytes.data(), size);
  std::memcpy(out.data() + at + length - 4, &length, 4);
}

std::optional<BlockView> first_block(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < block_min) return std::nullopt;
  std::uint32_t length = load(bytes, 4);
  if (length < block_min || length % 4 != 0 || length > block_max || length > bytes.size() ||
      load(bytes, length - 4) != length)
    return std::nullopt;
  return BlockView{load(bytes, 0), bytes.first(length)};
}

std::optional<PacketView> packet_in(const BlockView& block) {
  if (block.type != block_packet || block.bytes.size() < packet_head + 4) return std::nullopt;
  std::uint32_t size = load(block.bytes, 20);
  if (size > block.bytes.size() - packet_head - 4) return std::nullopt;
  std::uint64_t time = std::uint64_t{load(block.bytes, 12)} << 32U | load(block.bytes, 16);
  if (time > static_cast<std::uint64_t>(time_max)) return std::nullopt;
  return PacketView{load(block.bytes, 8), static_cast<TimeNs>(time), load(block.bytes, 24),
                    block.bytes.subspan(packet_head, size)};
}

}  // namespace dnstorm::capture::spool
