// The names of the numbers of dnstap.proto.
#include <array>

#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::dnstap {
namespace {

// Index: the number of the schema; 0 has no name.
constexpr std::array<std::string_view, 15> type_names = {
    "",
    "AUTH_QUERY",
    "AUTH_RESPONSE",
    "RESOLVER_QUERY",
    "RESOLVER_RESPONSE",
    "CLIENT_QUERY",
    "CLIENT_RESPONSE",
    "FORWARDER_QUERY",
    "FORWARDER_RESPONSE",
    "STUB_QUERY",
    "STUB_RESPONSE",
    "TOOL_QUERY",
    "TOOL_RESPONSE",
    "UPDATE_QUERY",
    "UPDATE_RESPONSE",
};
constexpr std::array<std::string_view, 15> type_shorts = {
    "", "AQ", "AR", "RQ", "RR", "CQ", "CR", "FQ", "FR", "SQ", "SR", "TQ", "TR", "UQ", "UR"};
constexpr std::array<std::string_view, 3> families = {"", "INET", "INET6"};
constexpr std::array<std::string_view, 8> protocols = {"",    "UDP",         "TCP",         "DOT",
                                                       "DOH", "DNSCryptUDP", "DNSCryptTCP", "DOQ"};
constexpr std::array<std::string_view, 4> http_protocols = {"", "HTTP1", "HTTP2", "HTTP3"};
constexpr std::array<std::string_view, 7> actions = {"",     "NXDOMAIN", "NODATA",    "PASS",
                                                     "DROP", "TRUNCATE", "LOCAL_DATA"};
constexpr std::array<std::string_view, 6> matches = {"",        "QNAME", "CLIENT_IP", "RESPONSE_IP",
                                                     "NS_NAME", "NS_IP"};

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  auto number = static_cast<std::size_t>(value);
  return number < N ? names[number] : std::string_view{};
}
template <class Enum, std::size_t N>
std::optional<Enum> value_of(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 1; i < N; ++i)
    if (names[i] == text) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

std::string_view to_string(DecodeError error) {
  switch (error) {
    case DecodeError::none:
      return "none";
    case DecodeError::truncated:
      return "dnstap_truncated";
    case DecodeError::bad_varint:
      return "dnstap_bad_varint";
    case DecodeError::bad_field:
      return "dnstap_bad_field";
    case DecodeError::bad_group:
      return "dnstap_bad_group";
    case DecodeError::missing_type:
      return "dnstap_missing_type";
    case DecodeError::unknown_type:
      return "dnstap_unknown_type";
    case DecodeError::missing_message:
      return "dnstap_missing_message";
    case DecodeError::text_too_long:
      return "dnstap_text_too_long";
    case DecodeError::text_syntax:
      return "dnstap_text_syntax";
    case DecodeError::text_value:
      return "dnstap_text_value";
    case DecodeError::text_message:
      return "dnstap_text_message";
  }
  return "?";
}

std::string_view type_text(MessageType type) { return name_of(type_names, type); }
std::string_view type_short(MessageType type) { return name_of(type_shorts, type); }
std::string_view text(SocketFamily family) { return name_of(families, family); }
std::string_view text(SocketProtocol protocol) { return name_of(protocols, protocol); }
std::string_view text(HttpProtocol protocol) { return name_of(http_protocols, protocol); }
std::string_view text(Policy::Action action) { return name_of(actions, action); }
std::string_view text(Policy::Match match) { return name_of(matches, match); }

std::optional<MessageType> parse_message_type(std::string_view text) {
  auto type = value_of<MessageType>(type_names, text);
  return type ? type : value_of<MessageType>(type_shorts, text);
}
std::optional<SocketFamily> parse_socket_family(std::string_view text) {
  return value_of<SocketFamily>(families, text);
}
std::optional<SocketProtocol> parse_socket_protocol(std::string_view text) {
  return value_of<SocketProtocol>(protocols, text);
}
std::optional<HttpProtocol> parse_http_protocol(std::string_view text) {
  return value_of<HttpProtocol>(http_protocols, text);
}
std::optional<Policy::Action> parse_policy_action(std::string_view text) {
  return value_of<Policy::Action>(actions, text);
}
std::optional<Policy::Match> parse_policy_match(std::string_view text) {
  return value_of<Policy::Match>(matches, text);
}

}  // namespace dnstorm::capture::dnstap
