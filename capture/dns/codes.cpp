#include "capture/dns/codes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace dnstorm::capture::dns {
namespace {

struct Code {
  std::uint16_t number;
  std::string_view name;
};
using Table = std::span<const Code>;

// https://www.iana.org/assignments/dns-parameters, each in the order of the numbers. 255 as a type
// is registered as "*"; everybody, tshark and dig included, says ANY.
constexpr Code types[] = {
    {1, "A"},           {2, "NS"},         {3, "MD"},        {4, "MF"},       {5, "CNAME"},
    {6, "SOA"},         {7, "MB"},         {8, "MG"},        {9, "MR"},       {10, "NULL"},
    {11, "WKS"},        {12, "PTR"},       {13, "HINFO"},    {14, "MINFO"},   {15, "MX"},
    {16, "TXT"},        {17, "RP"},        {18, "AFSDB"},    {19, "X25"},     {20, "ISDN"},
    {21, "RT"},         {22, "NSAP"},      {23, "NSAP-PTR"}, {24, "SIG"},     {25, "KEY"},
    {26, "PX"},         {27, "GPOS"},      {28, "AAAA"},     {29, "LOC"},     {30, "NXT"},
    {31, "EID"},        {32, "NIMLOC"},    {33, "SRV"},      {34, "ATMA"},    {35, "NAPTR"},
    {36, "KX"},         {37, "CERT"},      {38, "A6"},       {39, "DNAME"},   {40, "SINK"},
    {41, "OPT"},        {42, "APL"},       {43, "DS"},       {44, "SSHFP"},   {45, "IPSECKEY"},
    {46, "RRSIG"},      {47, "NSEC"},      {48, "DNSKEY"},   {49, "DHCID"},   {50, "NSEC3"},
    {51, "NSEC3PARAM"}, {52, "TLSA"},      {53, "SMIMEA"},   {55, "HIP"},     {56, "NINFO"},
    {57, "RKEY"},       {58, "TALINK"},    {59, "CDS"},      {60, "CDNSKEY"}, {61, "OPENPGPKEY"},
    {62, "CSYNC"},      {63, "ZONEMD"},    {64, "SVCB"},     {65, "HTTPS"},   {99, "SPF"},
    {100, "UINFO"},     {101, "UID"},      {102, "GID"},     {103, "UNSPEC"}, {104, "NID"},
    {105, "L32"},       {106, "L64"},      {107, "LP"},      {108, "EUI48"},  {109, "EUI64"},
    {249, "TKEY"},      {250, "TSIG"},     {251, "IXFR"},    {252, "AXFR"},   {253, "MAILB"},
    {254, "MAILA"},     {255, "ANY"},      {256, "URI"},     {257, "CAA"},    {258, "AVC"},
    {259, "DOA"},       {260, "AMTRELAY"}, {261, "RESINFO"}, {262, "WALLET"}, {32768, "TA"},
    {32769, "DLV"},
};
constexpr Code classes[] = {
    {1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"},
};
constexpr Code opcodes[] = {
    {0, "QUERY"}, {1, "IQUERY"}, {2, "STATUS"}, {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"},
};
constexpr Code rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};
constexpr Code edns_options[] = {
    {1, "LLQ"},
    {2, "UL"},
    {3, "NSID"},
    {5, "DAU"},
    {6, "DHU"},
    {7, "N3U"},
    {8, "ECS"},
    {9, "EXPIRE"},
    {10, "COOKIE"},
    {11, "KEEPALIVE"},
    {12, "PADDING"},
    {13, "CHAIN"},
    {14, "KEY-TAG"},
    {15, "EDE"},
    {16, "CLIENT-TAG"},
    {17, "SERVER-TAG"},
    {18, "REPORT-CHANNEL"},
    {19, "ZONEVERSION"},
    {20292, "UMBRELLA"},
    {26946, "DEVICEID"},
};

std::string text_of(Table table, std::string_view prefix, std::uint16_t number) {
  auto found = std::ranges::lower_bound(table, number, {}, &Code::number);
  if (found != table.end() && found->number == number) return std::string(found->name);
  return fmt::format("{}{}", prefix, number);
}

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

bool equal_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return upper(x) == upper(y); });
}

std::optional<std::uint16_t> number_of(Table table, std::string_view prefix,
                                       std::string_view text) {
  for (const Code& code : table)
    if (equal_letters(code.name, text)) return code.number;
  if (text.size() > prefix.size() && equal_letters(text.substr(0, prefix.size()), prefix))
    text.remove_prefix(prefix.size());
  std::uint16_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint16_t> at_most(std::optional<std::uint16_t> number, std::uint16_t limit) {
  return number && *number <= limit ? number : std::nullopt;
}

}  // namespace

std::string type_text(std::uint16_t type) { return text_of(types, "TYPE", type); }
std::string class_text(std::uint16_t dns_class) { return text_of(classes, "CLASS", dns_class); }
std::string opcode_text(std::uint8_t opcode) { return text_of(opcodes, "OPCODE", opcode); }
std::string rcode_text(std::uint16_t rcode) { return text_of(rcodes, "RCODE", rcode); }
std::string edns_option_text(std::uint16_t code) { return text_of(edns_options, "OPT", code); }

std::optional<std::uint16_t> parse_type(std::string_view text) {
  return number_of(types, "TYPE", text);
}
std::optional<std::uint16_t> parse_class(std::string_view text) {
  return number_of(classes, "CLASS", text);
}
std::optional<std::uint8_t> parse_opcode(std::string_view text) {
  std::optional<std::uint16_t> number = at_most(number_of(opcodes, "OPCODE", text), 15);
  if (!number) return std::nullopt;
  return static_cast<std::uint8_t>(*number);
}
std::optional<std::uint16_t> parse_rcode(std::string_view text) {
  return at_most(number_of(rcodes, "RCODE", text), 4095);
}
std::optional<std::uint16_t> parse_edns_option(std::string_view text) {
  return number_of(edns_options, "OPT", text);
}

}  // namespace dnstorm::capture::dns
