#include "capture/spool/spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace dnstorm::capture::spool {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t buffer_max = 4U << 20U;
constexpr mode_t file_mode = 0640;  // packets are nobody else's business

Error folder_error(const std::string& folder, int code) {
  ErrorKind kind = code == EACCES || code == EPERM ? ErrorKind::permission : ErrorKind::io;
  return {kind, fmt::format("{}: cannot be used as a spool: {}", folder, std::strerror(code)),
          "spool"};
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options) {
  std::unique_ptr<Spool> spool(new Spool(std::move(options)));
  std::error_code problem;
  fs::create_directories(spool->options_.folder, problem);
  if (problem) return folder_error(spool->options_.folder, problem.value());
  DNSTORM_CHECK(spool->lock());
  DNSTORM_CHECK(spool->take_over());
  return spool;
}

Spool::~Spool() {
  close();
  if (lock_ >= 0) ::close(lock_);
}

std::string Spool::path(const Segment& segment) const {
  return options_.folder + "/" + segment_name(segment);
}

Result<void> Spool::lock() {
  std::string file = options_.folder + "/lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
  if (lock_ < 0) return folder_error(options_.folder, errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  return Error{ErrorKind::unavailable,
               fmt::format("{}: another dnstorm writes this spool", options_.folder), "spool"};
}

Result<void> Spool::take_over() {
  std::vector<Segment> found = DNSTORM_TRY(find_segments(options_.folder));
  for (Segment& segment : found) {
    if (segment.number <= number_) continue;  // two of one number: the first name counts
    number_ = segment.number;
    if (!segment.complete) {
      DNSTORM_CHECK(recover(segment));
      continue;
    }
    ring_.adopt(segment);
    next_ = std::max(next_, segment.base + segment.packets);
    newest_ = std::max(newest_, segment.last);
  }
  for (const Segment& gone : ring_.expire(newest_)) remove(gone);
  return {};
}

// A run that was killed left its last segment open, perhaps with half a block at its end.
Result<void> Spool::recover(Segment segment) {
  std::string old = path(segment);
  int fd = ::open(old.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return folder_error(options_.folder, errno);
  Scan scan;
  if (segment.bytes != 0) {
    void* map = ::mmap(nullptr, segment.bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) {
      scan = scan_segment({static_cast<const std::uint8_t*>(map), segment.bytes});
      ::munmap(map, segment.bytes);
    }
  }
  bool cut = ::ftruncate(fd, static_cast<off_t>(scan.bytes)) == 0;
  ::close(fd);
  if (!cut) return folder_error(options_.folder, errno);
  if (scan.packets == 0) {
    ::unlink(old.c_str());
    next_ = std::max(next_, segment.base);
    return {};
  }
  segment.packets = scan.packets;
  segment.first = scan.first;
  segment.last = scan.last;
  segment.bytes = scan.bytes;
  segment.complete = true;
  if (::rename(old.c_str(), path(segment).c_str()) != 0)
    return folder_error(options_.folder, errno);
  ring_.adopt(segment);
  next_ = std::max(next_, segment.base + segment.packets);
  newest_ = std::max(newest_, segment.last);
  return {};
}

std::uint32_t Spool::interface_id(std::size_t number, packet::LinkType link) {
  for (std::size_t i = 0; i < interfaces_.size(); ++i)
    if (interfaces_[i].number == number && interfaces_[i].link == link)
      return static_cast<std::uint32_t>(i);
  interfaces_.push_back({number, link});
  put_interface(buffer_, link, options_.interfaces[number]);
  return static_cast<std::uint32_t>(interfaces_.size() - 1);
}

void Spool::append(const pcap::Packet& packet, std::size_t interface) {
  Segment open = open_;
  open.bytes += buffer_.size();
  if (buffered_.packets != 0) {
    open.first = open.packets == 0 ? buffered_.first : std::min(open.first, buffered_.first);
    open.packets += buffered_.packets;
  }
  if (ring_.due(open, packet.bytes.size() + packet_block_overhead, packet.time)) {
    flush();
    complete_segment();
  }
  if (buffer_.size() > buffer_max) flush();
  if (file_ < 0 && buffer_.empty()) {
    interfaces_.clear();
    put_section(buffer_);
  }
  put_packet(buffer_, packet, interface_id(interface, packet.link));
  buffered_.first = buffered_.packets == 0 ? packet.time : std::min(buffered_.first, packet.time);
  buffered_.last = buffered_.packets == 0 ? packet.time : std::max(buffered_.last, packet.time);
  ++buffered_.packets;
}

bool Spool::begin_segment() {
  if (file_ >= 0) return true;
  Segment segment;
  segment.number = number_ + 1;
  segment.base = next_;
  file_ = ::open(path(segment).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
  if (file_ < 0) return false;
  open_ = segment;
  ++number_;
  return true;
}

bool Spool::try_write() {
  if (!begin_segment()) return false;
  std::span<const std::uint8_t> rest(buffer_);
  while (!rest.empty()) {
    ssize_t n = ::pwrite(file_, rest.data(), rest.size(),
                         static_cast<off_t>(open_.bytes + buffer_.size() - rest.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      int code = n == 0 ? ENOSPC : errno;
      (void)!::ftruncate(file_, static_cast<off_t>(open_.bytes));
      errno = code;
      return false;
    }
    rest = rest.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool Spool::write_out() {
  if (try_write()) return true;
  int code = errno;
  // The ring's own past is worth less than its present.
  if (code == ENOSPC || code == EDQUOT) {
    if (auto oldest = ring_.give_up_oldest()) {
      remove(*oldest);
      if (try_write()) return true;
      code = errno;
    }
  }
  problem_ = fmt::format("{}: cannot write the spool: {}", options_.folder, std::strerror(code));
  return false;
}

void Spool::flush() {
  if (buffered_.packets == 0) return;
  if (write_out()) {
    open_.bytes += buffer_.size();
    open_.first = open_.packets == 0 ? buffered_.first : std::min(open_.first, buffered_.first);
    open_.last = open_.packets == 0 ? buffered_.last : std::max(open_.last, buffered_.last);
    open_.packets += buffered_.packets;
    next_ += buffered_.packets;
    newest_ = std::max(newest_, buffered_.last);
  } else {
    keep_unwritten();
    complete_segment();  // whose interfaces may not have been written: the next one begins anew
  }
  buffer_.clear();
  buffered_ = {};
}

void Spool::keep_unwritten() {
  unwritten_ += buffered_.packets;
  std::span<const std::uint8_t> rest(buffer_);
  while (auto block = first_block(rest)) {
    rest = rest.subspan(block->bytes.size());
    auto packet = packet_in(*block);
    if (!packet) continue;
    packet::LinkType link = interfaces_[packet->interface].link;
    put_packet(lost_, {packet->time, link, packet->original_length, packet->bytes, nullptr},
               static_cast<std::uint32_t>(link));
  }
}

void Spool::complete_segment() {
  interfaces_.clear();
  if (file_ < 0) return;
  ::close(file_);
  file_ = -1;
  std::string old = path(open_);
  if (open_.packets == 0) {
    ::unlink(old.c_str());
    open_ = {};
    return;
  }
  Segment complete = std::exchange(open_, {});
  complete.complete = true;
  // A file that cannot be renamed keeps its packets under its old name; the next run takes it over.
  if (::rename(old.c_str(), path(complete).c_str()) != 0) complete.complete = false;
  ring_.complete(complete);
  for (const Segment& gone : ring_.expire(newest_)) remove(gone);
}

void Spool::close() {
  flush();
  complete_segment();
}

void Spool::remove(const Segment& segment) {
  ::unlink(path(segment).c_str());
  overwritten_ += segment.packets;
}

std::uint64_t Spool::first_from(std::uint64_t packet) const {
  const auto& all = ring_.segments();
  auto after = std::ranges::upper_bound(all, packet, {}, &Segment::base);
  if (after != all.begin() && packet - (after - 1)->base < (after - 1)->packets) return packet;
  if (after != all.end()) return after->base;
  return file_ >= 0 ? std::max(packet, open_.base) : next_;
}

std::optional<Segment> Spool::find(std::uint64_t packet, std::string& where) const {
  const auto& all = ring_.segments();
  auto after = std::ranges::upper_bound(all, packet, {}, &Segment::base);
  if (after != all.begin() && packet - (after - 1)->base < (after - 1)->packets) {
    where = path(*(after - 1));
    return *(after - 1);
  }
  if (file_ < 0 || packet < open_.base || packet - open_.base >= open_.packets) return std::nullopt;
  where = path(open_);
  return open_;
}

Result<bool> SpoolReader::next(pcap::Packet& out) {
  for (;;) {
    if (at_ >= spool_.next()) return false;
    if (!reader_) {
      bool there = DNSTORM_TRY(enter());
      if (!there) return false;
    }
    switch (reader_->next(out)) {
      case pcap::Read::packet:
        ++at_;
        return true;
      case pcap::Read::error:
        return reader_->error();
      case pcap::Read::end:
        reader_.reset();  // on to the next segment
    }
  }
}

// Opens the segment of the packet it stands at, or of the first one behind it that is left.
Result<bool> SpoolReader::enter() {
  std::uint64_t there = spool_.first_from(at_);
  lost_ += there - at_;
  at_ = there;
  std::string path;
  auto segment = spool_.find(at_, path);
  if (!segment) return false;
  reader_ = DNSTORM_TRY(pcap::FileReader::open(path));
  pcap::Packet skipped;
  for (std::uint64_t i = segment->base; i < at_; ++i)
    if (reader_->next(skipped) == pcap::Read::error) return reader_->error();
  return true;
}

}  // namespace dnstorm::capture::spool
