#include "operators/spouts/packet_classes.hpp"

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

using capture::dns::ParseError;
using capture::dnstap::DecodeError;
using capture::packet::Verdict;

namespace {

// The table: one class a ParseError (none = parsed), then one a Verdict, then those of our own.
constexpr std::size_t verdicts_from = capture::dns::parse_error_count;
constexpr std::size_t own_from = verdicts_from + capture::packet::verdict_count;
// Those of dnstap stand last: the first of them is DecodeError::none's, a frame without a message.
enum Own : std::size_t { own_other_port, own_tcp, own_foreign_frame, own_dnstap };
constexpr std::size_t dnstap_from = own_from + own_dnstap;

Outcome outcome_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::udp:
      return Outcome::parsed;  // never counted under its verdict
    case Verdict::tcp:
    case Verdict::icmp:
    case Verdict::other_protocol:
    case Verdict::not_ip:
    case Verdict::unknown_link:
      return Outcome::not_dns;
    case Verdict::fragment:
      return Outcome::filtered;
    case Verdict::truncated:
    case Verdict::malformed_link:
    case Verdict::malformed_ip:
    case Verdict::malformed_udp:
      return Outcome::malformed;
  }
  return Outcome::not_dns;
}

std::vector<PacketClasses::Class> make_table() {
  std::vector<PacketClasses::Class> table;
  table.push_back({Outcome::parsed, ""});
  for (std::size_t i = 1; i < capture::dns::parse_error_count; ++i)
    table.push_back({Outcome::malformed, std::string(to_string(static_cast<ParseError>(i)))});
  for (std::size_t i = 0; i < capture::packet::verdict_count; ++i) {
    auto verdict = static_cast<Verdict>(i);
    table.push_back({outcome_of(verdict), std::string(to_string(verdict))});
  }
  table.push_back({Outcome::not_dns, "other_port"});
  // Segments are not put together here; what they hold is not guessed.
  table.push_back({Outcome::filtered, "tcp_segment"});
  table.push_back({Outcome::malformed, "dnstap_content_type"});
  table.push_back({Outcome::not_dns, "dnstap_no_message"});
  for (std::size_t i = 1; i < capture::dnstap::decode_error_count; ++i)
    table.push_back({Outcome::malformed, std::string(to_string(static_cast<DecodeError>(i)))});
  return table;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::parsed:
      return "parsed";
    case Outcome::malformed:
      return "malformed";
    case Outcome::not_dns:
      return "not_dns";
    case Outcome::filtered:
      return "filtered";
  }
  return "?";
}

const std::vector<PacketClasses::Class>& PacketClasses::table() {
  static const std::vector<Class> classes = make_table();
  return classes;
}

PacketClasses::ClassId PacketClasses::other_port() {
  return static_cast<ClassId>(own_from + own_other_port);
}

PacketClasses::ClassId PacketClasses::of(DecodeError error) {
  return static_cast<ClassId>(dnstap_from + static_cast<std::size_t>(error));
}
PacketClasses::ClassId PacketClasses::empty_frame() { return of(DecodeError::none); }
PacketClasses::ClassId PacketClasses::foreign_frame() {
  return static_cast<ClassId>(own_from + own_foreign_frame);
}

PacketClasses::ClassId PacketClasses::of(Verdict verdict, bool watched) {
  if (verdict == Verdict::tcp && watched) return static_cast<ClassId>(own_from + own_tcp);
  return static_cast<ClassId>(verdicts_from + static_cast<std::size_t>(verdict));
}

void PacketClasses::open(const TaskContext& task) {
  DNSTORM_ASSERT(table().size() == dnstap_from + capture::dnstap::decode_error_count,
                 "the table of packet classes has gaps",
                 table().size());
  cells_.assign(table().size(), {});
  for (Outcome outcome : {Outcome::parsed, Outcome::malformed, Outcome::not_dns, Outcome::filtered})
    outcome_counters_[static_cast<std::size_t>(outcome)] = &task.counter(to_string(outcome));
  for (const Class& entry : table()) {
    std::string name(to_string(entry.outcome));
    if (!entry.reason.empty()) name += "." + entry.reason;
    reason_counters_.push_back(&task.counter(name));
  }
}

void PacketClasses::settle() {
  for (std::size_t id = 0; id < cells_.size(); ++id) {
    Cell& cell = cells_[id];
    if (cell.packets == 0) continue;
    total_ += cell.packets;
    Outcome outcome = table()[id].outcome;
    outcome_counters_[static_cast<std::size_t>(outcome)]->add(cell.packets);
    if (outcome != Outcome::parsed) reason_counters_[id]->add(cell.packets);
    cell = {};
  }
}

}  // namespace dnstorm::operators
