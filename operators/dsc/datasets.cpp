#include "operators/dsc/datasets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "engine/api/options.hpp"

namespace dnstorm::operators {

namespace {

using Texts = std::vector<std::string>;

Error wrong(std::string_view line, const std::string& why) {
  return {ErrorKind::config, fmt::format("dataset '{}': {}", line, why), "datasets"};
}

std::string did_you_mean(std::string_view word, const Texts& candidates) {
  std::string meant = nearest(word, candidates);
  return meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant);
}

Result<DscDimension> parse_dimension(std::string_view line, std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0)
    return wrong(line, fmt::format("'{}' is no dimension, which is written LABEL:INDEXER", text));
  std::string_view name = text.substr(colon + 1);
  if (const DscIndexerInfo* info = find_dsc_indexer(name))
    return DscDimension{std::string(text.substr(0, colon)), info->indexer};
  Texts known;
  for (const DscIndexerInfo& info : dsc_indexers()) known.emplace_back(info.name);
  return wrong(line, fmt::format("there is no indexer '{}'{}", name, did_you_mean(name, known)));
}

Result<void> parse_filters(std::string_view line, const std::string& text, const Texts& own,
                           DscDataset& dataset) {
  Texts known = dsc_filters();
  known.insert(known.end(), own.begin(), own.end());
  std::istringstream parts(text);
  for (std::string name; std::getline(parts, name, ',');) {
    if (name == "any") continue;
    if (std::find(known.begin(), known.end(), name) == known.end())
      return wrong(line, fmt::format("there is no filter '{}'{}", name, did_you_mean(name, known)));
    dataset.filters.push_back(name);
  }
  return {};
}

Result<void> parse_limit(std::string_view line, std::string_view text, DscDataset& dataset) {
  for (auto [name, limit] : {std::pair{std::string_view("min-count="), &dataset.min_count},
                             std::pair{std::string_view("max-cells="), &dataset.max_cells}}) {
    if (!text.starts_with(name)) continue;
    std::string_view number = text.substr(name.size());
    auto [rest, problem] = std::from_chars(number.data(), number.data() + number.size(), *limit);
    if (problem == std::errc() && rest == number.data() + number.size()) return {};
  }
  return wrong(line, fmt::format("'{}' is neither min-count=NUMBER nor max-cells=NUMBER", text));
}

}  // namespace

const Texts& dsc_filters() {
  static const Texts names = {
      "queries-only",      "replies-only",    "nxdomains-only",      "servfail-only",
      "popular-qtypes",    "idn-only",        "aaaa-or-a6-only",     "root-servers-net-only",
      "chaos-class",       "priming-query",   "authentic-data-only", "edns0-only",
      "edns0-cookie-only", "edns0-nsid-only", "edns0-ecs-only",      "edns0-ede-only"};
  return names;
}

const Texts& dsc_default_lines() {
  static const Texts lines = {
      "qtype dns All:null Qtype:qtype queries-only",
      "rcode dns All:null Rcode:rcode replies-only",
      "opcode dns All:null Opcode:opcode queries-only",
      "rcode_vs_replylen dns Rcode:rcode ReplyLen:msglen replies-only",
      "client_subnet dns All:null ClientSubnet:client_subnet queries-only max-cells=200",
      "qtype_vs_qnamelen dns Qtype:qtype QnameLen:qnamelen queries-only",
      "qtype_vs_tld dns Qtype:qtype TLD:tld queries-only,popular-qtypes max-cells=200",
      "certain_qnames_vs_qtype dns CertainQnames:certain_qnames Qtype:qtype queries-only",
      "client_subnet2 dns Class:query_classification ClientSubnet:client_subnet queries-only "
      "max-cells=200",
      "client_addr_vs_rcode dns Rcode:rcode ClientAddr:client replies-only max-cells=50",
      "chaos_types_and_names dns Qtype:qtype Qname:qname chaos-class,queries-only",
      "idn_qname dns All:null IDNQname:idn_qname queries-only",
      "edns_version dns All:null EDNSVersion:edns_version queries-only",
      "edns_bufsiz dns All:null EDNSBufSiz:edns_bufsiz queries-only",
      "do_bit dns All:null D0:do_bit queries-only",
      "rd_bit dns All:null RD:rd_bit queries-only",
      "idn_vs_tld dns All:null TLD:tld queries-only,idn-only",
      "ipv6_rsn_abusers dns All:null ClientAddr:client "
      "queries-only,aaaa-or-a6-only,root-servers-net-only max-cells=50",
      "transport_vs_qtype dns Transport:transport Qtype:qtype queries-only",
      "client_port_range dns All:null PortRange:dns_sport_range queries-only",
      "direction_vs_ipproto ip Direction:ip_direction IPProto:ip_proto any"};
  return lines;
}

