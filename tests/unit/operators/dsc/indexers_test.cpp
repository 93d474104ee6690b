#include "operators/dsc/indexers.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/dsc/messages.hpp"

namespace dnstorm::operators {
namespace {

using testing::count_all;
using testing::Different;
using ::testing::ElementsAre;
using testing::message;
using testing::TextOptions;
using testing::TextRow;

TEST(DscIndexers, StandWhereTheirNumberSays) {
  ASSERT_EQ(dsc_indexers().size(), dsc_indexer_count);
  for (const DscIndexerInfo& info : dsc_indexers()) {
    EXPECT_EQ(&dsc_indexer(info.indexer), &info) << info.name;
    EXPECT_EQ(find_dsc_indexer(info.name), &info) << info.name;
  }
  EXPECT_EQ(find_dsc_indexer("qtypes"), nullptr);
}

// One message by one indexer: its key, or "-" if it is not counted.
std::string key_of(const std::string& indexer, const Different& different,
                   const TextOptions& more = {}) {
  TextOptions options = more;
  options["datasets"] = {"d dns All:null X:" + indexer + " any"};
  std::vector<std::string> cells = count_all(options, {message(different)});
  if (cells.empty()) return "-";
  EXPECT_EQ(cells.size(), 1U) << indexer;
  std::string cell = cells[0];
  EXPECT_TRUE(cell.starts_with("ALL ") && cell.ends_with(" 1")) << cell;
  return cell.substr(4, cell.size() - 6);
}

struct Case {
  const char* indexer;
  Different different;
  const char* correct;
  const char* exact;  // null: as correct
};

void check(const std::vector<Case>& cases, const TextOptions& more = {}) {
  TextOptions exact = more;
  exact["compat"] = {"exact"};
  for (const Case& c : cases) {
    EXPECT_EQ(key_of(c.indexer, c.different, more), c.correct) << c.indexer;
    EXPECT_EQ(key_of(c.indexer, c.different, exact), c.exact == nullptr ? c.correct : c.exact)
        << c.indexer << ", exact";
  }
}

const Different response = {{"qr", "true"}};
std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (int value : values) text += static_cast<char>(value);
  return text;
}

TEST(DscIndexer, OfHeaderAndQuestion) {
  check({{"null", {}, "ALL", nullptr},
         {"qtype", {{"qtype", "65"}}, "65", nullptr},
         {"qclass", {{"qclass", "3"}}, "3", nullptr},
         {"opcode", {{"opcode", "5"}}, "5", nullptr},
         {"rcode", {{"rcode", "3"}}, "3", nullptr},
         {"msglen", {{"size", "512"}}, "512", nullptr},
         {"qnamelen", {}, "15", nullptr},
         {"qnamelen", {{"qname", "."}, {"qname_length", "1"}}, "1", nullptr},
         {"label_count", {}, "3", nullptr},
         {"label_count", {{"label_count", "100"}}, "100", "63"},
         {"rd_bit", {}, "clr", nullptr},
         {"rd_bit", {{"rd", "true"}}, "set", nullptr},
         {"tc_bit", {{"tc", "true"}}, "set", nullptr},
         {"do_bit", {{"do", "true"}}, "set", nullptr},
         {"qr_aa_bits", {}, "qr=0,aa=0", nullptr},
         {"qr_aa_bits", {{"qr", "true"}, {"aa", "true"}}, "qr=1,aa=1", nullptr}});
}

TEST(DscIndexer, OfNames) {
  check({{"qname", {}, "www.example.com", nullptr},
         {"qname", {{"qname", "a\\.b\\010c.example"}}, "a\\.b\\010c.example", "a.b c.example"},
         {"tld", {}, "com", nullptr},
         {"tld", {{"qname", "."}}, ".", nullptr},
         {"tld", {{"qname", "localhost"}}, "localhost", nullptr},
         {"second_ld", {}, "example.com", nullptr},
         {"second_ld", {{"qname", "com"}}, "com", nullptr},
         {"third_ld", {{"qname", "a.www.example.com"}}, "www.example.com", nullptr},
         {"idn_qname", {}, "normal", nullptr},
         {"idn_qname", {{"qname", "xn--bcher-kva.example"}}, "idn", nullptr},
         {"certain_qnames", {}, "else", nullptr},
         {"certain_qnames", {{"qname", "localhost"}}, "localhost", nullptr},
         {"certain_qnames", {{"qname", "k.root-servers.net"}}, "X.root-servers.net", nullptr}});
}

TEST(DscIndexer, OfEdns) {
  Different edns = {{"edns", "true"}, {"edns_size", "1232"}};
  check({{"edns_version", {}, "none", nullptr},
         {"edns_version", edns, "0", nullptr},
         {"edns_bufsiz", {}, "None", nullptr},
         {"edns_bufsiz", edns, "1024-1535", nullptr},
         {"edns_cookie", {{"cookie", "true"}}, "yes", nullptr},
         {"edns_nsid", {}, "no", nullptr},
         {"edns_ecs", {{"ecs", "true"}}, "yes", nullptr}});
}

TEST(DscIndexer, OfOptions) {
  Different cookie = {{"edns_options", bytes({0, 10, 0, 16, 1,  2,  3,  4,  5,  6,
                                              7, 8,  9, 10, 11, 12, 13, 14, 15, 16})}};
  Different subnet = {{"edns_options", bytes({0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2})}};
  Different error = {{"edns_options", bytes({0, 15, 0, 4, 0, 18, 'n', 'o'})}};
  Different nsid = {{"edns_options", bytes({0, 3, 0, 3, 'n', 1, '1'})}};
  check({{"edns_cookie_len", {}, "none", nullptr},
         {"edns_cookie_len", cookie, "16", nullptr},
         {"edns_cookie_client", cookie, "0102030405060708", nullptr},
         {"edns_cookie_client", {}, "-", nullptr},
         {"edns_cookie_server", cookie, "090a0b0c0d0e0f10", nullptr},
         {"edns_ecs_family", subnet, "1", nullptr},
         {"edns_ecs_family", {}, "none", nullptr},
         {"edns_ecs_source_prefix", subnet, "24", nullptr},
         {"edns_ecs_scope_prefix", subnet, "0", nullptr},
         {"edns_ecs_address", subnet, "c00002", nullptr},
         {"edns_ecs_subnet", subnet, "192.0.2.0", nullptr},
         {"edns_ede", error, "yes", nullptr},
         {"edns_ede", {}, "no", nullptr},
         {"edns_ede_code", error, "18", nullptr},
         {"edns_ede_textlen", error, "2", nullptr},
         {"edns_ede_text", error, "no", nullptr},
         {"edns_nsid_len", nsid, "3", nullptr},
         {"edns_nsid_data", nsid, "6e0131", nullptr},
         {"edns_nsid_text", nsid, "n.1", nullptr}});
}

TEST(DscIndexer, OfAddressesAndTransport) {
  Different v6 = {{"client", "2001:db8:1:2:3:4:5:6"}, {"ip_version", "6"}};
  check({{"client", {}, "192.0.2.7", nullptr},
         {"server", {}, "198.51.100.53", nullptr},
         {"client_subnet", {}, "192.0.2.0", nullptr},
         {"client_subnet", v6, "2001:db8:1:2:3:4::", nullptr},
         {"dns_ip_version", {}, "IPv4", nullptr},
         {"ip_version", v6, "IPv6", nullptr},
         {"transport", {}, "udp", nullptr},
         {"transport", {{"transport", "6"}}, "tcp", nullptr},
         {"transport", {{"transport", "203"}}, "tcp", nullptr},
         {"transport", {{"transport", "132"}}, "else", nullptr},
         {"ip_proto", {{"transport", "207"}}, "udp", nullptr},
         {"encryption", {}, "unencrypted", nullptr},
         {"encryption", {{"transport", "204"}}, "doh", nullptr},
         {"encryption", {{"transport", "206"}}, "dnscrypt", nullptr},
         {"ip_direction", {}, "else", nullptr},
         {"country", {}, "??", nullptr},
         {"asn", {}, "??", nullptr}});
  check({{"ip_direction", {}, "recv", nullptr},
         {"ip_direction", response, "sent", nullptr},
         {"ip_direction", {{"server", "203.0.113.1"}}, "else", nullptr}},
        {{"local_address", {"198.51.100.0/24"}}});
  check({{"client_subnet", {}, "192.0.0.0", nullptr}, {"client_subnet", v6, "2001:db8::", nullptr}},
        {{"client_mask_v4", {"16"}}, {"client_mask_v6", {"32"}}});
}

// DSC names each port after the one that came before, and each range after the one below.
TEST(DscIndexer, OfSourcePorts) {
  check({{"dns_source_port", {}, "40000", "0"},
         {"dns_source_port", response, "53", "0"},
         {"dns_sport_range", {}, "39936-40959", "38912-39935"},
         {"dns_sport_range", response, "0-1023", "-"}});
  std::vector<TextRow> rows = {
      message({{"client_port", "2000"}}), message({{"client_port", "3000"}}),
      message({{"client_port", "4000"}}), message({{"client_port", "3000"}})};
  TextOptions options = {{"datasets", {"d dns All:null Port:dns_source_port any"}}};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 3000 2", "ALL 2000 1", "ALL 4000 1"));
  options["compat"] = {"exact"};
  EXPECT_THAT(count_all(options, rows), ElementsAre("ALL 2000 2", "ALL 0 1", "ALL 3000 1"));
}

TEST(DscIndexer, QueryClassification) {
  const char* by = "query_classification";
  auto name = [](const char* qname, const char* qtype = "1") {
    return Different{{"qname", qname}, {"qtype", qtype}};
  };
  check({{by, {}, "ok", nullptr},
         {by, {{"client_port", "0"}}, "src-port-zero", nullptr},
         {by, {{"qclass", "2"}}, "funny-qclass", nullptr},
         {by, {{"qtype", "65"}}, "ok", "funny-qtype"},
         {by, {{"qtype", "43"}}, "ok", "funny-qtype"},
         {by, {{"qtype", "60000"}}, "funny-qtype", nullptr},
         {by, name("192.0.2.1"), "a-for-a", nullptr},
         {by, name("192.0.2.1", "28"), "non-auth-tld", nullptr},
         {by, name("."), "a-for-root", nullptr},
         {by, name(".", "2"), "ok", nullptr},
         {by, name("localhost"), "localhost", nullptr},
         {by, name("www.xlocalhost"), "non-auth-tld", "localhost"},
         {by, name("a.root-servers.net"), "root-servers.net", nullptr},
         {by, name("aroot-servers.net"), "ok", "root-servers.net"},
         {by, name("host.nosuchtld"), "non-auth-tld", nullptr},
         {by, name("1.0.0.10.in-addr.arpa", "12"), "rfc1918-ptr", nullptr},
         {by, name("1.0.16.172.in-addr.arpa", "12"), "rfc1918-ptr", nullptr},
         {by, name("1.0.168.192.in-addr.arpa", "12"), "rfc1918-ptr", nullptr},
         {by, name("1.0.168.193.in-addr.arpa", "12"), "ok", nullptr},
         {by, {{"malformed", "true"}, {"qname_length", "17"}}, "malformed", "ok"}});
}

// What passes a filter, of both modes.
void check_filter(const std::string& filter, const std::vector<std::pair<Different, bool>>& cases,
                  const TextOptions& more = {}, bool exact_too = true) {
  for (const char* compat : {"correct", "exact"}) {
    if (!exact_too && compat == std::string("exact")) continue;
    for (const auto& [different, passes] : cases) {
      TextOptions options = more;
      options["compat"] = {compat};
      options["datasets"] = {"d dns All:null Opcode:opcode " + filter};
      EXPECT_EQ(count_all(options, {message(different)}).size(), passes ? 1U : 0U)
          << filter << ' ' << compat << ' ' << (different.empty() ? "" : different.begin()->second);
    }
  }
}

TEST(DscFilter, OfHeaderAndName) {
  check_filter("any", {{{}, true}, {response, true}});
  check_filter("queries-only", {{{}, true}, {response, false}});
  check_filter("replies-only", {{{}, false}, {response, true}});
  check_filter("nxdomains-only", {{{{"rcode", "3"}}, true}, {{{"rcode", "2"}}, false}});
  check_filter("servfail-only", {{{{"rcode", "2"}}, true}, {{{"rcode", "3"}}, false}});
  check_filter("popular-qtypes",
               {{{}, true}, {{{"qtype", "33"}}, true}, {{{"qtype", "65"}}, false}});
  check_filter("idn-only", {{{}, false}, {{{"qname", "xn--a.b"}}, true}});
  check_filter("aaaa-or-a6-only",
               {{{}, false}, {{{"qtype", "28"}}, true}, {{{"qtype", "38"}}, true}});
  check_filter("root-servers-net-only", {{{}, false},
                                         {{{"qname", "m.root-servers.net"}}, true},
                                         {{{"qname", "mm.root-servers.net"}}, false}});
  check_filter("chaos-class", {{{}, false}, {{{"qclass", "3"}}, true}});
  check_filter("authentic-data-only", {{{}, false}, {{{"ad", "true"}}, true}});
  check_filter("queries-only,aaaa-or-a6-only",
               {{{{"qtype", "28"}}, true}, {{{"qtype", "28"}, {"qr", "true"}}, false}});
}

TEST(DscFilter, OfEdns) {
  check_filter("edns0-only", {{{}, false},
                              {{{"edns", "true"}}, true},
                              {{{"edns", "true"}, {"edns_version", "1"}}, false}});
  for (const char* option : {"cookie", "nsid", "ecs"})
    check_filter(fmt::format("edns0-{}-only", option),
                 {{{{"edns", "true"}}, false}, {{{"edns", "true"}, {option, "true"}}, true}});
  check_filter("edns0-ede-only",
               {{{{"edns", "true"}}, false},
                {{{"edns", "true"}, {"edns_options", bytes({0, 15, 0, 2, 0, 1})}}, true}});
}

// DSC compares the name the wrong way round.
TEST(DscFilter, PrimingQuery) {
  Different root = {{"qtype", "2"}, {"qname", "."}};
  Different com = {{"qtype", "2"}, {"qname", "com"}};
  check_filter("priming-query", {{root, true}, {com, false}, {{}, false}}, {}, false);
  TextOptions options = {{"compat", {"exact"}},
                         {"datasets", {"d dns All:null Qname:qname priming-query"}}};
  EXPECT_THAT(count_all(options, {message(root), message(com)}), ElementsAre("ALL com 1"));
}

TEST(DscFilter, OfTheUser) {
  TextOptions options = {{"qname_filters", {"www-only ^WWW\\.", "net-only \\.net$"}}};
  check_filter("www-only", {{{}, true}, {{{"qname", "ftp.example.com"}}, false}}, options);
  check_filter("net-only", {{{}, false}, {{{"qname", "example.net"}}, true}}, options);
}

}  // namespace
}  // namespace dnstorm::operators
