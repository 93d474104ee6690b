#include "operators/spouts/decode_options.hpp"

#include <fmt/format.h>

#include <charconv>

#include "engine/api/key.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/dnstap_fields.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t ports_max = 16;

Result<std::vector<std::uint16_t>> parse_ports(const Options& options) {
  std::vector<std::uint16_t> ports;
  for (const std::string& text : options.list("ports")) {
    std::uint16_t port = 0;
    auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (problem != std::errc() || rest != text.data() + text.size() || port == 0)
      return Error{ErrorKind::config,
                   fmt::format("option 'ports' takes port numbers from 1 to 65535, not '{}'", text),
                   "ports"};
    ports.push_back(port);
  }
  if (ports.empty() || ports.size() > ports_max)
    return Error{ErrorKind::config, fmt::format("option 'ports' takes 1 to {} ports", ports_max),
                 "ports"};
  return ports;
}

}  // namespace

std::vector<OptionSpec> decode_option_specs() {
  return {
      {"ports", OptionType::list, "53", "UDP and TCP ports that carry DNS"},
      {"detect", OptionType::flag, "false",
       "take whole DNS messages on other ports, too (not mDNS, LLMNR, NetBIOS)"},
      {.name = "depth",
       .type = OptionType::choice,
       .default_text = "message",
       .help = "message: all of it is read and checked; question: nothing behind the questions",
       .choices = {"message", "question"}},
      {"tcp", OptionType::flag, "true", "put messages together from TCP segments"},
      {"tcp_memory", OptionType::integer, "256Mi",
       "bytes of a task for connections and their unfinished messages", false, 1 << 20, 1e12},
      {"tcp_timeout", OptionType::duration, "60s", "after which a silent connection is forgotten",
       false, 1e9, 3600e9},
      {"fragments", OptionType::flag, "true", "put packets together from IP fragments"},
      {"fragment_memory", OptionType::integer, "32Mi", "bytes of a task for unfinished packets",
       false, 1 << 20, 1e12},
      {"fragment_timeout", OptionType::duration, "30s",
       "after which an unfinished packet is given up", false, 1e9, 3600e9},
  };
}

Result<DecodeOptions> read_decode_options(const Options& options) {
  DecodeOptions read;
  read.ports = DNSTORM_TRY(parse_ports(options));
  read.detect = options.flag("detect");
  read.whole = options.text("depth") == "message";
  if (read.detect && !read.whole)
    return Error{ErrorKind::config,
                 "'detect' tells DNS from other traffic by whole messages: it wants depth: message",
                 "detect"};
  read.tcp = options.flag("tcp");
  read.fragments = options.flag("fragments");
  read.stream_limits = {.memory = static_cast<std::size_t>(options.integer("tcp_memory")),
                        .groups = key_groups,
                        .idle_timeout = options.duration("tcp_timeout")};
  read.fragment_limits = {.memory = static_cast<std::size_t>(options.integer("fragment_memory")),
                          .groups = key_groups,
                          .timeout = options.duration("fragment_timeout")};
  return read;
}

Result<Declaration> declare_decode(const Options& options, const std::vector<InputDecl>& inputs) {
  bool whole = DNSTORM_TRY(read_decode_options(options)).whole;
  if (inputs.size() != 1)
    return Error{ErrorKind::config, "takes one input: the packets of a `pcap` spout", ""};
  Declaration declaration;
  declaration.restorable = true;
  bool remembers = options.flag("tcp") || options.flag("fragments");
  declaration.state = remembers ? StateScope::keyed : StateScope::none;
  if (remembers) declaration.partition_by = {"hosts"};
  // One task is chained behind the source whatever the grouping: what belongs together comes to it
  // in any case.
  declaration.light = true;
  std::vector<std::string> reads;
  for (const Field& field : packet_fields()) {
    if (field.name == "hosts") continue;  // read by the grouping; made anew of what needs it here
    Field found = DNSTORM_TRY(require_field(inputs[0], field.name, ""));
    if (found.type != field.type)
      return Error{
          ErrorKind::config,
          fmt::format("field '{}' of '{}' is {}, not {}: packets of a `pcap` spout are wanted",
                      field.name, inputs[0].component, to_string(found.type),
                      to_string(field.type)),
          ""};
    reads.push_back(field.name);
  }
  declaration.reads.push_back(std::move(reads));
  std::vector<Field> fields = whole ? message_fields() : question_depth_fields();
  declaration.outputs = {{"default", fields},
                         {"queries", fields},
                         {"responses", fields},
                         {"questions", question_fields()},
                         {"packets", packet_class_fields()},
                         {"icmp", icmp_fields()},
                         {"frames", dnstap_frame_fields()}};
  if (whole) {
    declaration.outputs.push_back({"records", record_fields()});
    declaration.outputs.push_back({"options", option_fields()});
  }
  return declaration;
}

}  // namespace dnstorm::operators
