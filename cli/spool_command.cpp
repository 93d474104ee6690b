// dnstorm spool list, dnstorm spool extract: what a spool holds, and some of it as a capture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "capture/pcap/file_queue.hpp"
#include "capture/pcap/filter.hpp"
#include "capture/pcap/writer.hpp"
#include "capture/spool/segment.hpp"
#include "cli/app.hpp"
#include "cli/spool_event.hpp"
#include "cli/spool_match.hpp"
#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

namespace fs = std::filesystem;
namespace pcap = capture::pcap;
namespace spool = capture::spool;
namespace packet = capture::packet;

struct SpoolArgs {
  std::string dir, from, to, match, filter, output;
  std::string event, id, margin = "10s";
};

struct Found {
  std::string path;
  spool::Segment segment;
};

// Segments of a spool's folder and of its tasks' folders.
Result<std::vector<Found>> find_all(const std::string& dir) {
  std::vector<std::string> folders{dir};
  std::error_code problem;
  for (fs::directory_iterator it(dir, problem), end; !problem && it != end; it.increment(problem))
    if (std::error_code ignored; it->is_directory(ignored)) folders.push_back(it->path());
  if (problem)
    return Error{ErrorKind::no_input, fmt::format("{}: {}", dir, problem.message()), "dir"};
  std::sort(folders.begin() + 1, folders.end());
  std::vector<Found> all;
  for (const std::string& folder : folders)
    for (const spool::Segment& segment : DNSTORM_TRY(spool::find_segments(folder)))
      all.push_back({folder + "/" + spool::segment_name(segment), segment});
  return all;
}

Result<void> list(const SpoolArgs& args) {
  std::vector<Found> all = DNSTORM_TRY(find_all(args.dir));
  std::uint64_t packets = 0, bytes = 0;
  for (const Found& found : all) {
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

class Extract {
 public:
  static Result<Extract> make(const SpoolArgs& args) {
    Extract extract(args, DNSTORM_TRY(SpoolMatch::parse(args.match)));
    extract.from_ = DNSTORM_TRY(time_of("--from", args.from, time_min));
    extract.to_ = DNSTORM_TRY(time_of("--to", args.to, time_max));
    if (!args.event.empty()) DNSTORM_CHECK(extract.take_event());
    return extract;
  }

  Result<void> run() {
    std::vector<std::string> files;
    for (const Found& found : DNSTORM_TRY(find_all(args_.dir))) {
      const spool::Segment& s = found.segment;
      if (s.complete && (s.last < from_ || s.first >= to_)) continue;
      if (s.bytes != 0) files.push_back(found.path);
    }
    auto queue = DNSTORM_TRY(pcap::FileQueue::open(files, pcap::FileOrder::time));
    pcap::Packet packet;
    for (;;) {
      pcap::Read read = queue.next(packet);
      if (read == pcap::Read::end) break;
      // The end of what has been written so far, or the cut of a run that was killed.
      if (read == pcap::Read::error) {
        if (queue.error().kind != ErrorKind::data) return queue.error();
        ++cut_;
        continue;
      }
      DNSTORM_CHECK(take(packet));
    }
    if (!writer_) DNSTORM_CHECK(open_writer(packet::LinkType::ethernet));
    DNSTORM_CHECK(writer_->close());
    fmt::print(stderr, "{} of {} packets\n", writer_->packets(), seen_);
    if (cut_ != 0) fmt::print(stderr, "dnstorm: {} segments were read up to their cut\n", cut_);
    return {};
  }

 private:
  Extract(const SpoolArgs& args, SpoolMatch match) : args_(args), match_(std::move(match)) {}

  // What is said by --from, --to and --match narrows it down further.
  Result<void> take_event() {
    auto margin = parse_duration(args_.margin);
    if (!margin || *margin < 0)
      return Error{ErrorKind::usage,
                   fmt::format("--margin takes a time such as 10s, not '{}'", args_.margin),
                   "--margin"};
    SpoolEvent event = DNSTORM_TRY(read_spool_event(args_.event, args_.id));
    from_ = std::max(from_, event.from - *margin);
    to_ = std::min(to_, event.to + *margin);
    std::string told;
    for (const auto& [key, value] : event.match) {
      DNSTORM_CHECK(match_.set(key, value));
      told += fmt::format(", {}={}", key, value);
    }
    fmt::print(stderr, "from {} to {}{}\n", format_time(from_), format_time(to_), told);
    return {};
  }

  Result<void> open_writer(packet::LinkType link) {
    pcap::WriterOptions options;
    options.nanoseconds = true;
    options.link_type = static_cast<std::uint32_t>(link);
    writer_ = DNSTORM_TRY(pcap::Writer::open(args_.output, options));
    link_ = link;
    return {};
  }

  Result<bool> passes_filter(const pcap::Packet& packet) {
    if (args_.filter.empty()) return true;
    auto known = filters_.find(packet.link);
    if (known == filters_.end()) {
      auto filter = DNSTORM_TRY(pcap::BpfFilter::compile(args_.filter, packet.link));
      known = filters_.emplace(packet.link, std::move(filter)).first;
    }
    return known->second.matches(packet);
  }

  Result<void> take(const pcap::Packet& packet) {
    ++seen_;
    if (packet.time < from_ || packet.time >= to_) return {};
    bool passes = DNSTORM_TRY(passes_filter(packet));
    if (!passes || !match_.matches(packet)) return {};
    if (!writer_) DNSTORM_CHECK(open_writer(packet.link));
    if (packet.link != link_)
      return Error{ErrorKind::data,
                   fmt::format("{}: a pcap file holds packets of one link type, and these are of "
                               "{} and {}; choose an interface's with --filter",
                               args_.output, to_string(link_), to_string(packet.link)),
                   {}};
    return writer_->write(packet.time, packet.bytes, packet.original_length);
  }

  const SpoolArgs& args_;
  SpoolMatch match_;
  TimeNs from_ = time_min, to_ = time_max;
  std::map<packet::LinkType, pcap::BpfFilter> filters_;
  std::unique_ptr<pcap::Writer> writer_;
  packet::LinkType link_ = packet::LinkType::ethernet;
  std::uint64_t seen_ = 0, cut_ = 0;
};

Result<void> extract(const SpoolArgs& args) {
  auto job = DNSTORM_TRY(Extract::make(args));
  return job.run();
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
