// The stream between the `pcap` spout and the `decode` bolt.
#pragma once

#include <vector>

#include "engine/api/schema.hpp"

namespace dnstorm::operators {

// Link types beside those of captures (of which none is above 1,023): a dnstap frame, a frame of a
// stream whose content type is another one, a message of a C-DNS file or of JSON lines
// (cdns_messages.hpp), and a line that gives none.
inline constexpr std::uint16_t link_dnstap = 65535;
inline constexpr std::uint16_t link_foreign_frame = 65534;
inline constexpr std::uint16_t link_cdns = 65533;
inline constexpr std::uint16_t link_bad_line = 65532;
inline constexpr std::uint16_t link_first_own = link_bad_line;

inline std::vector<Field> packet_fields() {
  return {
      {"time", Type::time, Role::time, "", false, "when the packet was captured"},
      {"link", Type::u16, Role::plain, "", false,
       "link-layer type (https://www.tcpdump.org/linktypes.html); 65535: a dnstap frame, "
       "65533: a message of C-DNS or of JSON lines"},
      {"original_length", Type::u32, Role::plain, "", false, "length on the wire, in bytes"},
      {"hosts", Type::u64, Role::plain, "", true,
       "hash of the outermost source and destination, the same both ways; 0 where one task gets "
       "all packets, so that nothing depends on it"},
      {"bytes", Type::bytes, Role::plain, "", true, "what was captured of it"},
  };
}

struct PacketFields {
  PacketFields() = default;
  explicit PacketFields(const Schema& schema)
      : time(schema.ref<TimeNs>("time")),
        link(schema.ref<std::uint16_t>("link")),
        hosts(schema.ref<std::uint64_t>("hosts")),
        original_length(schema.ref<std::uint32_t>("original_length")),
        bytes(schema.ref<Bytes>("bytes")) {}
  FieldRef<TimeNs> time;
  FieldRef<std::uint16_t> link;
  FieldRef<std::uint64_t> hosts;
  FieldRef<std::uint32_t> original_length;
  FieldRef<Bytes> bytes;
};

}  // namespace dnstorm::operators
