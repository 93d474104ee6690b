#include "capture/pcap/file_queue.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace dnstorm::capture::pcap {

namespace {

// 0 for what cannot be opened a second time: a pipe, standard input.
std::uint64_t size_of_file(const std::string& path) {
  struct stat info {};
  if (path == "-" || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  return static_cast<std::uint64_t>(info.st_size);
}

}  // namespace

Result<FileQueue> FileQueue::open(const std::vector<std::string>& files, FileOrder order,
                                  OpenFile open_file) {
  // One file is in its own order, and its blocks may be lent.
  FileQueue queue(files.size() > 1 ? order : FileOrder::files, std::move(open_file));
  for (const std::string& file : files) queue.append(file);
  if (queue.order_ == FileOrder::time)
    DNSTORM_CHECK(queue.look_ahead());
  else if (!queue.entries_.empty())
    DNSTORM_CHECK(queue.open_entry(queue.entries_.front()));
  return queue;
}

FileQueue::Entry& FileQueue::append(std::string path) {
  Entry& entry = entries_.emplace_back();
  entry.size = size_of_file(path);
  entry.at.path = std::move(path);
  return entry;
}

void FileQueue::add(std::string path) {
  DNSTORM_ASSERT(order_ == FileOrder::files, "files are added to a queue in their order only");
  append(std::move(path));
}

void FileQueue::forget(const std::string& path) {
  for (std::size_t i = 0; i < current_; ++i) {
    if (entries_[i].at.path != path) continue;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    --current_;
    return;
  }
}

void FileQueue::rename(const std::string& from, const std::string& to) {
  for (std::size_t i = 0; i < current_; ++i)
    if (entries_[i].at.path == from) entries_[i].at.path = to;
}

// Opens a file and stands behind the packets that have been taken from it.
Result<void> FileQueue::open_entry(Entry& entry) {
  entry.reader = DNSTORM_TRY(open_file_(entry.at.path));
  if (order_ == FileOrder::files) entry.reader->lend_blocks();
  Packet skipped;
  for (std::uint64_t i = 0; i < entry.at.taken; ++i) {
    Read read = entry.reader->next(skipped);
    if (read == Read::error) return entry.reader->error();
    if (read == Read::end)
      return Error{ErrorKind::data,
                   fmt::format("{} has only {} packets, and the checkpoint was taken after {}: "
                               "it is not the file of that run",
                               entry.at.path, i, entry.at.taken),
                   "file"};
  }
  return {};
}

// Reads the time of each file's first packet. A file that cannot even give that one is told by the
// first read.
Result<void> FileQueue::look_ahead() {
  heap_.clear();
  waiting_.clear();
  last_ = none;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.at.done) continue;
    DNSTORM_CHECK(open_entry(entry));
    entry.time = time_min;
    switch (entry.reader->next(entry.packet)) {
      case Read::packet:
        entry.time = entry.packet.time;
        break;
      case Read::end:
        finish(entry);
        continue;
      case Read::error:
        break;  // told by the next read
    }
    if (i >= kept_open_max && entry.size != 0) entry.reader.reset();
    waiting_.push_back(i);
  }
  std::ranges::sort(waiting_, [this](std::size_t a, std::size_t b) { return later(a, b); });
  return {};
}

bool FileQueue::later(std::size_t a, std::size_t b) const {
  const Entry &x = entries_[a], &y = entries_[b];
  return x.time != y.time ? x.time > y.time : a > b;
}

void FileQueue::finish(Entry& entry) {
  if (entry.reader) bytes_done_ += entry.size == 0 ? entry.reader->bytes_read() : entry.size;
  entry.reader.reset();
  entry.at.done = true;
}

Read FileQueue::fail(Entry& entry, Error error) {
  error_ = std::move(error);
  finish(entry);
  return Read::error;
}

