#include "operators/spouts/decode_schema.hpp"

#include <functional>
#include <set>
#include <string>

#include "operators/spouts/dnstap_fields.hpp"

namespace dnstorm::operators {

namespace {

Field plain(std::string name, Type type, std::string help, std::string labels = "") {
  return {std::move(name), type, Role::plain, std::move(labels), false, std::move(help)};
}
// A field whose values come from an open set: never a tag.
Field open_set(std::string name, Type type, std::string help) {
  return {std::move(name), type, Role::plain, "", true, std::move(help)};
}
Field event_time() {
  return {"time", Type::time, Role::time, "", false, "when the packet was captured"};
}
Field client() {
  return open_set("client", Type::ip, "who asks: source of a query, destination of a response");
}
Field server() { return open_set("server", Type::ip, "who answers"); }
Field qr() { return plain("qr", Type::boolean, "true: a response", "qr"); }

}  // namespace

std::vector<Field> message_fields() {
  std::vector<Field> fields = {
      event_time(),
      open_set("src", Type::ip, "source address of the packet"),
      open_set("dst", Type::ip, "destination address of the packet"),
      client(),
      server(),
      plain("client_port", Type::u16, "port of the client"),
      plain("server_port", Type::u16, "port of the server"),
      plain("ip_version", Type::u8, "4 or 6"),
      plain("transport", Type::u8, "IP protocol number", "transport"),
      plain("ttl", Type::u8, "TTL or hop limit"),
      plain("size", Type::u32, "length of the DNS message in bytes"),
      plain("id", Type::u16, "message id"),
      qr(),
      plain("opcode", Type::u8, "kind of query", "opcode"),
      plain("aa", Type::boolean, "authoritative answer"),
      plain("tc", Type::boolean, "truncated"),
      plain("rd", Type::boolean, "recursion desired"),
      plain("ra", Type::boolean, "recursion available"),
      plain("ad", Type::boolean, "authentic data"),
      plain("cd", Type::boolean, "checking disabled"),
      plain("rcode", Type::u8, "response code, the four bits of the header", "rcode"),
      plain("full_rcode", Type::u16, "response code with its EDNS extension", "rcode"),
      plain("questions", Type::u16, "QDCOUNT"),
      plain("answers", Type::u16, "ANCOUNT"),
      plain("authorities", Type::u16, "NSCOUNT"),
      plain("additionals", Type::u16, "ARCOUNT"),
      open_set("qname", Type::str, "name of the first question, lower case, no final dot"),
      plain("qtype", Type::u16, "type of the first question", "qtype"),
      plain("qclass", Type::u16, "class of the first question", "qclass"),
      plain("qname_length", Type::u16, "length of the name on the wire, in bytes"),
      plain("label_count", Type::u8, "labels of the name; the root has 0"),
      open_set("domain", Type::str, "registered domain of the name (Public Suffix List)"),
      open_set("tld", Type::str, "last label of the name"),
      plain("edns", Type::boolean, "has EDNS (RFC 6891)"),
      plain("edns_version", Type::u8, "EDNS version"),
      plain("edns_size", Type::u16, "announced UDP size in bytes"),
      plain("do", Type::boolean, "DNSSEC OK"),
      plain("ecs", Type::boolean, "has a client subnet (RFC 7871)"),
      plain("cookie", Type::boolean, "has a cookie (RFC 7873)"),
      plain("nsid", Type::boolean, "has a name server id (RFC 5001)"),
      open_set("edns_options", Type::bytes, "all EDNS options, as on the wire"),
      open_set("addresses", Type::bytes,
               "addresses of the answers (A, AAAA), the first 64, each behind its TTL: 20 bytes"),
      plain("malformed", Type::boolean, "the header could be read, not all of the rest"),
      {"tcp_rtt_us", Type::u32, Role::plain, "", true,
       "microseconds from SYN to the acknowledgement of the SYN/ACK; 0: not measured"},
      plain("txn", Type::u64, "hash of addresses, ports and id: equal for query and response"),
  };
  for (Field& field : dnstap_message_fields()) fields.push_back(std::move(field));
  return fields;
}

std::vector<Field> question_depth_fields() {
  static const std::set<std::string, std::less<>> behind = {
      "full_rcode", "edns",   "edns_version", "edns_size",    "do",
      "ecs",        "cookie", "nsid",         "edns_options", "addresses"};
  std::vector<Field> fields = message_fields();
  std::erase_if(fields, [](const Field& field) { return behind.contains(field.name); });
  return fields;
}

std::vector<Field> question_fields() {
  return {event_time(),
          client(),
          server(),
          qr(),
          open_set("qname", Type::str, "name of the question, lower case"),
          plain("qtype", Type::u16, "type of the question", "qtype"),
          plain("qclass", Type::u16, "class of the question", "qclass")};
}

std::vector<Field> record_fields() {
  return {event_time(),
          client(),
          server(),
          open_set("qname", Type::str, "name of the message's first question"),
          open_set("owner", Type::str, "name of the record, lower case"),
          plain("section", Type::str, "answer, authority or additional"),
          plain("type", Type::u16, "type of the record", "qtype"),
          plain("class", Type::u16, "class of the record", "qclass"),
          plain("ttl", Type::u32, "time to live in seconds"),
          plain("length", Type::u16, "length of the data in bytes"),
          open_set("text", Type::str, "the data as in a zone file (RFC 3597 if unknown)")};
}

std::vector<Field> option_fields() {
  return {event_time(),
          client(),
          server(),
          qr(),
          plain("code", Type::u16, "code of the EDNS option", "edns_option"),
          plain("length", Type::u16, "length of its data in bytes"),
          open_set("text", Type::str, "the option as text")};
}

std::vector<Field> icmp_fields() {
  return {event_time(),
          plain("type", Type::u8, "type of the ICMP or ICMPv6 error"),
          plain("code", Type::u8, "code of the error"),
          open_set("reporter", Type::ip, "who sent the error"),
          open_set("told", Type::ip, "who got it"),
          open_set("src", Type::ip, "source of the quoted packet"),
          open_set("dst", Type::ip, "destination of the quoted packet"),
          plain("src_port", Type::u16, "its source port"),
          plain("dst_port", Type::u16, "its destination port"),
          plain("ip_version", Type::u8, "4 or 6"),
          plain("id", Type::u16, "message id"),
          qr(),
          open_set("qname", Type::str, "name of the first question, if so much is quoted"),
          plain("qtype", Type::u16, "type of the first question", "qtype")};
}

std::vector<Field> packet_class_fields() {
  return {{"time", Type::time, Role::time, "", false, "the second in which the packets came"},
          plain("outcome", Type::str, "parsed, malformed, not_dns or filtered"),
          plain("reason", Type::str, "why, if not parsed"),
          plain("packets", Type::u64, "how many"),
          plain("bytes", Type::u64, "bytes captured of them")};
}

QuestionRefs::QuestionRefs(const Schema& s)
    : time(s.ref<TimeNs>("time")),
      client(s.ref<IpAddress>("client")),
      server(s.ref<IpAddress>("server")),
      qr(s.ref<bool>("qr")),
      qname(s.ref<Str>("qname")),
      qtype(s.ref<std::uint16_t>("qtype")),
      qclass(s.ref<std::uint16_t>("qclass")) {}

RecordRefs::RecordRefs(const Schema& s)
    : time(s.ref<TimeNs>("time")),
      client(s.ref<IpAddress>("client")),
      server(s.ref<IpAddress>("server")),
      qname(s.ref<Str>("qname")),
      owner(s.ref<Str>("owner")),
      section(s.ref<Str>("section")),
      text(s.ref<Str>("text")),
      type(s.ref<std::uint16_t>("type")),
      record_class(s.ref<std::uint16_t>("class")),
      length(s.ref<std::uint16_t>("length")),
      ttl(s.ref<std::uint32_t>("ttl")) {}

OptionRefs::OptionRefs(const Schema& s)
    : time(s.ref<TimeNs>("time")),
      client(s.ref<IpAddress>("client")),
      server(s.ref<IpAddress>("server")),
      qr(s.ref<bool>("qr")),
      code(s.ref<std::uint16_t>("code")),
      length(s.ref<std::uint16_t>("length")),
      text(s.ref<Str>("text")) {}

IcmpRefs::IcmpRefs(const Schema& s)
    : time(s.ref<TimeNs>("time")),
      reporter(s.ref<IpAddress>("reporter")),
      told(s.ref<IpAddress>("told")),
      src(s.ref<IpAddress>("src")),
      dst(s.ref<IpAddress>("dst")),
      src_port(s.ref<std::uint16_t>("src_port")),
      dst_port(s.ref<std::uint16_t>("dst_port")),
      id(s.ref<std::uint16_t>("id")),
      qtype(s.ref<std::uint16_t>("qtype")),
      type(s.ref<std::uint8_t>("type")),
      code(s.ref<std::uint8_t>("code")),
      ip_version(s.ref<std::uint8_t>("ip_version")),
      qr(s.ref<bool>("qr")),
      qname(s.ref<Str>("qname")) {}

PacketClassRefs::PacketClassRefs(const Schema& s)
    : time(s.ref<TimeNs>("time")),
      outcome(s.ref<Str>("outcome")),
      reason(s.ref<Str>("reason")),
      packets(s.ref<std::uint64_t>("packets")),
      bytes(s.ref<std::uint64_t>("bytes")) {}

}  // namespace dnstorm::operators
