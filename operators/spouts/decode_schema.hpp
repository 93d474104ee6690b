// The streams of the `decode` bolt: their fields, declared once, and the references to write them.
#pragma once

#include <vector>

#include "engine/api/schema.hpp"

namespace dnstorm::operators {

// The output streams, in the order of the declaration.
enum DecodeStream : std::size_t {
  messages_stream,
  queries_stream,
  responses_stream,
  questions_stream,
  packets_stream,
  icmp_stream,
  frames_stream,
  records_stream,  // these two of whole messages only
  options_stream
};

std::vector<Field> message_fields();
// Without those that are read from the sections behind the questions.
std::vector<Field> question_depth_fields();
std::vector<Field> question_fields();
std::vector<Field> record_fields();
std::vector<Field> option_fields();
std::vector<Field> packet_class_fields();
std::vector<Field> icmp_fields();

struct QuestionRefs {
  QuestionRefs() = default;
  explicit QuestionRefs(const Schema& schema);
  FieldRef<TimeNs> time;
  FieldRef<IpAddress> client, server;
  FieldRef<bool> qr;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype, qclass;
};

struct RecordRefs {
  RecordRefs() = default;
  explicit RecordRefs(const Schema& schema);
  FieldRef<TimeNs> time;
  FieldRef<IpAddress> client, server;
  FieldRef<Str> qname, owner, section, text;
  FieldRef<std::uint16_t> type, record_class, length;
  FieldRef<std::uint32_t> ttl;
};

struct OptionRefs {
  OptionRefs() = default;
  explicit OptionRefs(const Schema& schema);
  FieldRef<TimeNs> time;
  FieldRef<IpAddress> client, server;
  FieldRef<bool> qr;
  FieldRef<std::uint16_t> code, length;
  FieldRef<Str> text;
};

struct IcmpRefs {
  IcmpRefs() = default;
  explicit IcmpRefs(const Schema& schema);
  FieldRef<TimeNs> time;
  FieldRef<IpAddress> reporter, told, src, dst;
  FieldRef<std::uint16_t> src_port, dst_port, id, qtype;
  FieldRef<std::uint8_t> type, code, ip_version;
  FieldRef<bool> qr;
  FieldRef<Str> qname;
};

struct PacketClassRefs {
  PacketClassRefs() = default;
  explicit PacketClassRefs(const Schema& schema);
  FieldRef<TimeNs> time;
  FieldRef<Str> outcome, reason;
  FieldRef<std::uint64_t> packets, bytes;
};

}  // namespace dnstorm::operators
