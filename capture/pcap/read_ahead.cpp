#include "capture/pcap/read_ahead.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace dnstorm::capture::pcap {

namespace {

constexpr std::size_t slice_packets_max = 1024;
constexpr std::size_t slice_bytes_max = 128 * 1024;

// Packets that lie in blocks which are held here.
struct Slice {
  std::vector<Packet> packets;
  std::deque<Block> blocks;  // packets point to its elements
  std::size_t bytes = 0;
  Read ends = Read::packet;  // what comes behind the last packet
};

std::size_t cost_of(const Packet& packet) { return packet.bytes.size() + sizeof(Packet); }

// One file. The thread that fills it has `reader` for itself; the rest is the pool's.
struct File {
  std::unique_ptr<FileReader> reader;
  std::deque<Slice> ready;
  bool filling = false;
  bool begun = false;   // somebody asks for its packets
  bool ended = false;   // its last slice is ready
  bool closed = false;  // nobody wants it any more
  std::atomic<std::uint64_t> bytes_read = 0;
};

Slice read_slice(File& file) {
  Slice slice;
  slice.packets.reserve(slice_packets_max);
  while (slice.packets.size() < slice_packets_max && slice.bytes < slice_bytes_max) {
    Packet packet;
    slice.ends = file.reader->next(packet);
    if (slice.ends != Read::packet) break;
    if (slice.blocks.empty() || slice.blocks.back() != *packet.block)
      slice.blocks.push_back(*packet.block);
    packet.block = &slice.blocks.back();
    slice.bytes += cost_of(packet);
    slice.packets.push_back(packet);
  }
  file.bytes_read.store(file.reader->bytes_read(), std::memory_order_relaxed);
  return slice;
}

}  // namespace

class ReadAhead::Pool {
 public:
  Pool(unsigned threads, std::size_t bytes) : bytes_max_(bytes) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void add(std::shared_ptr<File> file) {
    {
      std::lock_guard lock(mutex_);
      files_.push_back(std::move(file));
    }
    work_.notify_one();
  }

  // The next slice in place of `used`.
  Slice exchange(File& file, const Slice& used) {
    std::unique_lock lock(mutex_);
    held_ -= used.bytes;
    file.begun = true;
    if (file.ready.empty()) work_.notify_one();
    filled_.wait(lock, [&] { return !file.ready.empty(); });
    Slice next = std::move(file.ready.front());
    file.ready.pop_front();
    lock.unlock();
    work_.notify_one();  // there is room now
    return next;
  }

  void close(const std::shared_ptr<File>& file, const Slice& used) {
    {
      std::lock_guard lock(mutex_);
      held_ -= used.bytes;
      for (const Slice& slice : file->ready) held_ -= slice.bytes;
      file->ready.clear();
      file->closed = true;
      files_.remove(file);
    }
    work_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      std::shared_ptr<File> file;
      work_.wait(lock, [&] { return stopping_ || (file = choose()) != nullptr; });
      if (stopping_) return;
      file->filling = true;
      lock.unlock();
      Slice slice = read_slice(*file);
      lock.lock();
      file->filling = false;
      file->ended = slice.ends != Read::packet;
      if (file->closed) continue;
      held_ += slice.bytes;
      file->ready.push_back(std::move(slice));
      filled_.notify_all();
    }
  }

  // What to go on with; null: nothing.
  std::shared_ptr<File> choose() const {
    std::shared_ptr<File> first;
    for (const std::shared_ptr<File>& file : files_) {
      if (file->filling || file->ended) continue;
      if (file->begun && file->ready.empty()) return file;
      if (!first && held_ < bytes_max_) first = file;
    }
    return first;
  }

  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable work_, filled_;
  std::list<std::shared_ptr<File>> files_;  // as they were wrapped
  std::size_t held_ = 0;                    // bytes of slices that are ready or being read
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class ReadAhead::Reader final : public FileReader {
 public:
  Reader(std::shared_ptr<Pool> pool, std::unique_ptr<FileReader> reader)
      : pool_(std::move(pool)),
        total_(reader->bytes_total()),
        packets_(reader->packets()),
        file_(std::make_shared<File>()) {
    reader->lend_blocks();
    file_->bytes_read = reader->bytes_read();
    file_->reader = std::move(reader);
    pool_->add(file_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() override { pool_->close(file_, slice_); }

  void lend_blocks() override { lends_ = true; }

  Read next(Packet& out) override {
    while (at_ == slice_.packets.size()) {
      if (slice_.ends != Read::packet) return slice_.ends;
      slice_ = pool_->exchange(*file_, slice_);
      at_ = 0;
    }
    out = slice_.packets[at_++];
    if (!lends_) out.block = nullptr;
    ++packets_;
    return Read::packet;
  }
  // After the last slice no thread touches the file.
  const Error& error() const override { return file_->reader->error(); }
  std::uint64_t packets() const override { return packets_; }
  std::uint64_t bytes_read() const override {
    return file_->bytes_read.load(std::memory_order_relaxed);
  }
  std::uint64_t bytes_total() const override { return total_; }

 private:
  std::shared_ptr<Pool> pool_;
  std::uint64_t total_;
  std::uint64_t packets_;
  std::shared_ptr<File> file_;
  Slice slice_;
  std::size_t at_ = 0;
  bool lends_ = false;
};

ReadAhead::ReadAhead(unsigned threads, std::size_t bytes)
    : threads_(threads), pool_(std::make_shared<Pool>(threads, bytes)) {}

ReadAhead::~ReadAhead() = default;

std::unique_ptr<FileReader> ReadAhead::wrap(std::unique_ptr<FileReader> file) {
  return std::make_unique<Reader>(pool_, std::move(file));
}

}  // namespace dnstorm::capture::pcap
