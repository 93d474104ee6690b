// dnstorm spool list, dnstorm spool extract: what a spool holds, and some of it as a capture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/app.hpp"
#include "cli/spool_event.hpp"
#include "cli/spool_extract.hpp"
#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

namespace spool = capture::spool;

struct SpoolArgs {
  std::string dir, from, to, match, filter, output;
  std::string event, id, margin = "10s";
};

Result<void> list(const SpoolArgs& args) {
  std::vector<SpoolSegment> all = DNSTORM_TRY(spool_segments(args.dir));
  std::uint64_t packets = 0, bytes = 0;
  for (const SpoolSegment& found : all) {
    const spool::Segment& s = found.segment;
    packets += s.packets;
    bytes += s.bytes;
    if (s.complete)
      fmt::print("{}  {} packets, {} bytes, {} to {}\n", found.path, s.packets, s.bytes,
                 format_time(s.first), format_time(s.last));
    else
      fmt::print("{}  being written or cut, {} bytes\n", found.path, s.bytes);
  }
  fmt::print("{} segments, {} packets in the complete ones, {} bytes\n", all.size(), packets,
             bytes);
  return {};
}

Result<TimeNs> time_of(const char* option, const std::string& text, TimeNs otherwise) {
  if (text.empty()) return otherwise;
  if (auto time = parse_time(text)) return *time;
  return Error{ErrorKind::usage,
               fmt::format("{} takes a time such as 2026-11-21T19:19:17Z or seconds since 1970, "
                           "not '{}'",
                           option, text),
               {}};
}

// What is said by --from, --to and --match narrows an event down further.
Result<void> take_event(const SpoolArgs& args, ExtractWish& wish) {
  auto margin = parse_duration(args.margin);
  if (!margin || *margin < 0)
    return Error{ErrorKind::usage,
                 fmt::format("--margin takes a time such as 10s, not '{}'", args.margin),
                 "--margin"};
  SpoolEvent event = DNSTORM_TRY(read_spool_event(args.event, args.id));
  wish.from = std::max(wish.from, event.from - *margin);
  wish.to = std::min(wish.to, event.to + *margin);
  std::string told;
  for (const auto& [key, value] : event.match) {
    DNSTORM_CHECK(wish.match.set(key, value));
    told += fmt::format(", {}={}", key, value);
  }
  fmt::print(stderr, "from {} to {}{}\n", format_time(wish.from), format_time(wish.to), told);
  return {};
}

Result<void> extract(const SpoolArgs& args) {
  ExtractWish wish;
  wish.match = DNSTORM_TRY(SpoolMatch::parse(args.match));
  wish.from = DNSTORM_TRY(time_of("--from", args.from, time_min));
  wish.to = DNSTORM_TRY(time_of("--to", args.to, time_max));
  wish.filter = args.filter;
  if (!args.event.empty()) DNSTORM_CHECK(take_event(args, wish));
  auto files = DNSTORM_TRY(spool_files(args.dir, wish.from, wish.to));
  Extracted done = DNSTORM_TRY(extract_packets(files, std::move(wish), args.output));
  fmt::print(stderr, "{} of {} packets\n", done.packets, done.seen);
  if (done.cut_files != 0)
    fmt::print(stderr, "dnstorm: {} segments were read up to their cut\n", done.cut_files);
  return {};
}

void add_dir(CLI::App& command, SpoolArgs& args) {
  command.add_option("--dir", args.dir, "The spool's folder")->required()->type_name("DIR");
}

}  // namespace

void add_spool_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<SpoolArgs>();
  CLI::App* command = app.add_subcommand("spool", "Look into the spool of a live capture");
  command->require_subcommand(1);
  auto choose = [args, &chosen](CLI::App* verb, Result<void> (*job)(const SpoolArgs&)) {
    verb->callback([args, job, &chosen] {
      chosen = [args, job] {
        Result<void> done = job(*args);
        return done.ok() ? 0 : fail(done.error());
      };
    });
  };
  CLI::App* lists = command->add_subcommand("list", "List the segments and their times");
  add_dir(*lists, *args);
  choose(lists, list);
  CLI::App* extracts = command->add_subcommand("extract", "Write some of the packets as a pcap");
  add_dir(*extracts, *args);
  extracts->add_option("--from", args->from, "Packets from that time on");
  extracts->add_option("--to", args->to, "Packets before that time");
  extracts->add_option("--match", args->match,
                       "name=SUFFIX, client=PREFIX, server=PREFIX, host=PREFIX (either), qtype=T, "
                       "rcode=R, port=N; all must hold");
  extracts
      ->add_option("--event", args->event,
                   "The packets of a security event: a file of events as json_lines writes them; - "
                   "for standard input")
      ->type_name("FILE");
  extracts->add_option("--id", args->id, "Which event of the file, if there are several");
  extracts->add_option("--margin", args->margin, "Before and after the event (default 10s)");
  extracts->add_option("--filter", args->filter, "BPF filter, see pcap-filter(7)");
  extracts->add_option("-o,--output", args->output, "The capture; - for standard output")
      ->required()
      ->type_name("FILE");
  extracts->footer(
      "Examples:\n  dnstorm spool extract --dir /var/spool/dnstorm --from 2026-11-21T19:19:00Z "
      "--to 2026-11-21T19:20:00Z --match 'name=example.com, qtype=ANY' -o alert.pcap\n"
      "  dnstorm spool extract --dir /var/spool/dnstorm --event events.jsonl --id 4711 -o "
      "alert.pcap");
  choose(extracts, extract);
}

}  // namespace dnstorm::cli
