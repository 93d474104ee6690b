#include "capture/synth/fragment.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth {

namespace {

constexpr std::size_t fragment_header = 8;  // of IPv6
constexpr std::uint8_t next_is_fragment = 44;
constexpr unsigned more_v4 = 0x2000, more_v6 = 1;

bool is_v4(ByteSpan frame) { return frame[ethernet_header] >> 4U == 4; }
std::size_t header_size(ByteSpan frame) {
  return ethernet_header + (is_v4(frame) ? ipv4_header : ipv6_header);
}

// Bytes of the packet's payload in each fragment but the last: a multiple of 8.
std::size_t room_of(ByteSpan frame, std::uint32_t mtu) {
  std::size_t room = is_v4(frame) ? mtu - ipv4_header
                                  : std::max(mtu, ipv6_mtu_min) - ipv6_header - fragment_header;
  return room / 8 * 8;
}

void set16(Frame& frame, std::size_t at, std::size_t value) {
  frame[at] = static_cast<std::uint8_t>(value >> 8U);
  frame[at + 1] = static_cast<std::uint8_t>(value);
}

}  // namespace

std::uint32_t fragment_count(ByteSpan frame, std::uint32_t mtu) {
  std::size_t limit = is_v4(frame) ? mtu : std::max(mtu, ipv6_mtu_min);
  if (frame.size() - ethernet_header <= limit) return 1;
  std::size_t room = room_of(frame, mtu);
  return static_cast<std::uint32_t>((frame.size() - header_size(frame) + room - 1) / room);
}

void build_fragment(ByteSpan frame, std::uint32_t mtu, std::uint32_t id, std::uint32_t number,
                    Frame& fragment) {
  ByteSpan payload = frame.subspan(header_size(frame));
  std::size_t room = room_of(frame, mtu);
  std::size_t offset = number * room;
  DNSTORM_ASSERT(offset < payload.size(), "there is no such fragment", number, payload.size());
  ByteSpan part = payload.subspan(offset, std::min(room, payload.size() - offset));
  bool more = offset + part.size() < payload.size();
  fragment.assign(frame.begin(), frame.end() - static_cast<std::ptrdiff_t>(payload.size()));
  std::size_t at = ethernet_header;
  if (is_v4(frame)) {
    set16(fragment, at + 2, ipv4_header + part.size());
    set16(fragment, at + 4, id);
    set16(fragment, at + 6, (more ? more_v4 : 0) | offset / 8);
    set16(fragment, at + 10, 0);
    set16(fragment, at + 10, internet_checksum(ByteSpan(fragment).subspan(at, ipv4_header)));
  } else {
    std::uint8_t next = fragment[at + 6];
    fragment[at + 6] = next_is_fragment;
    set16(fragment, at + 4, fragment_header + part.size());
    fragment.resize(fragment.size() + fragment_header);
    at += ipv6_header;
    fragment[at] = next;
    set16(fragment, at + 2, offset | (more ? more_v6 : 0));
    set16(fragment, at + 4, id >> 16U);
    set16(fragment, at + 6, id);
  }
  fragment.insert(fragment.end(), part.begin(), part.end());
}

}  // namespace dnstorm::capture::synth
