// The truth against an outside judge: tshark reads what was generated and finds the same counts.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "capture/dns/codes.hpp"
#include "capture/pcap/writer.hpp"
#include "capture/synth/generator.hpp"

namespace dnstorm::capture::synth {
namespace {

using Json = nlohmann::json;

std::vector<std::string> output_of(const std::string& command) {
  std::vector<std::string> lines;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    lines.push_back(std::move(line));
    line.clear();
  }
  ::pclose(pipe);
  return lines;
}

std::vector<std::string> split(const std::string& line, char by) {
  std::vector<std::string> parts(1);
  for (char c : line) {
    if (c == by)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

bool holds(const std::string& list, const std::string& value) {
  for (const std::string& part : split(list, ','))
    if (part == value) return true;
  return false;
}

bool is_true(const std::string& text) { return text == "1" || text == "True"; }

class Tshark : public testing::Test {
 protected:
  void SetUp() override {
    if (output_of("command -v tshark").empty()) GTEST_SKIP() << "tshark is not installed";
  }
  ~Tshark() override { std::filesystem::remove(path_); }

  Json make(Options options) {
    auto writer = pcap::Writer::open(path_);
    EXPECT_TRUE(writer.ok());
    auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t length) {
      return (*writer)->write(time, frame, length);
    });
    EXPECT_TRUE(truth.ok());
    EXPECT_TRUE((*writer)->close().ok());
    return Json::parse(truth->json(options));
  }

  std::vector<std::vector<std::string>> messages() const {
    std::string command =
        "tshark -n -r " + path_ + " -Y 'dns && !icmp && !icmpv6' -T fields -E 'separator=|'";
    for (const char* field : {"dns.flags.response", "dns.flags.opcode", "dns.flags.rcode",
                              "dns.qry.name", "dns.qry.type", "dns.resp.type", "dns.resp.z.do",
                              "dns.opt.code", "dns.flags.truncated", "ipv6.src"})
      command += std::string(" -e ") + field;
    std::vector<std::vector<std::string>> rows;
    for (const std::string& line : output_of(command + " 2>/dev/null"))
      rows.push_back(split(line, '|'));
    return rows;
  }

  // The same keys as in the truth.
  Json found() const {
    std::map<std::string, std::uint64_t> n, types, rcodes, opcodes;
    for (const char* key : {"messages", "queries", "responses", "edns", "do", "ecs", "tc", "v6"})
      n[key] = 0;
    std::set<std::string> names;
    for (const std::vector<std::string>& row : messages()) {
      if (row.size() != 10 || row[0].empty()) continue;
      bool response = is_true(row[0]);
      ++n["messages"];
      ++n[response ? "responses" : "queries"];
      ++opcodes[std::to_string(std::stoul(row[1], nullptr, 0))];
      if (response) ++rcodes[dns::rcode_text(static_cast<std::uint16_t>(std::stoul(row[2])))];
      std::string name = row[3];
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (!name.empty()) names.insert(name);
      if (!response && !row[4].empty())
        ++types[dns::type_text(static_cast<std::uint16_t>(std::stoul(row[4])))];
      n["edns"] += holds(row[5], "41") ? 1U : 0U;
      n["do"] += is_true(row[6]) ? 1U : 0U;
      n["ecs"] += holds(row[7], "8") ? 1U : 0U;
      n["tc"] += is_true(row[8]) ? 1U : 0U;
      n["v6"] += row[9].empty() ? 0U : 1U;
    }
    Json json = n;
    json["qnames"] = names.size();
    json["qtypes"] = types;
    json["rcodes"] = rcodes;
    json["opcodes"] = opcodes;
    return json;
  }

  const std::string path_ = (std::filesystem::temp_directory_path() /
                             ("dnstorm-tshark-" + std::to_string(::getpid()) + ".pcap"))
                                .string();
};

TEST_F(Tshark, FindsTheTruth) {
  for (View view : {View::resolver, View::root, View::tld}) {
    Options options = Options::of(view);
    options.queries = 3000;
    options.malformed = 0;
    options.not_dns = 0.05;
    options.duplicates = 0.02;
    options.client_subnet = 0.1;
    Json truth = make(options);
    Json tshark = found();
    for (const auto& [key, value] : tshark.items())
      EXPECT_EQ(value, truth[key]) << profile(view).name << ": " << key;
  }
}

TEST_F(Tshark, FindsTheTruthOfAttacks) {
  Options options = Options::of(View::resolver);
  options.rate = 100;
  options.duration = 12 * ns_per_s;
  options.malformed = 0;
  for (const std::string& kind : attack::kind_names())
    options.attacks.push_back(*attack::parse_spec(kind + ",at=2s,for=8s"));
  Json truth = make(options);
  Json tshark = found();
  for (const auto& [key, value] : tshark.items()) EXPECT_EQ(value, truth[key]) << key;
}

TEST_F(Tshark, CountsMalformedMessagesAsTheTruthDoes) {
  Options options = Options::of(View::resolver);
  options.queries = 3000;
  options.malformed = 0.1;
  Json truth = make(options);
  Json tshark = found();
  EXPECT_EQ(tshark["responses"], truth["responses"]);
  EXPECT_EQ(tshark["rcodes"], truth["rcodes"]);
  // tshark looks into datagrams of a wrong UDP length, too.
  std::uint64_t wrong_udp = truth["malformed_by_reason"]["malformed_udp"];
  EXPECT_EQ(tshark["queries"], truth["queries"].get<std::uint64_t>() + wrong_udp);
}

// tshark tells all messages of a segment in one line: which field is whose cannot be said, so only
// the messages are counted.
TEST_F(Tshark, FindsTheMessagesInStreamsAndFragments) {
  Options options = Options::of(View::resolver);
  options.queries = 3000;
  options.tcp = 0.3;
  options.tcp_queries = 4;
  options.fragments = 0.1;
  options.v6 = 0.3;
  options.malformed = options.not_dns = 0;
  Json truth = make(options);
  std::string command = "tshark -n -r " + path_ +
                        " -o tcp.reassemble_out_of_order:TRUE -Y dns -T fields -E 'separator=|' "
                        "-e dns.flags.response -e tcp.stream 2>/dev/null";
  std::uint64_t queries = 0, responses = 0, tcp = 0;
  std::set<std::string> connections;
  for (const std::string& line : output_of(command)) {
    std::vector<std::string> row = split(line, '|');
    for (const std::string& response : split(row[0], ',')) {
      ++(is_true(response) ? responses : queries);
      tcp += row[1].empty() ? 0U : 1U;
    }
    if (!row[1].empty()) connections.insert(row[1]);
  }
  EXPECT_EQ(truth["queries"], queries);
  EXPECT_EQ(truth["responses"], responses);
  EXPECT_EQ(truth["tcp"], tcp);
  EXPECT_EQ(truth["tcp_connections"], connections.size());
  std::string fragments = "tshark -n -r " + path_ +
                          " -Y 'ip.fragments || ipv6.fragments' -T fields -e frame.number "
                          "2>/dev/null";
  EXPECT_EQ(truth["fragments"]["completed"], output_of(fragments).size());
}

TEST_F(Tshark, FindsNoWrongChecksum) {
  Options options = Options::of(View::resolver);
  options.queries = 1000;
  options.malformed = 0;
  options.not_dns = 0.2;
  options.tcp = options.fragments = 0.1;
  Json truth = make(options);
  std::string read = "tshark -n -r " + path_ +
                     " -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "
                     "-o tcp.check_checksum:TRUE -Y '";
  std::string fields =
      "udp.checksum.status == X || ip.checksum.status == X || tcp.checksum.status == X || "
      "icmp.checksum.status == X || icmpv6.checksum.status == X";
  auto count = [&](const std::string& filter) {
    return output_of(read + filter + "' 2>/dev/null").size();
  };
  auto with_status = [&](char status) {
    std::string filter = fields;
    for (char& c : filter) c = c == 'X' ? status : c;
    return count(filter);
  };
  EXPECT_EQ(with_status('0'), 0U);  // bad
  std::uint64_t arp = truth["not_dns_by_kind"]["arp"];
  // A fragment of IPv6 that completes nothing has none.
  std::uint64_t without = arp + count("ipv6.fraghdr && !udp");
  EXPECT_EQ(with_status('1'), truth["packets"].get<std::uint64_t>() - without);  // good
}

}  // namespace
}  // namespace dnstorm::capture::synth