const Texts& dsc_offered_lines() {
  static const Texts lines = {
      "country_code dns All:null CountryCode:country queries-only",
      "asn_all dns IPVersion:dns_ip_version ASN:asn queries-only max-cells=200",
      "second_ld_vs_rcode dns Rcode:rcode SecondLD:second_ld replies-only max-cells=50",
      "third_ld_vs_rcode dns Rcode:rcode ThirdLD:third_ld replies-only max-cells=50",
      "dns_ip_version_vs_qtype dns IPVersion:dns_ip_version Qtype:qtype queries-only",
      "response_time dns All:null ResponseTime:response_time any",
      "label_count dns All:null LabelCount:label_count any",
      "encryption dns All:null Encryption:encryption any",
      "priming_queries dns Transport:transport EDNSBufSiz:edns_bufsiz priming-query,queries-only",
      "priming_responses dns All:null ReplyLen:msglen priming-query,replies-only",
      "qr_aa_bits dns Direction:ip_direction QRAABits:qr_aa_bits any",
      "servfail_qname dns ALL:null Qname:qname servfail-only,replies-only",
      "ad_qname dns ALL:null Qname:qname authentic-data-only,replies-only"};
  return lines;
}

Result<DscDataset> parse_dsc_dataset(std::string_view line, const Texts& own_filters) {
  std::istringstream words{std::string(line)};
  Texts parts;
  for (std::string word; words >> word;) parts.push_back(word);
  if (parts.size() < 5)
    return wrong(line,
                 "is neither the name of a known one nor a line NAME LAYER LABEL:INDEXER "
                 "LABEL:INDEXER FILTERS");
  if (parts[1] != "dns" && parts[1] != "ip")
    return wrong(line, fmt::format("the layer is dns or ip, not '{}'", parts[1]));
  DscDataset dataset;
  dataset.name = parts[0];
  dataset.dimensions[0] = DNSTORM_TRY(parse_dimension(line, parts[2]));
  dataset.dimensions[1] = DNSTORM_TRY(parse_dimension(line, parts[3]));
  DNSTORM_CHECK(parse_filters(line, parts[4], own_filters, dataset));
  for (std::size_t i = 5; i < parts.size(); ++i)
    DNSTORM_CHECK(parse_limit(line, parts[i], dataset));
  return dataset;
}

Result<std::vector<DscDataset>> parse_dsc_datasets(const Texts& texts, const Texts& own_filters) {
  std::vector<DscDataset> datasets;
  Texts names = {"default"};
  auto add = [&](std::string_view line) -> Result<void> {
    DscDataset dataset = DNSTORM_TRY(parse_dsc_dataset(line, own_filters));
    for (const DscDataset& known : datasets)
      if (known.name == dataset.name) return wrong(line, "there is another one of that name");
    datasets.push_back(std::move(dataset));
    return {};
  };
  auto find = [&](const std::string& name) -> std::string_view {
    for (const Texts* lines : {&dsc_default_lines(), &dsc_offered_lines()})
      for (const std::string& line : *lines)
        if (line.substr(0, line.find(' ')) == name) return line;
    return {};
  };
  for (const Texts* lines : {&dsc_default_lines(), &dsc_offered_lines()})
    for (const std::string& line : *lines) names.push_back(line.substr(0, line.find(' ')));
  for (const std::string& text : texts) {
    std::string_view line = find(text);
    if (text == "default") {
      for (const std::string& each : dsc_default_lines()) DNSTORM_CHECK(add(each));
    } else if (line.empty() && text.find(' ') == std::string::npos) {
      return wrong(text, fmt::format("there is none of that name{}; write it as a whole line",
                                     did_you_mean(text, names)));
    } else {
      DNSTORM_CHECK(add(line.empty() ? text : line));
    }
  }
  if (datasets.empty()) return Error{ErrorKind::config, "option 'datasets' names none", "datasets"};
  return datasets;
}

}  // namespace dnstorm::operators
