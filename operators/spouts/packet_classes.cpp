#include "operators/spouts/packet_classes.hpp"

#include <fmt/format.h>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

using capture::cdns::Rebuilt;
using capture::dns::ParseError;
using capture::dnstap::DecodeError;
using capture::packet::Verdict;
using capture::stream::Taken;
using Added = capture::packet::Fragments::Added;

namespace {

// The table: one class a ParseError (none = parsed), then one a Verdict, then those of our own.
constexpr std::size_t verdicts_from = capture::dns::parse_error_count;
constexpr std::size_t own_from = verdicts_from + capture::packet::verdict_count;
constexpr std::size_t cdns_first = static_cast<std::size_t>(Rebuilt::no_signature);
enum Own : std::size_t {
  own_other_port,
  own_tcp,
  own_mdns,
  own_llmnr,
  own_icmp_quote,
  own_tcp_part,
  own_tcp_control,
  own_tcp_retransmission,
  own_tcp_junk,
  own_tcp_no_memory,
  own_fragment_duplicate,
  own_fragment_overlap,
  own_fragment_impossible,
  own_fragment_no_memory,
  own_foreign_frame,
  own_bad_line,
  own_cdns,  // one a reason why an item gives no message
  // Those of dnstap stand last: the first of them is DecodeError::none's, a frame without a
  // message.
  own_dnstap = own_cdns + capture::cdns::rebuilt_count - cdns_first
};
constexpr PacketClasses::ClassId own(Own which) {
  return static_cast<PacketClasses::ClassId>(own_from + which);
}
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
    case Verdict::malformed_tcp:
    case Verdict::nested_too_deep:
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
  table.push_back({Outcome::filtered, "tcp_segment"});  // TCP is not wanted
  table.push_back({Outcome::not_dns, "mdns"});
  table.push_back({Outcome::not_dns, "llmnr"});
  table.push_back({Outcome::parsed, "icmp_quote"});
  table.push_back({Outcome::parsed, "tcp_part"});
  table.push_back({Outcome::parsed, "tcp_control"});
  table.push_back({Outcome::parsed, "tcp_retransmission"});
  table.push_back({Outcome::malformed, "tcp_junk"});
  table.push_back({Outcome::filtered, "tcp_no_memory"});
  table.push_back({Outcome::filtered, "fragment_duplicate"});
  table.push_back({Outcome::malformed, "fragment_overlap"});
  table.push_back({Outcome::malformed, "fragment_impossible"});
  table.push_back({Outcome::filtered, "fragment_no_memory"});
  table.push_back({Outcome::malformed, "dnstap_content_type"});
  table.push_back({Outcome::malformed, "json_line"});
  for (std::size_t i = cdns_first; i < capture::cdns::rebuilt_count; ++i)
    table.push_back(
        {Outcome::malformed, fmt::format("cdns_{}", to_string(static_cast<Rebuilt>(i)))});
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

PacketClasses::ClassId PacketClasses::other_port() { return own(own_other_port); }
PacketClasses::ClassId PacketClasses::icmp_quote() { return own(own_icmp_quote); }
PacketClasses::ClassId PacketClasses::mdns() { return own(own_mdns); }
PacketClasses::ClassId PacketClasses::llmnr() { return own(own_llmnr); }

PacketClasses::ClassId PacketClasses::of(Taken taken) {
  switch (taken) {
    case Taken::message:
      return of(ParseError::none);
    case Taken::part:
      return own(own_tcp_part);
    case Taken::control:
      return own(own_tcp_control);
    case Taken::retransmission:
      return own(own_tcp_retransmission);
    case Taken::junk:
      return own(own_tcp_junk);
    case Taken::cut:
      return of(Verdict::truncated, true);
    case Taken::no_memory:
      return own(own_tcp_no_memory);
  }
  return own(own_tcp_junk);
}

PacketClasses::ClassId PacketClasses::of(Added added) {
  switch (added) {
    case Added::complete:
    case Added::kept:
      return of(Verdict::fragment, false);
    case Added::duplicate:
      return own(own_fragment_duplicate);
    case Added::overlap:
      return own(own_fragment_overlap);
    case Added::impossible:
      return own(own_fragment_impossible);
    case Added::cut:
      return of(Verdict::truncated, false);
    case Added::no_memory:
      return own(own_fragment_no_memory);
  }
  return own(own_fragment_impossible);
}

PacketClasses::ClassId PacketClasses::of(DecodeError error) {
  return static_cast<ClassId>(dnstap_from + static_cast<std::size_t>(error));
}
PacketClasses::ClassId PacketClasses::empty_frame() { return of(DecodeError::none); }
PacketClasses::ClassId PacketClasses::foreign_frame() {
  return static_cast<ClassId>(own_from + own_foreign_frame);
}
PacketClasses::ClassId PacketClasses::bad_line() { return own(own_bad_line); }

PacketClasses::ClassId PacketClasses::of(Rebuilt what) {
  DNSTORM_ASSERT(!has_message(what), "an item that gives a message is classed by it");
  return static_cast<ClassId>(own_from + own_cdns + static_cast<std::size_t>(what) - cdns_first);
}

PacketClasses::ClassId PacketClasses::of(Verdict verdict, bool watched) {
  if (verdict == Verdict::tcp && watched) return own(own_tcp);
  return static_cast<ClassId>(verdicts_from + static_cast<std::size_t>(verdict));
}

void PacketClasses::open(const TaskContext& task) {
  DNSTORM_ASSERT(table().size() == dnstap_from + capture::dnstap::decode_error_count,
                 "the table of packet classes has gaps", table().size());
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
    if (id != of(ParseError::none)) reason_counters_[id]->add(cell.packets);
    cell = {};
  }
}

}  // namespace dnstorm::operators
