#include "cli/dsc_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>

#include "cli/dsc_config.hpp"
#include "operators/dsc/datasets.hpp"

namespace dnstorm::cli {

namespace {

using Words = std::vector<std::string>;

// A scalar that YAML takes for nothing else.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}
std::string in_quotes_list(const Words& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() == 1 ? "" : ", ") + in_quotes(text);
  return out + "]";
}

class Import {
 public:
  Import(std::string name, bool exact) : name_(std::move(name)), exact_(exact) {}

  Result<DscImport> run(std::string_view text) {
    int line = 0;
    while (!text.empty()) {
      std::size_t end = std::min(text.find('\n'), text.size());
      ++line;
      DNSTORM_CHECK(take(line, text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    DNSTORM_CHECK(check_datasets());
    int sources =
        (files_.empty() ? 0 : 1) + (interfaces_.empty() ? 0 : 1) + (dnstap_.empty() ? 0 : 1);
    if (sources == 0)
      return wrong(line, "names no interface, file or dnstap: there is nothing to count");
    if (sources > 1)
      return wrong(line,
                   "names interfaces, files and dnstap together; make a configuration of each");
    return DscImport{topology(), std::move(notes_)};
  }

 private:
  Error wrong(int line, const std::string& why) const {
    return {ErrorKind::config, fmt::format("{}:{}: {}", name_, line, why), ""};
  }
  void note(const DscDirective& at, std::string_view why) {
    notes_.push_back(fmt::format("{}:{}: {}: {}", name_, at.line, at.name, why));
  }

  Result<void> take(int line, std::string_view text) {
    auto directive = parse_dsc_directive(text);
    if (!directive.ok()) return wrong(line, directive.error().what);
    if (directive->name.empty()) return {};
    directive->line = line;
    auto known = directives().find(directive->name);
    if (known == directives().end())
      return wrong(line, fmt::format("DSC has no directive '{}'", directive->name));
    if (directive->words.size() < known->second.words)
      return wrong(line, fmt::format("'{}' lacks a value", directive->name));
    return known->second.take(*this, *directive);
  }

  // What a directive does, and how many words it has at least.
  struct Rule {
    std::size_t words;
    std::function<Result<void>(Import&, const DscDirective&)> take;
  };
  using Rules = std::map<std::string, Rule, std::less<>>;
  static const Rules& directives() {
    static const Rules rules = [] {
      Rules all = source_rules();
      all.merge(dataset_rules());
      all.merge(output_rules());
      all.merge(other_rules());
      return all;
    }();
    return rules;
  }

  static Rule set_option(const char* option) {
    return {1, [option](Import& to, const DscDirective& d) -> Result<void> {
              to.options_[option] = in_quotes(d.words[0]);
              return {};
            }};
  }
  static Rule without(std::size_t words, const char* why) {
    return {words, [why](Import& to, const DscDirective& d) -> Result<void> {
              to.note(d, why);
              return {};
            }};
  }
  static Rule quietly(std::size_t words) {
    return {words, [](Import&, const DscDirective&) -> Result<void> { return {}; }};
  }

  static Rules source_rules() {
    auto add_dnstap = [](const char* option) {
      return Rule{1, [option](Import& to, const DscDirective& d) -> Result<void> {
                    std::string place = d.words[0];
                    if (d.words.size() > 1 && option == std::string("listen"))
                      place += ":" + d.words[1];
                    to.dnstap_[option] = in_quotes(place);
                    return {};
                  }};
    };
    return {
        {"interface",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            // DSC looks whether there is such a file.
            bool file = d.words[0].find('/') != std::string::npos ||
                        std::filesystem::is_regular_file(d.words[0]);
            (file ? to.files_ : to.interfaces_).push_back(d.words[0]);
            return {};
          }}},
        {"bpf_program",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.filter_ = d.words.size() == 1 ? d.words[0] : d.rest;
            return {};
          }}},
        {"pcap_buffer_size",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.buffer_ = d.words[0];
            return {};
          }}},
        {"dns_port",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.port_ = d.words[0];
            return {};
          }}},
        {"drop_ip_fragments",
         {0,
          [](Import& to, const DscDirective&) -> Result<void> {
            to.fragments_ = false;
            return {};
          }}},
        {"dnstap_file", add_dnstap("file")},
        {"dnstap_unixsock", add_dnstap("socket")},
        {"dnstap_tcp", add_dnstap("listen")},
        {"dnstap_udp", without(1,
                               "dnstap by UDP is not taken; let the server send to a socket or "
                               "by TCP")},
        {"dnstap_network", without(1, "addresses that a frame does not have stay empty")},
        {"pcap_thread_timeout", without(1, "packets are read as they come")},
        {"bpf_vlan_tag_byte_order", without(1, "VLAN tags are read in network order")},
        {"match_vlan", without(1,
                               "all VLANs are read; say it in `filter` of the pcap spout: "
                               "\"vlan N\"")},
    };
  }

  static Rules dataset_rules() {
    auto mask = [](const char* option, bool v4) {
      return Rule{1, [option, v4](Import& to, const DscDirective& d) -> Result<void> {
                    auto bits = mask_bits(d.words[0], v4);
                    if (!bits)
                      return to.wrong(d.line,
                                      fmt::format("'{}' is no mask of a prefix", d.words[0]));
                    to.options_[option] = fmt::format("{}", *bits);
                    return {};
                  }};
    };
    return {
        {"dataset", {5, [](Import& to, const DscDirective& d) { return to.add_dataset(d); }}},
        {"datasets", {5, [](Import& to, const DscDirective& d) { return to.add_dataset(d); }}},
        {"qname_filter",
         {2,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.filters_.push_back(d.words[0] + " " + d.words[1]);
            to.filter_names_.push_back(d.words[0]);
            return {};
          }}},
        {"local_address", {1, [](Import& to, const DscDirective& d) { return to.add_local(d); }}},
        {"client_v4_mask", mask("client_mask_v4", true)},
        {"client_v6_mask", mask("client_mask_v6", false)},
        {"knowntlds_file", set_option("known_tlds")},
        {"tld_list", set_option("tld_list")},
        {"maxminddb_country", set_option("country_database")},
        {"maxminddb_asn", set_option("asn_database")},
        {"response_time_mode", set_option("response_time_mode")},
        {"response_time_bucket_size", set_option("response_time_bucket_size")},
        {"response_time_max_sec_mode", set_option("response_time_max_mode")},
        {"response_time_full_mode", set_option("response_time_full_mode")},
        {"response_time_max_seconds",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.options_["response_time_max"] = d.words[0] + "s";
            return {};
          }}},
        {"response_time_max_queries",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.options_["response_time_max_queries"] = d.words[0];
            return {};
          }}},
    };
  }

  static Rules output_rules() {
    return {
        {"run_dir",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.folder_ = d.words[0];
            return {};
          }}},
        {"output_format",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            std::string format = d.words[0] == "XML" ? "xml" : d.words[0] == "JSON" ? "json" : "";
            if (format.empty())
              return to.wrong(d.line,
                              fmt::format("the format is XML or JSON, not '{}'", d.words[0]));
            to.formats_.push_back(format);
            return {};
          }}},
        {"statistics_interval",
         {1,
          [](Import& to, const DscDirective& d) -> Result<void> {
            to.options_["interval"] = d.words[0] + "s";
            return {};
          }}},
        {"no_wait_interval", without(0,
                                     "intervals begin at their multiples; the first one is the "
                                     "rest of its own")},
        {"dump_reports_on_exit", quietly(0)},  // always so
        {"minfree_bytes", without(1, "files are written while there is room; watch the disk")},
        {"output_user", without(1, "files belong to who runs dnstorm")},
        {"output_group", without(1, "files belong to who runs dnstorm")},
        {"output_mod", without(1, "files have the mode that the umask leaves")},
    };
  }

  static Rules other_rules() {
    const char* legacy =
        "GeoIP files of the old form are not read; give `country_database` or "
        "`asn_database` a file in MaxMind's form";
    return {
        {"pid_file", without(1, "dnstorm writes none; systemd knows its process")},
        {"geoip_v4_dat", without(1, legacy)},
        {"geoip_v6_dat", without(1, legacy)},
        {"geoip_asn_v4_dat", without(1, legacy)},
        {"geoip_asn_v6_dat", without(1, legacy)},
        {"country_indexer_backend", quietly(1)},
        {"asn_indexer_backend", quietly(1)},
    };
  }

  Result<void> add_dataset(const DscDirective& d) {
    std::string line;
    for (const std::string& word : d.words) line += (line.empty() ? "" : " ") + word;
    auto parsed = operators::parse_dsc_dataset(line, filter_names_);
    if (!parsed.ok()) return wrong(d.line, parsed.error().what);
    for (const Words* known : {&operators::dsc_default_lines(), &operators::dsc_offered_lines()})
      if (std::find(known->begin(), known->end(), line) != known->end()) line = d.words[0];
    datasets_.push_back(line);
    return {};
  }
  // Two of one name, and what stands in no line of its own.
  Result<void> check_datasets() const {
    if (datasets_.empty()) return wrong(1, "names no dataset");
    auto parsed = operators::parse_dsc_datasets(datasets_, filter_names_);
    if (!parsed.ok()) return Error{ErrorKind::config, name_ + ": " + parsed.error().what, ""};
    return {};
  }

  Result<void> add_local(const DscDirective& d) {
    auto address = parse_ip(d.words[0]);
    if (!address) return wrong(d.line, fmt::format("'{}' is no address", d.words[0]));
    bool v4 = address->is_v4();
    std::optional<unsigned> bits = v4 ? 32 : 128;
    if (d.words.size() > 1) bits = mask_bits(d.words[1], v4);
    if (!bits) return wrong(d.line, fmt::format("'{}' is no mask of a prefix", d.words[1]));
    local_.push_back(network_text(*address, *bits));
    return {};
  }

  // The default is the datasets that DSC's sample has; then one word says it.
  Words dataset_names() const {
    Words sample;
    for (const std::string& line : operators::dsc_default_lines())
      sample.push_back(line.substr(0, line.find(' ')));
    return datasets_ == sample ? Words{"default"} : datasets_;
  }

  std::string source_yaml() const {
    std::string out = "spouts:\n  - id: packets\n";
    if (!dnstap_.empty()) {
      out += "    className: dnstap\n    properties:\n";
      for (const auto& [option, value] : dnstap_)
        out += fmt::format("      {}: {}\n", option, value);
      return out;
    }
    out += "    className: pcap\n    properties:\n";
    if (!files_.empty()) out += fmt::format("      file: {}\n", in_quotes_list(files_));
    if (files_.empty()) out += fmt::format("      interface: {}\n", in_quotes_list(interfaces_));
    if (!filter_.empty()) out += fmt::format("      filter: {}\n", in_quotes(filter_));
    if (!buffer_.empty() && files_.empty()) out += fmt::format("      buffer: {}\n", buffer_);
    return out;
  }

  std::string dsc_yaml() const {
    std::string out = "  - id: datasets\n    className: dsc\n    properties:\n";
    out += "      datasets:\n";
    for (const std::string& dataset : dataset_names())
      out += fmt::format("        - {}\n", in_quotes(dataset));
    if (exact_) out += "      compat: exact\n";
    if (!local_.empty()) out += fmt::format("      local_address: {}\n", in_quotes_list(local_));
    if (!filters_.empty())
      out += fmt::format("      qname_filters: {}\n", in_quotes_list(filters_));
    for (const auto& [option, value] : options_)
      out += fmt::format("      {}: {}\n", option, value);
    std::string source = !files_.empty() ? files_[0] : !interfaces_.empty() ? interfaces_[0] : "";
    if (!source.empty()) out += fmt::format("      interface: {}\n", in_quotes(source));
    return out;
  }

  std::string topology() const {
    std::string out = fmt::format("# Made of {} by dnstorm dsc import.\nname: dsc\n\n", name_);
    out += source_yaml() + "\nbolts:\n  - id: dns\n    className: decode\n";
    if (!port_.empty() || !fragments_) out += "    properties:\n";
    if (!port_.empty()) out += fmt::format("      ports: [{}]\n", port_);
    if (!fragments_) out += "      fragments: false\n";
    out += dsc_yaml();
    out += fmt::format(
        "  - id: files\n    className: dsc_file\n    properties:\n"
        "      folder: {}\n      formats: {}\n\nstreams:\n"
        "  - {{from: packets, to: dns, grouping: {{type: FIELDS, args: [hosts]}}}}\n"
        "  - {{from: dns, to: datasets, grouping: {{type: GLOBAL}}}}\n"
        "  - {{from: dns, to: datasets, grouping: {{type: GLOBAL, streamId: packets}}}}\n",
        in_quotes(folder_), in_quotes_list(formats_.empty() ? Words{"xml"} : formats_));
    if (dnstap_.empty())
      out += "  - {from: packets, to: datasets, grouping: {type: GLOBAL, streamId: drops}}\n";
    return out + "  - {from: datasets, to: files, grouping: {type: GLOBAL, streamId: arrays}}\n";
  }

  std::string name_;
  bool exact_;
  std::vector<std::string> notes_;
  Words files_, interfaces_, datasets_, local_, filters_, filter_names_, formats_;
  std::string filter_, buffer_, port_, folder_ = ".";
  bool fragments_ = true;
  std::map<std::string, std::string> options_, dnstap_;
};

}  // namespace

Result<DscImport> import_dsc(std::string_view text, const std::string& name, bool exact) {
  return Import(name, exact).run(text);
}

}  // namespace dnstorm::cli
