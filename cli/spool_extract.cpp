#include "cli/spool_extract.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "capture/pcap/file_queue.hpp"
#include "capture/pcap/filter.hpp"
#include "capture/pcap/writer.hpp"

namespace dnstorm::cli {

namespace {

namespace fs = std::filesystem;
namespace pcap = capture::pcap;
namespace packet = capture::packet;

class Extract {
 public:
  Extract(ExtractWish wish, std::string output)
      : wish_(std::move(wish)), output_(std::move(output)) {}

  Result<Extracted> run(const std::vector<std::string>& files) {
    auto queue = DNSTORM_TRY(pcap::FileQueue::open(files, pcap::FileOrder::time));
    pcap::Packet packet;
    for (;;) {
      pcap::Read read = queue.next(packet);
      if (read == pcap::Read::end) break;
      // The end of what has been written so far, or the cut of a run that was killed.
      if (read == pcap::Read::error) {
        if (queue.error().kind != ErrorKind::data) return queue.error();
        ++done_.cut_files;
        continue;
      }
      ++done_.seen;
      done_.oldest = std::min(done_.oldest, packet.time);
      DNSTORM_CHECK(take(packet));
      done_.ended_early = over(queue.bytes_read(), wish_.read_bytes_max) ||
                          over(writer_ ? writer_->bytes() : 0, wish_.output_bytes_max);
      if (done_.ended_early) break;
    }
    if (!writer_) DNSTORM_CHECK(open_writer(packet::LinkType::ethernet));
    DNSTORM_CHECK(writer_->close());
    done_.packets = writer_->packets();
    return done_;
  }

 private:
  static bool over(std::uint64_t bytes, std::uint64_t most) { return most != 0 && bytes >= most; }

  Result<void> open_writer(packet::LinkType link) {
    pcap::WriterOptions options;
    options.nanoseconds = true;
    options.link_type = static_cast<std::uint32_t>(link);
    writer_ = DNSTORM_TRY(pcap::Writer::open(output_, options));
    link_ = link;
    return {};
  }

  Result<bool> passes_filter(const pcap::Packet& packet) {
    if (wish_.filter.empty()) return true;
    auto known = filters_.find(packet.link);
    if (known == filters_.end()) {
      auto filter = DNSTORM_TRY(pcap::BpfFilter::compile(wish_.filter, packet.link));
      known = filters_.emplace(packet.link, std::move(filter)).first;
    }
    return known->second.matches(packet);
  }

  Result<void> take(const pcap::Packet& packet) {
    if (packet.time < wish_.from || packet.time >= wish_.to) return {};
    bool passes = DNSTORM_TRY(passes_filter(packet));
    if (!passes || !wish_.match.matches(packet)) return {};
    if (!writer_) DNSTORM_CHECK(open_writer(packet.link));
    if (packet.link != link_)
      return Error{ErrorKind::data,
                   fmt::format("{}: a pcap file holds packets of one link type, and these are of "
                               "{} and {}; choose an interface's with --filter",
                               output_, to_string(link_), to_string(packet.link)),
                   {}};
    return writer_->write(packet.time, packet.bytes, packet.original_length);
  }

  ExtractWish wish_;
  std::string output_;
  std::map<packet::LinkType, pcap::BpfFilter> filters_;
  std::unique_ptr<pcap::Writer> writer_;
  packet::LinkType link_ = packet::LinkType::ethernet;
  Extracted done_;
};

}  // namespace

Result<std::vector<SpoolSegment>> spool_segments(const std::string& dir) {
  std::vector<std::string> folders{dir};
  std::error_code problem;
  for (fs::directory_iterator it(dir, problem), end; !problem && it != end; it.increment(problem))
    if (std::error_code ignored; it->is_directory(ignored)) folders.push_back(it->path());
  if (problem)
    return Error{ErrorKind::no_input, fmt::format("{}: {}", dir, problem.message()), "dir"};
  std::sort(folders.begin() + 1, folders.end());
  std::vector<SpoolSegment> all;
  for (const std::string& folder : folders)
    for (const auto& segment : DNSTORM_TRY(capture::spool::find_segments(folder)))
      all.push_back({folder + "/" + capture::spool::segment_name(segment), segment});
  return all;
}

Result<std::vector<std::string>> spool_files(const std::string& dir, TimeNs from, TimeNs to) {
  std::vector<std::string> files;
  for (const SpoolSegment& found : DNSTORM_TRY(spool_segments(dir))) {
    const capture::spool::Segment& s = found.segment;
    if (s.complete && (s.last < from || s.first >= to)) continue;
    if (s.bytes != 0) files.push_back(found.path);
  }
  return files;
}

Result<Extracted> extract_packets(const std::vector<std::string>& files, ExtractWish wish,
                                  const std::string& output) {
  return Extract(std::move(wish), output).run(files);
}

}  // namespace dnstorm::cli
