// In which of the four classes every packet ended, and why. Counts per task, and per second of
// event time for the `packets` stream of `decode` (window ends are multiples of a second, so the
// counts of a second fall into one window).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "capture/cdns/rebuild.hpp"
#include "capture/dns/parse_error.hpp"
#include "capture/dnstap/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/packet/fragments.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "engine/api/task_context.hpp"

namespace dnstorm::operators {

enum class Outcome : std::uint8_t { parsed, malformed, not_dns, filtered };
std::string_view to_string(Outcome outcome);

class PacketClasses {
 public:
  // An outcome with its reason: index into table().
  using ClassId = std::uint16_t;
  struct Class {
    Outcome outcome;
    std::string reason;
  };
  static const std::vector<Class>& table();

  // ParseError::none is "parsed".
  static ClassId of(capture::dns::ParseError error) { return static_cast<ClassId>(error); }
  // A dnstap frame that cannot be decoded.
  static ClassId of(capture::dnstap::DecodeError error);
  // One without a DNS message; one of a stream of another content type.
  static ClassId empty_frame();
  static ClassId foreign_frame();
  // A line of JSON that gives no message.
  static ClassId bad_line();
  // An item of a C-DNS file that gives no message.
  static ClassId of(capture::cdns::Rebuilt what);
  // What a segment or a fragment did. A segment that completed a message is classed by it, and so
  // is the fragment that completed a packet.
  static ClassId of(capture::stream::Taken taken);
  static ClassId of(capture::packet::Fragments::Added added);
  // A message of DNS that an ICMP error quotes.
  static ClassId icmp_quote();
  // Of DNS' family, told by their ports.
  static ClassId mdns();
  static ClassId llmnr();
  // A UDP datagram that none of the watched ports sent or received.
  static ClassId other_port();
  // What a frame is that holds no whole UDP datagram. `watched`: one of its ports is watched.
  static ClassId of(capture::packet::Verdict verdict, bool watched);

  void open(const TaskContext& task);
  void add(ClassId id, std::uint64_t bytes) {
    ++cells_[id].packets;
    cells_[id].bytes += bytes;
  }

  struct Cell {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
  };
  // Since the last settle(), by ClassId.
  const std::vector<Cell>& cells() const { return cells_; }
  // Brings the counters up to date and begins anew.
  void settle();
  // Of all classes, settled.
  std::uint64_t total() const { return total_; }

 private:
  std::vector<Cell> cells_;
  std::vector<Counter*> reason_counters_;
  std::array<Counter*, 4> outcome_counters_{};
  std::uint64_t total_ = 0;
};

}  // namespace dnstorm::operators
