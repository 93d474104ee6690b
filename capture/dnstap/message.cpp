#include "capture/dnstap/message.hpp"

#include <algorithm>
#include <array>

#include "capture/dnstap/detail/protobuf.hpp"
#include "capture/packet/decode.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {

using namespace detail;

namespace {

using Bytes = std::span<const std::uint8_t>;

// Seconds beyond this do not fit TimeNs (the year 2262); such a time is taken as the last one.
constexpr std::uint64_t seconds_max = static_cast<std::uint64_t>(time_max / ns_per_s) - 1;

// Field numbers of dnstap.proto.
namespace top {
constexpr std::uint32_t identity = 1, version = 2, extra = 3, message = 14, type = 15;
}
namespace msg {
constexpr std::uint32_t type = 1, family = 2, protocol = 3, query_address = 4, response_address = 5,
                        query_port = 6, response_port = 7, query_sec = 8, query_nsec = 9,
                        query_message = 10, query_zone = 11, response_sec = 12, response_nsec = 13,
                        response_message = 14, policy = 15, http_protocol = 16;
}
namespace pol {
constexpr std::uint32_t type = 1, rule = 2, action = 3, match = 4, value = 5;
}
// A field of number 0: no protobuf has one. The error stands behind it.
constexpr std::array<std::uint8_t, 5> text_error_mark = {0, 't', 'e', 'x', 't'};
constexpr std::uint64_t payload_message = 1;  // Dnstap.Type.MESSAGE

template <class Enum>
Enum enum_of(std::uint64_t number, std::uint8_t last) {
  return number <= last ? static_cast<Enum>(number) : Enum{};
}

TimeNs time_of(std::uint64_t seconds, std::uint32_t nanoseconds) {
  return static_cast<TimeNs>(std::min(seconds, seconds_max)) * ns_per_s +
         std::min<TimeNs>(nanoseconds, ns_per_s - 1);
}

DecodeError decode_policy(Bytes bytes, Policy& out) {
  ProtobufReader in(bytes);
  while (!in.at_end()) {
    std::uint32_t field = 0;
    if (!in.take_tag(field)) return in.error();
    bool ok = true;
    std::uint64_t number = 0;
    Bytes text;
    switch (field) {
      case tag(pol::type, Wire::bytes):
        ok = in.take_bytes(text);
        out.type = {reinterpret_cast<const char*>(text.data()), text.size()};
        break;
      case tag(pol::rule, Wire::bytes):
        ok = in.take_bytes(out.rule);
        break;
      case tag(pol::action, varint):
        ok = in.take_varint(number);
        out.action = enum_of<Policy::Action>(number, 6);
        break;
      case tag(pol::match, varint):
        ok = in.take_varint(number);
        out.match = enum_of<Policy::Match>(number, 5);
        break;
      case tag(pol::value, Wire::bytes):
        ok = in.take_bytes(out.value);
        break;
      default:
        ok = in.skip(field);
    }
    if (!ok) return in.error();
  }
  return DecodeError::none;
}

struct Times {
  std::uint64_t query_sec = 0, response_sec = 0;
  std::uint32_t query_nsec = 0, response_nsec = 0;
};

void set_times(const Times& times, Dnstap& out) {
  if (out.has_query_time) out.query_time = time_of(times.query_sec, times.query_nsec);
  if (out.has_response_time) out.response_time = time_of(times.response_sec, times.response_nsec);
}

// The fields that most messages do not have.
DecodeError decode_rest(ProtobufReader& in, std::uint32_t field, Dnstap& out) {
  std::uint64_t number = 0;
  if (field == tag(msg::http_protocol, varint)) {
    if (!in.take_varint(number)) return in.error();
    out.http_protocol = enum_of<HttpProtocol>(number, 3);
    return DecodeError::none;
  }
  if (field == tag(msg::query_zone, Wire::bytes))
    return in.take_bytes(out.query_zone) ? DecodeError::none : in.error();
  if (field == tag(msg::policy, Wire::bytes)) {
    Bytes policy;
    if (!in.take_bytes(policy)) return in.error();
    out.has_policy = true;
    return decode_policy(policy, out.policy);
  }
  return in.skip(field) ? DecodeError::none : in.error();
}

DecodeError decode_message(Bytes bytes, Dnstap& out) {
  ProtobufReader in(bytes);
  Times times;
  std::uint64_t type = 0;
  while (!in.at_end()) {
    std::uint32_t field = 0;
    if (!in.take_tag(field)) return in.error();
    bool ok = true;
    std::uint64_t number = 0;
    switch (field) {
      case tag(msg::type, varint):
        ok = in.take_varint(type);
        break;
      case tag(msg::family, varint):
        ok = in.take_varint(number);
        out.family = enum_of<SocketFamily>(number, 2);
        break;
      case tag(msg::protocol, varint):
        ok = in.take_varint(number);
        out.protocol = enum_of<SocketProtocol>(number, socket_protocols);
        break;
      case tag(msg::query_address, Wire::bytes):
        ok = in.take_bytes(out.query_address);
        break;
      case tag(msg::response_address, Wire::bytes):
        ok = in.take_bytes(out.response_address);
        break;
      case tag(msg::query_port, varint):
        ok = in.take_varint(number);
        out.query_port = static_cast<std::uint16_t>(number);
        out.has_query_port = true;
        break;
      case tag(msg::response_port, varint):
        ok = in.take_varint(number);
        out.response_port = static_cast<std::uint16_t>(number);
        out.has_response_port = true;
        break;
      case tag(msg::query_sec, varint):
        ok = in.take_varint(times.query_sec);
        out.has_query_time = true;
        break;
      case tag(msg::query_nsec, fixed32):
        ok = in.take_fixed32(times.query_nsec);
        break;
      case tag(msg::query_message, Wire::bytes):
        ok = in.take_bytes(out.query_message);
        break;
      case tag(msg::response_sec, varint):
        ok = in.take_varint(times.response_sec);
        out.has_response_time = true;
        break;
      case tag(msg::response_nsec, fixed32):
        ok = in.take_fixed32(times.response_nsec);
        break;
      case tag(msg::response_message, Wire::bytes):
        ok = in.take_bytes(out.response_message);
        break;
      default:
        if (DecodeError error = decode_rest(in, field, out); error != DecodeError::none)
          return error;
    }
    if (!ok) return in.error();
  }
  if (type == 0 || type > message_types)
    return type == 0 ? DecodeError::missing_type : DecodeError::unknown_type;
  out.type = static_cast<MessageType>(type);
  set_times(times, out);
  return DecodeError::none;
}

void encode_policy(const Policy& policy, std::vector<std::uint8_t>& out) {
  if (policy.type.data() != nullptr)
    put_bytes(out, pol::type,
              {reinterpret_cast<const std::uint8_t*>(policy.type.data()), policy.type.size()});
  if (policy.rule.data() != nullptr) put_bytes(out, pol::rule, policy.rule);
  if (policy.action != Policy::Action::none)
    put_number(out, pol::action, static_cast<std::uint64_t>(policy.action));
  if (policy.match != Policy::Match::none)
    put_number(out, pol::match, static_cast<std::uint64_t>(policy.match));
  if (policy.value.data() != nullptr) put_bytes(out, pol::value, policy.value);
}

void encode_time(std::vector<std::uint8_t>& out, std::uint32_t seconds_field, TimeNs time) {
  // Times before 1970 do not exist in dnstap.
  time = std::max<TimeNs>(time, 0);
  put_number(out, seconds_field, static_cast<std::uint64_t>(time / ns_per_s));
  put_fixed32(out, seconds_field + 1, static_cast<std::uint32_t>(time % ns_per_s));
}

void encode_message(const Dnstap& m, std::vector<std::uint8_t>& out) {
  auto put_view = [&](std::uint32_t field, Bytes bytes) {
    if (bytes.data() != nullptr) put_bytes(out, field, bytes);
  };
  auto put_enum = [&](std::uint32_t field, auto value) {
    if (static_cast<int>(value) != 0) put_number(out, field, static_cast<std::uint64_t>(value));
  };
  put_enum(msg::type, m.type);
  put_enum(msg::family, m.family);
  put_enum(msg::protocol, m.protocol);
  put_view(msg::query_address, m.query_address);
  put_view(msg::response_address, m.response_address);
  if (m.has_query_port) put_number(out, msg::query_port, m.query_port);
  if (m.has_response_port) put_number(out, msg::response_port, m.response_port);
  if (m.has_query_time) encode_time(out, msg::query_sec, m.query_time);
  put_view(msg::query_message, m.query_message);
  put_view(msg::query_zone, m.query_zone);
  if (m.has_response_time) encode_time(out, msg::response_sec, m.response_time);
  put_view(msg::response_message, m.response_message);
  if (m.has_policy) {
    std::vector<std::uint8_t> policy;
    encode_policy(m.policy, policy);
    put_bytes(out, msg::policy, policy);
  }
  put_enum(msg::http_protocol, m.http_protocol);
}

DecodeError text_error_of(Bytes payload) {
  constexpr std::size_t size = text_error_mark.size();
  if (payload.size() != size + 1 || payload[size] >= decode_error_count ||
      !std::equal(text_error_mark.begin(), text_error_mark.end(), payload.begin()))
    return DecodeError::none;
  return static_cast<DecodeError>(payload[size]);
}

// Bytes of a varint.
std::size_t varint_size(std::size_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

}  // namespace

DecodeError decode(Bytes payload, Dnstap& out) {
  out = {};
  if (DecodeError error = text_error_of(payload); error != DecodeError::none) [[unlikely]]
    return error;
  ProtobufReader in(payload);
  std::uint64_t type = 0;
  Bytes message;
  while (!in.at_end()) {
    std::uint32_t field = 0;
    if (!in.take_tag(field)) return in.error();
    bool ok = true;
    switch (field) {
      case tag(top::identity, Wire::bytes):
        ok = in.take_bytes(out.identity);
        break;
      case tag(top::version, Wire::bytes):
        ok = in.take_bytes(out.version);
        break;
      case tag(top::extra, Wire::bytes):
        ok = in.take_bytes(out.extra);
        break;
      case tag(top::message, Wire::bytes):
        ok = in.take_bytes(message);
        break;
      case tag(top::type, varint):
        ok = in.take_varint(type);
        break;
      default:
        ok = in.skip(field);
    }
    if (!ok) return in.error();
  }
  if (type == 0) return DecodeError::missing_type;
  if (type != payload_message) return DecodeError::unknown_type;
  if (message.data() == nullptr) return DecodeError::missing_message;
  return decode_message(message, out);
}

FrameHead look(Bytes payload) {
  FrameHead head;
  Dnstap frame;
  if (decode(payload, frame) != DecodeError::none) return head;
  if (frame.has_query_time || frame.has_response_time) head.time = frame.time();
  MessageKind kind = kind_of(frame.type);
  bool server_alone = kind == MessageKind::resolver || kind == MessageKind::forwarder;
  IpAddress server = to_ip(frame.response_address).value_or(IpAddress());
  IpAddress client = server_alone ? server : to_ip(frame.query_address).value_or(IpAddress());
  head.hosts = packet::hosts_hash(client, server);
  return head;
}

void encode(const Dnstap& m, std::vector<std::uint8_t>& out) {
  if (m.identity.data() != nullptr) put_bytes(out, top::identity, m.identity);
  if (m.version.data() != nullptr) put_bytes(out, top::version, m.version);
  if (m.extra.data() != nullptr) put_bytes(out, top::extra, m.extra);
  put_varint(out, tag(top::message, Wire::bytes));
  // The length stands before the message and is known behind it: moving what is there once is
  // cheaper than a second buffer.
  std::size_t begin = out.size();
  encode_message(m, out);
  std::size_t length = out.size() - begin;
  std::size_t head = varint_size(length);
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(begin), head, 0);
  for (std::size_t i = 0, rest = length; i < head; ++i, rest >>= 7)
    out[begin + i] = static_cast<std::uint8_t>((rest & 0x7f) | (i + 1 < head ? 0x80 : 0));
  put_number(out, top::type, payload_message);
}

void encode(DecodeError text_error, std::vector<std::uint8_t>& out) {
  DNSTORM_ASSERT(text_error != DecodeError::none, "an error to tell");
  out.insert(out.end(), text_error_mark.begin(), text_error_mark.end());
  out.push_back(static_cast<std::uint8_t>(text_error));
}

std::optional<IpAddress> to_ip(Bytes address) {
  if (address.size() == 4) return IpAddress::v4(address.data());
  if (address.size() == 16) return IpAddress::v6(address.data());
  return std::nullopt;
}

}  // namespace dnstorm::capture::dnstap
