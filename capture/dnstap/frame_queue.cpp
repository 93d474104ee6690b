#include "capture/dnstap/frame_queue.hpp"

#include <algorithm>
#include <chrono>

#include "capture/dnstap/frame_stream.hpp"

namespace dnstorm::capture::dnstap {

FrameQueue::FrameQueue(std::size_t bytes_max)
    : bytes_max_(std::max<std::size_t>(bytes_max, 2 * chunk_bytes)) {}

bool FrameQueue::begin_chunk(std::size_t size) {
  publish();
  std::size_t capacity = std::max(size, chunk_bytes);
  {
    std::lock_guard lock(mutex_);
    // What was handed over last and still waits is filled up: frames that come one by one would
    // take a whole chunk's room each, and find none long before the limit.
    if (!chunks_.empty() && used_ + size <= chunks_.back()->capacity) {
      chunk_ = std::move(chunks_.back());
      chunks_.pop_back();
      return true;
    }
    // One frame always fits into an empty queue, however long it is.
    if (bytes_ != 0 && bytes_ + capacity > bytes_max_) return false;
    bytes_ += capacity;
  }
  memory_ = std::make_shared_for_overwrite<std::uint8_t[]>(capacity);
  chunk_ = std::make_unique<FrameChunk>();
  chunk_->block = memory_;
  chunk_->capacity = capacity;
  used_ = 0;
  return true;
}

void FrameQueue::publish() {
  if (chunk_ == nullptr || chunk_->frames.empty()) return;
  {
    std::lock_guard lock(mutex_);
    chunks_.push_back(std::move(chunk_));
  }
  chunk_.reset();
  ready_.notify_one();
}

bool FrameQueue::wait_for_room(DurationNs wait) {
  std::unique_lock lock(mutex_);
  return room_.wait_for(lock, std::chrono::nanoseconds(wait),
                        [this] { return bytes_ == 0 || bytes_ + chunk_bytes <= bytes_max_; });
}

std::unique_ptr<FrameChunk> FrameQueue::take(DurationNs wait) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, std::chrono::nanoseconds(wait),
                  [this] { return !chunks_.empty() || finished_; });
  if (chunks_.empty()) return nullptr;
  std::unique_ptr<FrameChunk> chunk = std::move(chunks_.front());
  chunks_.pop_front();
  bytes_ -= chunk->capacity;
  lock.unlock();
  room_.notify_one();
  return chunk;
}

void FrameQueue::finish() {
  publish();
  {
    std::lock_guard lock(mutex_);
    finished_ = true;
  }
  ready_.notify_one();
}

bool FrameQueue::drained() const {
  std::lock_guard lock(mutex_);
  return finished_ && chunks_.empty();
}

std::uint64_t FrameQueue::waiting() const {
  std::lock_guard lock(mutex_);
  std::uint64_t frames = 0;
  for (const auto& chunk : chunks_) frames += chunk->frames.size();
  return frames;
}

}  // namespace dnstorm::capture::dnstap
