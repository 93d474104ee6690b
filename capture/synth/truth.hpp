// What is in a generated capture, counted packet by packet as they are written, and told as JSON.
//
// The counting rules, which the JSON repeats where they are not plain:
// - A packet is what completes messages (a datagram, its last fragment to come, a segment), another
//   fragment or segment, malformed or not DNS. Without TCP and fragments: packets = well-formed
//   messages + malformed + not DNS.
// - A segment that completes several messages is one packet; one that comes again is a packet and
//   no message. A datagram that the tap sees twice is two messages.
// - A malformed message whose id and flags (4 bytes) can be read counts in messages, queries or
//   responses, opcodes and rcodes; if its question can be read too, in qtypes and qnames.
// - qtypes are counted over queries, rcodes over responses, qnames over both (lower case).
// - A response belongs to the oldest query without one of the same client, server, port, id,
//   question and transport: a transaction. queries = transactions + unanswered + malformed queries,
//   responses = transactions + unmatched + malformed responses. Response times are as the file's
//   time stamps say.
// - Clients are the addresses that sent a query; top lists count queries.
// - A dnstap file has a frame a message, and the keys that a report of one has.
// - `accounting` is how the decoder classes the packets.
// One owner, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "capture/synth/damage.hpp"
#include "capture/synth/facts.hpp"
#include "capture/synth/noise.hpp"
#include "capture/synth/profile.hpp"
#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

// What was laid over the traffic, and what of it is in the file.
struct AttackTruth {
  std::string kind, strength, key_kind, key;
  TimeNs start = 0, end = 0;   // as asked for
  TimeNs first = 0, last = 0;  // its packets
  std::uint64_t packets = 0, queries = 0, responses = 0;
  std::uint64_t slowed = 0;  // ordinary answers
};

class Truth {
 public:
  // Without names: `qnames` and `top_names` are not in it.
  explicit Truth(bool count_names = true) : count_names_(count_names) {}

  // A packet that is a message, or the last fragment of one.
  void add_message(TimeNs time, std::size_t frame_size, const MessageFacts& facts);
  void add_malformed(TimeNs time, std::size_t frame_size, Damage damage, const MessageFacts& facts);
  void add_noise(TimeNs time, std::size_t frame_size, Noise noise, NoiseClass what);
  void add_segment(TimeNs time, std::size_t frame_size, SegmentKind kind);
  // What segments have completed, each.
  void add_stream_message(TimeNs time, const MessageFacts& facts);
  void add_connection() { ++connections_; }
  // A fragment that completes nothing; `duplicate`: it had come before.
  void add_fragment(TimeNs time, std::size_t frame_size, bool duplicate);
  void add_fragmented() { ++fragmented_; }  // a datagram that is complete
  // A message, well-formed or not, stands in a dnstap frame; `upstream`: in one of a resolver.
  void add_frame(const MessageFacts& facts, bool upstream);

  // A packet of attack `number`, a message or none.
  void add_attack(std::size_t number, TimeNs time, const MessageFacts* message);
  // In the order of their numbers; their counts are those that have been added.
  void name_attacks(std::vector<AttackTruth> attacks);

  // One JSON object, pretty, keys in a fixed order; `options` are repeated in it.
  std::string json(const Options& options) const;

  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }  // of frames
  std::uint64_t messages() const { return queries_ + responses_; }
  std::uint64_t queries() const { return queries_; }
  std::uint64_t responses() const { return responses_; }
  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t malformed() const;
  std::uint64_t malformed_queries() const { return malformed_queries_; }  // counted as messages
  std::uint64_t malformed_responses() const { return malformed_responses_; }
  std::uint64_t not_dns() const;
  // Segments and fragments that complete no message.
  std::uint64_t parts() const;
  std::uint64_t distinct_names() const { return names_.size(); }
  std::uint64_t distinct_clients() const { return clients_.size(); }

 private:
  struct IpHash {
    std::size_t operator()(const IpAddress& ip) const;
  };
  void count_packet(TimeNs time, std::size_t frame_size);
  void count_message(const MessageFacts& facts);
  void count_transaction(TimeNs time, const MessageFacts& facts);
  nlohmann::ordered_json accounting() const;
  nlohmann::ordered_json attacks() const;
  nlohmann::ordered_json frames(const Options& options) const;
  std::uint64_t segments(SegmentKind kind) const {
    return segments_[static_cast<std::size_t>(kind)];
  }

  std::uint64_t packets_ = 0, bytes_ = 0, queries_ = 0, responses_ = 0;
  std::uint64_t v6_ = 0, edns_ = 0, dnssec_ok_ = 0, client_subnet_ = 0, truncated_ = 0;
  std::uint64_t tcp_ = 0, connections_ = 0, fragmented_ = 0, fragments_ = 0;
  std::uint64_t fragment_duplicates_ = 0;
  std::uint64_t datagrams_ = 0;  // packets that are, or complete, a well-formed message over UDP
  std::uint64_t transactions_ = 0, malformed_queries_ = 0, malformed_responses_ = 0;
  TimeNs first_ = 0, last_ = 0;
  DurationNs time_sum_ = 0, time_min_ = 0, time_max_ = 0;
  std::map<std::uint8_t, std::uint64_t> opcodes_;
  std::map<std::uint16_t, std::uint64_t> types_;
  std::map<std::uint16_t, std::uint64_t> rcodes_;
  std::unordered_map<std::string, std::uint64_t> names_;  // how often asked, 0: in responses only
  std::unordered_map<IpAddress, std::uint64_t, IpHash> clients_;
  std::array<std::uint64_t, damage_count> malformed_{};
  std::array<std::uint64_t, noise_count> noise_{};
  std::array<std::uint64_t, noise_classes> noise_classes_{};
  std::array<std::uint64_t, segment_kinds> segments_{};
  bool count_names_;
  std::vector<AttackTruth> attacks_;
  // Of dnstap: upstream, response or not, IPv6, TCP.
  std::uint64_t frames_[2][2][2][2] = {};
};

}  // namespace dnstorm::capture::synth
