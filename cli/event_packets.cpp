#include "cli/event_packets.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/shell_word.hpp"
#include "cli/spool_event.hpp"
#include "cli/spool_extract.hpp"

namespace dnstorm::cli {

namespace {

constexpr DurationNs margin = 10 * ns_per_s;

// A file in memory that has a path.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("packets", MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool open() const { return fd_ >= 0; }
  std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }
  Result<std::string> read() const {
    const off_t size = ::lseek(fd_, 0, SEEK_END);
    std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t got =
          ::pread(fd_, text.data() + done, text.size() - done, static_cast<off_t>(done));
      if (got <= 0)
        return Error{ErrorKind::io, fmt::format("packets: {}", std::strerror(errno)), ""};
      done += static_cast<std::size_t>(got);
    }
    return text;
  }

 private:
  int fd_;
};

struct Kept {
  std::vector<std::string> files;  // that may hold the packets
  TimeNs oldest = time_max;        // as far as names of files say
};

Result<Kept> find_kept(const EventSources& sources, TimeNs from, TimeNs to) {
  Kept kept;
  for (const std::string& spool : sources.spools) {
    for (const SpoolSegment& found : DNSTORM_TRY(spool_segments(spool)))
      if (found.segment.complete) kept.oldest = std::min(kept.oldest, found.segment.first);
    for (std::string& file : DNSTORM_TRY(spool_files(spool, from, to)))
      kept.files.push_back(std::move(file));
  }
  for (const std::string& capture : sources.captures)
    if (std::error_code ignored; std::filesystem::is_regular_file(capture, ignored))
      kept.files.push_back(capture);
  return kept;
}

Error missing(const LoggedEvent& event, const EventSources& sources, const ExtractWish& wish,
              TimeNs oldest, std::uint64_t seen) {
  const std::string when = fmt::format("{} to {}", format_time(wish.from), format_time(wish.to));
  std::string what;
  if (sources.spools.empty() && sources.captures.empty())
    what = "this run keeps no packets: give its pcap spout a spool (spool: FOLDER)";
  else if (oldest != time_max && oldest > event.end)
    what = fmt::format("the packets of this event, {}, are gone: what is kept begins at {}", when,
                       format_time(oldest));
  else
    what = fmt::format("none of the {} packets that were looked at, {}, is about {}", seen, when,
                       event.key);
  return {ErrorKind::no_input, what, ""};
}

}  // namespace

std::string packets_command(const LoggedEvent& event, const std::string& spool) {
  std::string match;
  for (const auto& [key, value] : event_conditions(event.key_kind, event.key))
    match += fmt::format("{}{}={}", match.empty() ? "" : ", ", key, value);
  return fmt::format("dnstorm spool extract --dir {} --from {} --to {}{} -o {}", shell_word(spool),
                     format_time(event.start - margin), format_time(event.end + margin),
                     match.empty() ? "" : " --match " + shell_word(match),
                     shell_word(fmt::format("{}-{}.pcap", event.detector, event.id)));
}

Result<EventPackets> packets_of(const LoggedEvent& event, const EventSources& sources,
                                const PacketLimits& limits) {
  ExtractWish wish;
  wish.from = event.start - margin;
  wish.to = event.end + margin;
  wish.output_bytes_max = limits.output_bytes;
  wish.read_bytes_max = limits.read_bytes;
  for (const auto& [key, value] : event_conditions(event.key_kind, event.key))
    DNSTORM_CHECK(wish.match.set(key, value));
  const Kept kept = DNSTORM_TRY(find_kept(sources, wish.from, wish.to));
  if (kept.files.empty()) return missing(event, sources, wish, kept.oldest, 0);
  MemoryFile file;
  if (!file.open())
    return Error{ErrorKind::io, fmt::format("packets: {}", std::strerror(errno)), ""};
  const Extracted done = DNSTORM_TRY(extract_packets(kept.files, wish, file.path()));
  if (done.packets == 0)
    return missing(event, sources, wish, std::min(kept.oldest, done.oldest), done.seen);
  return EventPackets{DNSTORM_TRY(file.read()), done.packets, done.ended_early};
}

}  // namespace dnstorm::cli