// The next packet of a merged file; false: it has none left.
Result<bool> FileQueue::fetch(Entry& entry) {
  switch (entry.reader->next(entry.packet)) {
    case Read::packet:
      entry.time = entry.packet.time;
      return true;
    case Read::end:
      finish(entry);
      return false;
    case Read::error:
      break;
  }
  return entry.reader->error();
}

Result<void> FileQueue::enqueue(std::size_t index) {
  Entry& entry = entries_[index];
  if (!entry.reader) {
    DNSTORM_CHECK(open_entry(entry));
    bool more = DNSTORM_TRY(fetch(entry));
    if (!more) return {};
  } else if (entry.time == time_min) {
    return entry.reader->error();
  }
  heap_.push_back(index);
  std::ranges::push_heap(heap_, [this](std::size_t a, std::size_t b) { return later(a, b); });
  return {};
}

Read FileQueue::next_by_time(Packet& out) {
  auto order = [this](std::size_t a, std::size_t b) { return later(a, b); };
  if (last_ != none) {
    std::size_t index = std::exchange(last_, none);
    Result<bool> more = fetch(entries_[index]);
    if (!more.ok()) return fail(entries_[index], std::move(more.error()));
    if (*more) {
      heap_.push_back(index);
      std::ranges::push_heap(heap_, order);
    }
  }
  while (!waiting_.empty() && (heap_.empty() || later(heap_.front(), waiting_.back()))) {
    std::size_t index = waiting_.back();
    waiting_.pop_back();
    Result<void> opened = enqueue(index);
    if (!opened.ok()) return fail(entries_[index], std::move(opened.error()));
  }
  if (heap_.empty()) return Read::end;
  std::ranges::pop_heap(heap_, order);
  last_ = heap_.back();
  heap_.pop_back();
  Entry& entry = entries_[last_];
  ++entry.at.taken;
  out = entry.packet;
  return Read::packet;
}

Read FileQueue::next_of_files(Packet& out) {
  for (; current_ < entries_.size(); ++current_) {
    Entry& entry = entries_[current_];
    if (entry.at.done) continue;
    if (!entry.reader) {
      Result<void> opened = open_entry(entry);
      if (!opened.ok()) return fail(entry, std::move(opened.error()));
    }
    switch (entry.reader->next(out)) {
      case Read::packet:
        ++entry.at.taken;
        return Read::packet;
      case Read::error:
        return fail(entry, entry.reader->error());
      case Read::end:
        finish(entry);
    }
  }
  return Read::end;
}

Read FileQueue::next(Packet& out) {
  return order_ == FileOrder::time ? next_by_time(out) : next_of_files(out);
}

std::vector<FileQueue::Position> FileQueue::positions() const {
  std::vector<Position> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(entry.at);
  return all;
}

std::vector<FileQueue::Position> FileQueue::positions_before_last() const {
  std::vector<Position> all = positions();
  --all[order_ == FileOrder::time ? last_ : current_].taken;
  return all;
}

Result<void> FileQueue::seek(const std::vector<Position>& positions) {
  DNSTORM_ASSERT(positions.size() == entries_.size(), "positions are those of these files",
                 positions.size(), entries_.size());
  bytes_done_ = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    Entry& entry = entries_[i];
    entry.at.taken = positions[i].taken;
    entry.at.done = positions[i].done;
    if (entry.at.done) bytes_done_ += entry.size;
    // What has not moved keeps its reader: standard input cannot be opened twice.
    if (entry.at.taken != 0 || entry.at.done) entry.reader.reset();
  }
  if (order_ == FileOrder::time) return look_ahead();
  for (Entry& entry : entries_)
    if (!entry.at.done) return entry.reader ? Result<void>{} : open_entry(entry);
  return {};
}

std::uint64_t FileQueue::bytes_read() const {
  std::uint64_t sum = bytes_done_;
  for (const Entry& entry : entries_)
    if (entry.reader) sum += entry.reader->bytes_read();
  return sum;
}

std::uint64_t FileQueue::bytes_total() const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries_) sum += entry.size;
  return sum;
}

}  // namespace dnstorm::capture::pcap
