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
                                  OpenFile open_file, Reading reading) {
  // One file is in its own order, and its blocks may be lent.
  FileQueue queue(files.size() > 1 ? order : FileOrder::files, std::move(open_file),
                  std::move(reading));
  queue.entries_.reserve(files.size());
  for (const std::string& file : files) queue.append(file);
  if (!queue.reading_.seek_follows) DNSTORM_CHECK(queue.look_at_all());
  return queue;
}

Result<void> FileQueue::look_at_all() {
  if (order_ == FileOrder::time) return look_ahead();
  // What cannot be opened and may be left is told in its turn.
  if (reading_.leave_damaged) return {};
  for (std::size_t i = current_; i < entries_.size(); ++i)
    if (!entries_[i].at.done) return entries_[i].reader ? Result<void>{} : open_entry(i);
  return {};
}

FileQueue::Entry& FileQueue::append(std::string path) {
  Entry& entry = entries_.emplace_back();
  entry.size = size_of_file(path);
  entry.at.path = std::move(path);
  bytes_total_ += entry.size;
  return entry;
}

void FileQueue::add(std::string path) {
  DNSTORM_ASSERT(order_ == FileOrder::files, "files are added to a queue in their order only");
  append(std::move(path));
}

void FileQueue::forget(const std::string& path) {
  for (std::size_t i = 0; i < current_; ++i) {
    if (entries_[i].at.path != path) continue;
    bytes_total_ -= entries_[i].size;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    for (std::size_t& open : open_) open -= open > i ? 1U : 0U;
    --current_;
    --files_done_;
    return;
  }
}

void FileQueue::rename(const std::string& from, const std::string& to) {
  for (std::size_t i = 0; i < current_; ++i)
    if (entries_[i].at.path == from) entries_[i].at.path = to;
}

// Opens a file and stands behind the packets that have been taken from it.
Result<void> FileQueue::open_entry(std::size_t index) {
  Entry& entry = entries_[index];
  std::unique_ptr<FileReader> reader = DNSTORM_TRY(open_file_(entry.at.path));
  bool ahead = reading_.ahead && entry.size != 0;
  if (ahead || order_ == FileOrder::files) reader->lend_blocks();
  Packet skipped;
  for (std::uint64_t i = 0; i < entry.at.taken; ++i) {
    Read read = reader->next(skipped);
    if (read == Read::error) return reader->error();
    if (read == Read::end)
      return Error{ErrorKind::data,
                   fmt::format("{} has only {} packets, and the checkpoint was taken after {}: "
                               "it is not the file of that run",
                               entry.at.path, i, entry.at.taken),
                   "file"};
  }
  if (ahead) reader = reading_.ahead->wrap(std::move(reader));
  if (order_ == FileOrder::files) reader->lend_blocks();
  if (!entry.reader) open_.push_back(index);
  entry.reader = std::move(reader);
  entry.fetched = false;
  return {};
}

void FileQueue::close_entry(std::size_t index) {
  if (!entries_[index].reader) return;
  entries_[index].reader.reset();
  entries_[index].fetched = false;
  std::erase(open_, index);
}

// Reads the time of each file's first packet, and stands again in those that have been begun.
Result<void> FileQueue::look_ahead() {
  heap_.clear();
  waiting_.clear();
  last_ = none;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].at.done) continue;
    DNSTORM_CHECK(entries_[i].at.taken == 0 ? look_at(i) : begin_again(i));
  }
  std::ranges::sort(waiting_, [this](std::size_t a, std::size_t b) { return later(a, b); });
  open_next();
  return {};
}

// A file that cannot even give its first packet is told by the first read.
Result<void> FileQueue::look_at(std::size_t index) {
  Entry& entry = entries_[index];
  Result<std::unique_ptr<FileReader>> reader = open_file_(entry.at.path);
  if (!reader.ok()) {
    bool leave = reading_.leave_damaged && reader.error().kind != ErrorKind::unavailable;
    if (!leave) return std::move(reader.error());
    return wait_with(index, reader.error()), Result<void>{};
  }
  switch ((*reader)->next(entry.packet)) {
    case Read::packet:
      break;
    case Read::end:
      finish(index);
      return {};
    case Read::error:
      wait_with(index, (*reader)->error());
      return {};
  }
  entry.time = entry.packet.time;
  waiting_.push_back(index);
  // What is to be read ahead is opened for it, but a pipe cannot be opened twice.
  bool keep = entry.size == 0 || (!reading_.ahead && index < kept_open_max);
  if (!keep) return {};
  if (!entry.reader) open_.push_back(index);
  entry.reader = std::move(*reader);
  entry.fetched = true;
  return {};
}

