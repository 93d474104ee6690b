#include "operators/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <set>

#include "capture/dns/codes.hpp"

namespace dnstorm::operators {

namespace {

namespace dns = capture::dns;

struct FixedLabel {
  std::string_view table;
  std::uint64_t value;
  std::string_view text;
};

constexpr std::array fixed_labels = {
    FixedLabel{"qr", 0, "query"},
    FixedLabel{"qr", 1, "response"},
    FixedLabel{"transport", 6, "tcp"},
    FixedLabel{"transport", 17, "udp"},
    FixedLabel{"direction", 0, "unknown"},
    FixedLabel{"direction", 1, "in"},
    FixedLabel{"direction", 2, "out"},
    FixedLabel{"direction", 3, "internal"},
    // Numbers of the dnstap schema; of encrypted transports 200 more.
    FixedLabel{"transport", 203, "dot"},
    FixedLabel{"transport", 204, "doh"},
    FixedLabel{"transport", 205, "dnscrypt_udp"},
    FixedLabel{"transport", 206, "dnscrypt_tcp"},
    FixedLabel{"transport", 207, "doq"},
    FixedLabel{"dnstap_type", 1, "AQ"},
    FixedLabel{"dnstap_type", 2, "AR"},
    FixedLabel{"dnstap_type", 3, "RQ"},
    FixedLabel{"dnstap_type", 4, "RR"},
    FixedLabel{"dnstap_type", 5, "CQ"},
    FixedLabel{"dnstap_type", 6, "CR"},
    FixedLabel{"dnstap_type", 7, "FQ"},
    FixedLabel{"dnstap_type", 8, "FR"},
    FixedLabel{"dnstap_type", 9, "SQ"},
    FixedLabel{"dnstap_type", 10, "SR"},
    FixedLabel{"dnstap_type", 11, "TQ"},
    FixedLabel{"dnstap_type", 12, "TR"},
    FixedLabel{"dnstap_type", 13, "UQ"},
    FixedLabel{"dnstap_type", 14, "UR"},
    FixedLabel{"socket_family", 1, "INET"},
    FixedLabel{"socket_family", 2, "INET6"},
    FixedLabel{"socket_protocol", 1, "UDP"},
    FixedLabel{"socket_protocol", 2, "TCP"},
    FixedLabel{"socket_protocol", 3, "DOT"},
    FixedLabel{"socket_protocol", 4, "DOH"},
    FixedLabel{"socket_protocol", 5, "DNSCryptUDP"},
    FixedLabel{"socket_protocol", 6, "DNSCryptTCP"},
    FixedLabel{"socket_protocol", 7, "DOQ"},
    FixedLabel{"http_protocol", 1, "HTTP1"},
    FixedLabel{"http_protocol", 2, "HTTP2"},
    FixedLabel{"http_protocol", 3, "HTTP3"},
    FixedLabel{"policy_action", 1, "NXDOMAIN"},
    FixedLabel{"policy_action", 2, "NODATA"},
    FixedLabel{"policy_action", 3, "PASS"},
    FixedLabel{"policy_action", 4, "DROP"},
    FixedLabel{"policy_action", 5, "TRUNCATE"},
    FixedLabel{"policy_action", 6, "LOCAL_DATA"},
    FixedLabel{"policy_match", 1, "QNAME"},
    FixedLabel{"policy_match", 2, "CLIENT_IP"},
    FixedLabel{"policy_match", 3, "RESPONSE_IP"},
    FixedLabel{"policy_match", 4, "NS_NAME"},
    FixedLabel{"policy_match", 5, "NS_IP"},
    FixedLabel{"match_status", 0, "answered"},
    FixedLabel{"match_status", 1, "unanswered"},
    FixedLabel{"match_status", 2, "unsolicited"},
    FixedLabel{"match_status", 3, "duplicate"},
    FixedLabel{"match_status", 4, "mismatched"},
    FixedLabel{"match_status", 5, "given_up"},
    FixedLabel{"match_difference", 0, "none"},
    FixedLabel{"match_difference", 1, "id"},
    FixedLabel{"match_difference", 2, "client_port"},
    FixedLabel{"match_difference", 3, "server_port"},
    FixedLabel{"match_difference", 4, "question"},
    FixedLabel{"severity", 0, "info"},
    FixedLabel{"severity", 1, "low"},
    FixedLabel{"severity", 2, "medium"},
    FixedLabel{"severity", 3, "high"},
    FixedLabel{"severity", 4, "critical"},
};

// A table of the DNS: how a number becomes text and text a number.
struct CodeTable {
  std::string_view name;
  std::uint64_t max;
  std::string (*text)(std::uint64_t);
  std::optional<std::uint64_t> (*parse)(std::string_view);
};

template <auto function>
std::string text_of(std::uint64_t value) {
  return []<class Number>(std::string (*text)(Number), std::uint64_t number) {
    return text(static_cast<Number>(number));
  }(function, value);
}

template <auto function>
std::optional<std::uint64_t> value_of(std::string_view text) {
  auto value = function(text);
  if (!value) return std::nullopt;
  return std::uint64_t{*value};
}

constexpr std::array code_tables = {
    CodeTable{"qtype", 65535, text_of<dns::type_text>, value_of<dns::parse_type>},
    CodeTable{"qclass", 65535, text_of<dns::class_text>, value_of<dns::parse_class>},
    CodeTable{"opcode", 255, text_of<dns::opcode_text>, value_of<dns::parse_opcode>},
    CodeTable{"rcode", 65535, text_of<dns::rcode_text>, value_of<dns::parse_rcode>},
    CodeTable{"edns_option", 65535, text_of<dns::edns_option_text>,
              value_of<dns::parse_edns_option>},
};

bool same_letters(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> plain_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || rest != end || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint64_t> label_value(std::string_view table, std::string_view text) {
  if (!has_label_table(table)) return std::nullopt;
  if (auto number = plain_number(text)) return number;
  for (const FixedLabel& label : fixed_labels)
    if (label.table == table && same_letters(label.text, text)) return label.value;
  for (const CodeTable& codes : code_tables)
    if (codes.name == table) return codes.parse(text);
  return std::nullopt;
}

std::string label_text(std::string_view table, std::uint64_t value) {
  for (const FixedLabel& label : fixed_labels)
    if (label.table == table && label.value == value) return std::string(label.text);
  for (const CodeTable& codes : code_tables)
    if (codes.name == table && value <= codes.max) return codes.text(value);
  return fmt::format("{}", value);
}

bool has_label_table(std::string_view table) {
  return std::any_of(fixed_labels.begin(), fixed_labels.end(),
                     [&](const FixedLabel& label) { return label.table == table; }) ||
         std::any_of(code_tables.begin(), code_tables.end(),
                     [&](const CodeTable& codes) { return codes.name == table; });
}

std::vector<std::string> label_tables() {
  std::set<std::string> names;
  for (const FixedLabel& label : fixed_labels) names.emplace(label.table);
  for (const CodeTable& codes : code_tables) names.emplace(codes.name);
  return {names.begin(), names.end()};
}

}  // namespace dnstorm::operators
