// Reads every capture of DNSTORM_DATA/captures and compares with counts.jsonl, which tshark made.
// Only UDP is counted here: of a message in TCP or in fragments this layer sees no whole message.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/pcap/reader.hpp"

namespace dnstorm::capture {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Counts = std::map<std::string, std::int64_t>;
using ByCode = std::map<int, std::int64_t>;

struct Seen {
  std::int64_t packets = 0, fragments = 0, malformed = 0;
  Counts counts;
  ByCode opcodes, rcodes, query_types, response_types;
  std::set<std::string> names;
};

// The rows of counts.jsonl that are about another port.
bool is_dns_port(const std::string& file, const packet::Datagram& datagram) {
  static const std::map<std::string, int> ports = {
      {"tcpdump-dns_udp_8053.pcap", 8053},
      {"wireshark-dns_port.pcap", 65282},
      {"pktvisor-dns_ipv4_udp.pcap", 53000},
      {"ndpi-avast_securedns.pcapng", 443},
  };
  auto other = ports.find(file);
  int port = other == ports.end() ? 53 : other->second;
  return datagram.src_port == port || datagram.dst_port == port;
}

void count_message(const packet::Datagram& datagram, dns::Message& message, Seen& seen) {
  dns::ParseError error = dns::parse(datagram.payload, message);
  if (error != dns::ParseError::none) ++seen.malformed;
  if (!message.header_ok) return;
  ++seen.counts["messages"];
  ++seen.counts[message.qr ? "responses" : "queries"];
  seen.counts["v6"] += datagram.v6;
  seen.counts["tc"] += message.tc;
  seen.counts["edns"] += message.edns.present;
  seen.counts["do"] += message.edns.dnssec_ok;
  seen.counts["ecs"] += message.edns.find(dns::edns_option::ecs) != nullptr;
  ++seen.opcodes[message.opcode];
  if (message.qr) ++seen.rcodes[message.rcode];
  for (const dns::Question& question : message.questions) {
    ++(message.qr ? seen.response_types : seen.query_types)[question.type];
    seen.names.insert(message.question_name(question));
  }
}

Seen count_file(const fs::path& path) {
  Seen seen;
  auto reader = pcap::FileReader::open(path);
  EXPECT_TRUE(reader.ok()) << reader.error().what;
  if (!reader) return seen;
  pcap::Packet packet;
  packet::Datagram datagram;
  dns::Message message;
  pcap::Read read;
  while ((read = (*reader)->next(packet)) == pcap::Read::packet) {
    ++seen.packets;
    auto verdict = packet::decode(packet.link, packet.bytes, packet.original_length, datagram);
    if (verdict == packet::Verdict::fragment) ++seen.fragments;
    if (verdict == packet::Verdict::udp && is_dns_port(path.filename(), datagram))
      count_message(datagram, message, seen);
  }
  EXPECT_EQ(read, pcap::Read::end) << (*reader)->error().what;
  return seen;
}

// counts.jsonl names the codes; some of its names are the numbered kind where IANA has a word.
ByCode by_code(const Json& object, std::optional<std::uint16_t> (*number_of)(std::string_view)) {
  ByCode codes;
  for (const auto& [name, count] : object.items()) {
    auto number = number_of(name);
    EXPECT_TRUE(number.has_value()) << name;
    if (number) codes[*number] += count.get<std::int64_t>();
  }
  return codes;
}

std::optional<std::uint16_t> plain_number(std::string_view text) {
  return static_cast<std::uint16_t>(std::stoi(std::string(text)));
}

fs::path captures() {
  const char* data = std::getenv("DNSTORM_DATA");
  return data == nullptr ? fs::path() : fs::path(data) / "captures";
}

std::vector<Json> rows() {
  std::vector<Json> rows;
  std::ifstream in(captures() / "counts.jsonl");
  for (std::string line; std::getline(in, line);) rows.push_back(Json::parse(line));
  return rows;
}

class RealCaptures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (captures().empty() || !fs::exists(captures() / "counts.jsonl"))
      GTEST_SKIP() << "DNSTORM_DATA does not name a folder with captures/counts.jsonl";
  }
};

TEST_F(RealCaptures, EveryFileGivesAllItsPackets) {
  for (const Json& row : rows())
    EXPECT_EQ(count_file(captures() / row["file"]).packets, row["packets"].get<std::int64_t>())
        << row["file"];
}

// Captures whose numbers differ from tshark's by right, each with the reason.
const std::map<std::string, std::string> differing = {
    {"damaged-a.pcap", "damaged payloads: where reading stops is a matter of taste"},
    {"suricata-forward-pointer.pcap", "tshark follows a pointer that points forward"},
    {"tcpdump-dns-zlip-1.pcap", "an empty datagram on port 53 is no DNS for tshark, short for us"},
};

TEST_F(RealCaptures, UdpCountsAreThoseOfTshark) {
  int compared = 0;
  for (const Json& row : rows()) {
    Seen seen = count_file(captures() / row["file"]);
    if (seen.fragments > 0 || differing.contains(row["file"])) continue;
    SCOPED_TRACE(row["file"].get<std::string>());
    auto tcp = row["tcp"].get<std::int64_t>();
    EXPECT_EQ(seen.counts["messages"], row["messages"].get<std::int64_t>() - tcp);
    if (tcp > 0) continue;
    ++compared;
    for (const char* what : {"queries", "responses", "v6", "edns", "do", "ecs", "tc"})
      EXPECT_EQ(seen.counts[what], row[what].get<std::int64_t>()) << what;
    EXPECT_EQ(seen.opcodes, by_code(row["opcodes"], plain_number));
    EXPECT_EQ(seen.rcodes, by_code(row["rcodes"], dns::parse_rcode));
    ByCode& types = seen.counts["queries"] > 0 ? seen.query_types : seen.response_types;
    EXPECT_EQ(types, by_code(row["qtypes"], dns::parse_type));
    EXPECT_EQ(std::int64_t(seen.names.size()), row["qnames"].get<std::int64_t>());
    EXPECT_EQ(seen.malformed, row["malformed"].get<std::int64_t>()) << "malformed";
  }
  EXPECT_GT(compared, 0);
}

// Where the payloads are damaged, whether a message has a readable header is still beyond dispute.
TEST_F(RealCaptures, DamagedMessagesAreStillQueriesAndResponses) {
  for (const Json& row : rows()) {
    if (row["file"] != "damaged-a.pcap") continue;
    Seen seen = count_file(captures() / row["file"]);
    for (const char* what : {"messages", "queries", "responses", "v6", "tc"})
      EXPECT_EQ(seen.counts[what], row[what].get<std::int64_t>()) << what;
    EXPECT_EQ(seen.opcodes, by_code(row["opcodes"], plain_number));
    EXPECT_EQ(seen.rcodes, by_code(row["rcodes"], dns::parse_rcode));
  }
}

TEST_F(RealCaptures, ForwardPointerIsMalformedAndStillAQuery) {
  Seen seen = count_file(captures() / "suricata-forward-pointer.pcap");
  if (seen.packets == 0) GTEST_SKIP() << "suricata-forward-pointer.pcap is not there";
  EXPECT_EQ(seen.counts["queries"], 1);
  EXPECT_EQ(seen.counts["responses"], 1);
  EXPECT_EQ(seen.malformed, 1);
}

}  // namespace
}  // namespace dnstorm::capture
