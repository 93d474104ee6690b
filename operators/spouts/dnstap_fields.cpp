#include "operators/spouts/dnstap_fields.hpp"

#include <algorithm>
#include <string>

#include "capture/dns/name.hpp"

namespace dnstorm::operators {

namespace dnstap = capture::dnstap;

namespace {

Field plain(std::string name, Type type, std::string help, std::string labels = "") {
  return {std::move(name), type, Role::plain, std::move(labels), false, std::move(help)};
}
Field open_set(std::string name, std::string help) {
  return {std::move(name), Type::str, Role::plain, "", true, std::move(help)};
}

bool printable(std::uint8_t c) { return c >= 0x20 && c < 0x7f && c != '\\'; }

// Any bytes as text: what is not printable ASCII as \DDD, as DNS writes it (RFC 1035 5.1).
void set_text(RowWriter& row, FieldRef<Str> field, std::span<const std::uint8_t> bytes) {
  if (!field.present() || bytes.empty()) return;
  if (std::all_of(bytes.begin(), bytes.end(), printable)) {
    row.set_str(field, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return;
  }
  std::string text;
  for (std::uint8_t c : bytes) {
    if (printable(c)) {
      text += static_cast<char>(c);
      continue;
    }
    text += '\\';
    for (int digit : {c / 100, c / 10 % 10, c % 10}) text += static_cast<char>('0' + digit);
  }
  row.set_str(field, text);
}

// A name in wire format; what is none, as bytes.
void set_name(RowWriter& row, FieldRef<Str> field, std::span<const std::uint8_t> wire) {
  if (!field.present() || wire.empty()) return;
  std::string text = capture::dns::name_text(wire, 0);
  if (text.empty())
    set_text(row, field, wire);
  else
    row.set_str(field, text);
}

}  // namespace

std::vector<Field> dnstap_message_fields() {
  return {
      plain("dnstap_type", Type::u8, "dnstap: kind of message; 0: a packet", "dnstap_type"),
      open_set("identity", "dnstap: which server says so"),
      open_set("server_version", "dnstap: what it runs"),
      open_set("extra", "dnstap: what it adds"),
      open_set("query_zone", "dnstap: zone that a resolver asks in"),
      plain("query_port", Type::u16, "dnstap: port of who asks, as the server wrote it"),
      plain("query_time", Type::time, "dnstap: when the query was seen"),
      plain("response_time", Type::time, "dnstap: when the response was seen"),
      plain("http_protocol", Type::u8, "dnstap: of DoH", "http_protocol"),
      open_set("policy_type", "dnstap: policy that was applied, such as RPZ"),
      open_set("policy_rule", "dnstap: rule of it"),
      plain("policy_action", Type::u8, "dnstap: what it did", "policy_action"),
      plain("policy_match", Type::u8, "dnstap: what it looked at", "policy_match"),
      open_set("policy_value", "dnstap: what it saw there"),
  };
}

std::vector<Field> dnstap_frame_fields() {
  return {
      {"time", Type::time, Role::time, "", false, "when the message was seen"},
      plain("dnstap_type", Type::u8, "kind of message", "dnstap_type"),
      plain("family", Type::u8, "INET or INET6", "socket_family"),
      plain("protocol", Type::u8, "how it was carried", "socket_protocol"),
      plain("http_protocol", Type::u8, "of DoH", "http_protocol"),
      open_set("identity", "which server says so"),
      open_set("server_version", "what it runs"),
      open_set("extra", "what it adds"),
      plain("size", Type::u32, "length of the frame in bytes"),
  };
}

DnstapRowWriter::DnstapRowWriter(const Schema& s)
    : type_(s.ref<std::uint8_t>("dnstap_type")),
      http_protocol_(s.ref<std::uint8_t>("http_protocol")),
      policy_action_(s.ref<std::uint8_t>("policy_action")),
      policy_match_(s.ref<std::uint8_t>("policy_match")),
      query_port_(s.ref<std::uint16_t>("query_port")),
      query_time_(s.ref<TimeNs>("query_time")),
      response_time_(s.ref<TimeNs>("response_time")),
      identity_(s.ref<Str>("identity")),
      version_(s.ref<Str>("server_version")),
      extra_(s.ref<Str>("extra")),
      query_zone_(s.ref<Str>("query_zone")),
      policy_type_(s.ref<Str>("policy_type")),
      policy_rule_(s.ref<Str>("policy_rule")),
      policy_value_(s.ref<Str>("policy_value")) {
  for (const Field& field : dnstap_message_fields()) any_ = any_ || s.find(field.name).has_value();
}

void DnstapRowWriter::write(const dnstap::Dnstap& frame, RowWriter& row) const {
  row.set(type_, static_cast<std::uint8_t>(frame.type));
  row.set(http_protocol_, static_cast<std::uint8_t>(frame.http_protocol));
  row.set(query_port_, frame.query_port);
  row.set(query_time_, frame.query_time);
  row.set(response_time_, frame.response_time);
  set_text(row, identity_, frame.identity);
  set_text(row, version_, frame.version);
  set_text(row, extra_, frame.extra);
  set_name(row, query_zone_, frame.query_zone);
  if (frame.has_policy) write_policy(frame.policy, row);
}

void DnstapRowWriter::write_policy(const dnstap::Policy& policy, RowWriter& row) const {
  row.set(policy_action_, static_cast<std::uint8_t>(policy.action));
  row.set(policy_match_, static_cast<std::uint8_t>(policy.match));
  set_text(row, policy_type_,
           {reinterpret_cast<const std::uint8_t*>(policy.type.data()), policy.type.size()});
  if (policy.type == "RPZ")
    set_name(row, policy_rule_, policy.rule);
  else
    set_text(row, policy_rule_, policy.rule);
  set_text(row, policy_value_, policy.value);
}

DnstapFrameWriter::DnstapFrameWriter(const Schema& s)
    : time_(s.ref<TimeNs>("time")),
      type_(s.ref<std::uint8_t>("dnstap_type")),
      family_(s.ref<std::uint8_t>("family")),
      protocol_(s.ref<std::uint8_t>("protocol")),
      http_protocol_(s.ref<std::uint8_t>("http_protocol")),
      identity_(s.ref<Str>("identity")),
      version_(s.ref<Str>("server_version")),
      extra_(s.ref<Str>("extra")),
      size_(s.ref<std::uint32_t>("size")) {}

void DnstapFrameWriter::write(const dnstap::Dnstap& frame, TimeNs time, std::size_t size,
                              RowWriter row) const {
  row.set(time_, time);
  row.set(type_, static_cast<std::uint8_t>(frame.type));
  row.set(family_, static_cast<std::uint8_t>(frame.family));
  row.set(protocol_, static_cast<std::uint8_t>(frame.protocol));
  row.set(http_protocol_, static_cast<std::uint8_t>(frame.http_protocol));
  row.set(size_, static_cast<std::uint32_t>(size));
  set_text(row, identity_, frame.identity);
  set_text(row, version_, frame.version);
  set_text(row, extra_, frame.extra);
}

std::uint8_t transport_of(dnstap::SocketProtocol protocol) {
  constexpr std::uint8_t tcp = 6, udp = 17, encrypted = 200;
  switch (protocol) {
    case dnstap::SocketProtocol::none:
      return 0;
    case dnstap::SocketProtocol::udp:
      return udp;
    case dnstap::SocketProtocol::tcp:
      return tcp;
    default:
      return static_cast<std::uint8_t>(encrypted + static_cast<unsigned>(protocol));
  }
}

}  // namespace dnstorm::operators
