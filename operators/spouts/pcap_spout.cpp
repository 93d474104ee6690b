#include "operators/spouts/pcap_spout.hpp"

#include <algorithm>

#include "operators/spouts/drop_schema.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "operators/spouts/pcap_file_spout.hpp"
#include "operators/spouts/pcap_live_spout.hpp"

namespace dnstorm::operators {

namespace {

bool given(const Options& options, const char* list) {
  const auto& items = options.list(list);
  return !items.empty() && items != std::vector<std::string>{""};
}

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>&) {
  bool live = given(options, "interface");
  int sources = int{live} + int{given(options, "file")} + int{!options.text("watch").empty()};
  if (sources != 1)
    return Error{ErrorKind::config, "needs one of `file`, `watch` and `interface`",
                 live ? "interface" : ""};
  Declaration declaration;
  if (live) {
    PcapLiveOptions checked = DNSTORM_TRY(pcap_live_options(options));
    declaration.restorable = !checked.spool.empty();
  } else {
    PcapFileOptions checked = DNSTORM_TRY(pcap_file_options(options));
    declaration.restorable = std::ranges::find(checked.files, "-") == checked.files.end();
    declaration.single_task = true;
  }
  declaration.outputs.push_back({"default", packet_fields()});
  declaration.outputs.push_back({"drops", drop_fields()});
  return declaration;
}

std::vector<OptionSpec> option_specs() {
  return {
      {"file", OptionType::list, "",
       "files of packets (pcap, pcapng, dnstap, C-DNS, JSON lines; plain, gzip, zstd, xz) and "
       "folders, of which all files at any depth are read; - is standard input"},
      {"pattern", OptionType::text, "",
       "which files of a folder: *.pcap.zst of their names or, with a slash, of the path below the "
       "folder; empty: all"},
      {"damaged",
       OptionType::choice,
       "stop",
       "a file that is damaged or cannot be read ends the run, or is named, counted and left (what "
       "was before the damage counts)",
       false,
       0,
       0,
       {"stop", "leave"}},
      {"readers", OptionType::integer, "2",
       "threads that read files ahead; without this option those of folders only", false, 0, 64},
      {"read_ahead", OptionType::integer, "128Mi",
       "bytes of packets that they may hold, of all files together", false, 0, 1e12},
      {"watch", OptionType::text, "",
       "a folder, or a pattern such as /captures/*.pcap: its files, and those that come, when they "
       "are complete (closed after writing, or renamed; not .tmp)"},
      {"interface", OptionType::list, "", "network interfaces to capture from; any: all"},
      {"filter", OptionType::text, "",
       "BPF filter (pcap-filter(7)); what it keeps out of a file is counted as filtered"},
      {"order",
       OptionType::choice,
       "time",
       "several files: merged by time, or one after the other",
       false,
       0,
       0,
       {"time", "files"}},
      {"speed", OptionType::text, "max",
       "replay of files: max, or a multiple of the capture's own speed such as 1x or 10x"},
      {"from", OptionType::text, "",
       "packets of files from that time on (2026-11-21T19:19:17Z or seconds since 1970); those "
       "before are counted as filtered"},
      {"to", OptionType::text, "", "packets of files before that time"},
      {"max_disorder", OptionType::duration, "1s",
       "how far packets may be out of order; windows close that much later", false, 0, 3600e9},
      {"snaplen", OptionType::integer, "65535", "bytes kept of a live packet", false, 64, 262144},
      {"buffer", OptionType::integer, "32Mi",
       "bytes of the kernel's ring for live packets, of each interface and task", false, 65536,
       2147483647},
      {"promiscuous", OptionType::flag, "true", "see packets that are not for this host"},
      {"spool", OptionType::text, "",
       "folder for a ring of live packets on disk, which makes the source replayable"},
      {"spool_bytes", OptionType::integer, "1Gi", "how large the spool may become", false,
       static_cast<double>(capture::spool::Ring::bytes_min), 9e18},
      {"spool_time", OptionType::duration, "0s", "how old a packet in the spool may become; 0: any",
       false, 0, 9e18},
  };
}

}  // namespace

OperatorDef pcap_operator() {
  OperatorDef def;
  def.name = "pcap";
  def.kind = OperatorKind::spout;
  def.summary = "captured packets from files or from interfaces";
  def.options = option_specs();
  def.constructor = {"file"};
  def.example = "- id: packets\n  className: pcap\n  properties:\n    file: capture.pcap\n";
  def.declare = declare;
  auto groups = std::make_shared<LiveGroups>();
  def.make_spout = [groups](const Options& options) -> std::unique_ptr<Spout> {
    // declare() has checked them.
    if (given(options, "interface"))
      return make_pcap_live_spout(pcap_live_options(options).value(), groups);
    return make_pcap_file_spout(pcap_file_options(options).value());
  };
  return def;
}

}  // namespace dnstorm::operators