Result<void> FileQueue::begin_again(std::size_t index) {
  DNSTORM_CHECK(open_entry(index));
  Result<bool> more = fetch(index);
  if (!more.ok())
    wait_with(index, more.error());
  else if (*more)
    push(index);
  return {};
}

void FileQueue::wait_with(std::size_t index, const Error& failure) {
  entries_[index].failure = std::make_unique<Error>(failure);
  entries_[index].time = time_min;
  waiting_.push_back(index);
}

// Opens those files that come next, for the threads that read ahead.
void FileQueue::open_next() {
  if (!reading_.ahead) return;
  unsigned left = reading_.ahead->threads();
  if (order_ == FileOrder::files)
    for (std::size_t i = current_ + 1; i < entries_.size() && left != 0; ++i)
      left -= open_early(i) ? 1U : 0U;
  else
    for (std::size_t i = waiting_.size(); i != 0 && left != 0; --i)
      left -= open_early(waiting_[i - 1]) ? 1U : 0U;
}

// One that cannot be opened is opened again in its turn, and told then.
bool FileQueue::open_early(std::size_t index) {
  const Entry& entry = entries_[index];
  if (entry.at.done || entry.failure) return false;
  if (!entry.reader) (void)open_entry(index);
  return true;
}

bool FileQueue::later(std::size_t a, std::size_t b) const {
  const Entry &x = entries_[a], &y = entries_[b];
  return x.time != y.time ? x.time > y.time : a > b;
}

void FileQueue::finish(std::size_t index) {
  Entry& entry = entries_[index];
  bytes_done_ += entry.size == 0 && entry.reader ? entry.reader->bytes_read() : entry.size;
  ++files_done_;
  close_entry(index);
  entry.failure.reset();
  entry.at.done = true;
}

Read FileQueue::fail(std::size_t index, Error error) {
  error_ = std::move(error);
  finish(index);
  return Read::error;
}

// The next packet of a merged file; false: it has none left.
Result<bool> FileQueue::fetch(std::size_t index) {
  Entry& entry = entries_[index];
  switch (entry.reader->next(entry.packet)) {
    case Read::packet:
      entry.time = entry.packet.time;
      entry.fetched = true;
      return true;
    case Read::end:
      finish(index);
      return false;
    case Read::error:
      break;
  }
  return entry.reader->error();
}

Result<void> FileQueue::enqueue(std::size_t index) {
  Entry& entry = entries_[index];
  if (entry.failure) return *entry.failure;
  if (!entry.reader) DNSTORM_CHECK(open_entry(index));
  open_next();
  if (!entry.fetched) {
    bool more = DNSTORM_TRY(fetch(index));
    if (!more) return {};
  }
  push(index);
  return {};
}

void FileQueue::push(std::size_t index) {
  heap_.push_back(index);
  std::ranges::push_heap(heap_, [this](std::size_t a, std::size_t b) { return later(a, b); });
}

Read FileQueue::next_by_time(Packet& out) {
  if (last_ != none) {
    std::size_t index = std::exchange(last_, none);
    Result<bool> more = fetch(index);
    if (!more.ok()) return fail(index, std::move(more.error()));
    if (*more) push(index);
  }
  while (!waiting_.empty() && (heap_.empty() || later(heap_.front(), waiting_.back()))) {
    std::size_t index = waiting_.back();
    waiting_.pop_back();
    Result<void> opened = enqueue(index);
    if (!opened.ok()) return fail(index, std::move(opened.error()));
  }
  if (heap_.empty()) return Read::end;
  std::ranges::pop_heap(heap_, [this](std::size_t a, std::size_t b) { return later(a, b); });
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
      Result<void> opened = open_entry(current_);
      if (!opened.ok()) return fail(current_, std::move(opened.error()));
    }
    if (entry.at.taken == 0) open_next();
    switch (entry.reader->next(out)) {
      case Read::packet:
        ++entry.at.taken;
        return Read::packet;
      case Read::error:
        return fail(current_, entry.reader->error());
      case Read::end:
        finish(current_);
    }
  }
  return Read::end;
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
  files_done_ = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    Entry& entry = entries_[i];
    entry.at.taken = positions[i].taken;
    entry.at.done = positions[i].done;
    if (entry.at.done) bytes_done_ += entry.size;
    files_done_ += entry.at.done ? 1U : 0U;
    // What has not moved keeps its reader: standard input cannot be opened twice.
    if (order_ == FileOrder::time || entry.at.taken != 0 || entry.at.done) close_entry(i);
  }
  return look_at_all();
}

std::uint64_t FileQueue::bytes_read() const {
  std::uint64_t sum = bytes_done_;
  for (std::size_t index : open_) sum += entries_[index].reader->bytes_read();
  return sum;
}

}  // namespace dnstorm::capture::pcap
