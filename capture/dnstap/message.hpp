// One dnstap payload (dnstap.proto of https://dnstap.info): who asked whom when, and the DNS
// messages as they were on the wire. Decoded straight from the protobuf bytes into views: a hot
// path.
//
// A Dnstap points into the bytes that decode() was given. A view whose data() is null is a field
// that was not there. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::dnstap {

// The numbers are those of the schema; 0 stands for a field that is missing or has a number that
// the schema does not know (a missing type of a message is an error).
enum class MessageType : std::uint8_t {
  auth_query = 1,
  auth_response,
  resolver_query,
  resolver_response,
  client_query,
  client_response,
  forwarder_query,
  forwarder_response,
  stub_query,
  stub_response,
  tool_query,
  tool_response,
  update_query,
  update_response,
};
inline constexpr std::uint8_t message_types = 14;
inline bool is_response(MessageType type) { return (static_cast<unsigned>(type) & 1) == 0; }

// The pair of types at one end of an arrow: messages of different kinds never belong together.
enum class MessageKind : std::uint8_t { auth = 1, resolver, client, forwarder, stub, tool, update };
inline MessageKind kind_of(MessageType type) {
  return static_cast<MessageKind>((static_cast<unsigned>(type) + 1) / 2);
}

enum class SocketFamily : std::uint8_t { none, inet, inet6 };
enum class SocketProtocol : std::uint8_t {
  none,
  udp,
  tcp,
  dot,
  doh,
  dnscrypt_udp,
  dnscrypt_tcp,
  doq
};
inline constexpr std::uint8_t socket_protocols = 7;
enum class HttpProtocol : std::uint8_t { none, http1, http2, http3 };

struct Policy {
  enum class Action : std::uint8_t { none, nxdomain, nodata, pass, drop, truncate, local_data };
  enum class Match : std::uint8_t { none, qname, client_ip, response_ip, ns_name, ns_ip };

  std::string_view type;               // "RPZ"
  std::span<const std::uint8_t> rule;  // of RPZ: a domain name in wire format
  std::span<const std::uint8_t> value;
  Action action{};
  Match match{};
};

struct Dnstap {
  MessageType type{};
  SocketFamily family{};
  SocketProtocol protocol{};
  HttpProtocol http_protocol{};
  bool has_query_time = false;
  bool has_response_time = false;
  bool has_query_port = false;
  bool has_response_port = false;
  bool has_policy = false;
  std::uint16_t query_port = 0;
  std::uint16_t response_port = 0;
  TimeNs query_time = 0;
  TimeNs response_time = 0;
  std::span<const std::uint8_t> query_address;  // who asked: 4 or 16 bytes
  std::span<const std::uint8_t> response_address;
  std::span<const std::uint8_t> query_message;
  std::span<const std::uint8_t> response_message;
  std::span<const std::uint8_t> query_zone;  // a domain name in wire format
  std::span<const std::uint8_t> identity;
  std::span<const std::uint8_t> version;
  std::span<const std::uint8_t> extra;
  Policy policy;

  // Of the event: a response's time for a response, or what there is; 0 if there is none.
  TimeNs time() const {
    if (is_response(type) ? has_response_time : !has_query_time) return response_time;
    return query_time;
  }
};

enum class DecodeError : std::uint8_t {
  none,
  truncated,        // a field ends behind the frame
  bad_varint,       // longer than ten bytes
  bad_field,        // field number 0 or a wire type that does not exist
  bad_group,        // unknown groups that do not close, or are nested too deep
  missing_type,     // the type of the payload or of the message is not there
  unknown_type,     // a number that the schema does not know
  missing_message,  // a payload of type MESSAGE without one
  // Of documents of text (text_document.hpp); a frame tells them by a field of number 0.
  text_too_long,  // longer than a document may be
  text_syntax,    // a line that is no "key: value"
  text_value,     // an address, a port or a time that is none
  text_message,   // the message's text is no DNS message
};
inline constexpr std::size_t decode_error_count = 12;
std::string_view to_string(DecodeError error);

// Reads a whole payload; unknown fields are skipped. On an error `out` holds what was read before.
DecodeError decode(std::span<const std::uint8_t> payload, Dnstap& out);

// What whoever passes frames on has to know of one.
struct FrameHead {
  std::optional<TimeNs> time;  // Dnstap::time(); nothing: the frame says none or cannot be read
  // The same for a query and its response (packet::hosts_hash()): of both ends, or of the server
  // alone where a resolver asks, for it does not always write down its own end. 0: cannot be read.
  std::uint64_t hosts = 0;
};
FrameHead look(std::span<const std::uint8_t> payload);

// Appends the payload. decode() gives the same values back.
void encode(const Dnstap& message, std::vector<std::uint8_t>& out);
// Appends what decode() answers with this error: a document of text that is no frame.
void encode(DecodeError text_error, std::vector<std::uint8_t>& out);

// Nothing where the bytes are no address (4 or 16 of them).
std::optional<IpAddress> to_ip(std::span<const std::uint8_t> address);

// Names as the schema has them: "CLIENT_QUERY", "CQ", "UDP", "HTTP2", "NXDOMAIN", "QNAME"; empty
// for 0 and for numbers it does not know.
std::string_view type_text(MessageType type);
std::string_view type_short(MessageType type);
std::string_view text(SocketFamily family);
std::string_view text(SocketProtocol protocol);
std::string_view text(HttpProtocol protocol);
std::string_view text(Policy::Action action);
std::string_view text(Policy::Match match);
// Back from either form of a type; from the other names. Nothing for anything else.
std::optional<MessageType> parse_message_type(std::string_view text);
std::optional<SocketFamily> parse_socket_family(std::string_view text);
std::optional<SocketProtocol> parse_socket_protocol(std::string_view text);
std::optional<HttpProtocol> parse_http_protocol(std::string_view text);
std::optional<Policy::Action> parse_policy_action(std::string_view text);
std::optional<Policy::Match> parse_policy_match(std::string_view text);

}  // namespace dnstorm::capture::dnstap
