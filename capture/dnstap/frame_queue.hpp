// Frames on their way from the thread that receives them to the one that works on them. Bounded in
// bytes: a frame that finds no room is refused, and whoever receives it counts it as dropped.
//
// Frames are packed into chunks, so that handing over costs a lock a chunk and a reader may refer
// to the chunk's memory instead of copying. One thread puts, one takes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/base/block.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::dnstap {

struct FrameChunk {
  struct Piece {
    std::uint32_t offset;
    std::uint32_t size;
  };
  std::span<const std::uint8_t> bytes(const Piece& piece) const {
    return {block.get() + piece.offset, piece.size};
  }
  Block block;
  std::size_t capacity = 0;  // of the block; what counts against the limit
  std::vector<Piece> frames;
};

class FrameQueue {
 public:
  static constexpr std::size_t chunk_bytes = 128 * 1024;

  // At least two chunks.
  explicit FrameQueue(std::size_t bytes_max);

  // False: there is no room.
  bool put(std::span<const std::uint8_t> frame) {
    if (chunk_ == nullptr || used_ + frame.size() > chunk_->capacity) [[unlikely]]
      if (!begin_chunk(frame.size())) return false;
    std::copy(frame.begin(), frame.end(), memory_.get() + used_);
    chunk_->frames.push_back(
        {static_cast<std::uint32_t>(used_), static_cast<std::uint32_t>(frame.size())});
    used_ += frame.size();
    return true;
  }
  // Hands over what was put. What is not handed over stays unseen.
  void publish();
  // Waits for room for a frame of any size, or `wait` at most.
  bool wait_for_room(DurationNs wait);

  // The oldest chunk; null if none comes within `wait`.
  std::unique_ptr<FrameChunk> take(DurationNs wait);
  // No chunk will come any more.
  void finish();
  // Finished and everything taken.
  bool drained() const;
  // Frames that were handed over and not taken.
  std::uint64_t waiting() const;

 private:
  bool begin_chunk(std::size_t size);

  const std::size_t bytes_max_;
  // Of the thread that puts.
  std::unique_ptr<FrameChunk> chunk_;       // the open one
  std::shared_ptr<std::uint8_t[]> memory_;  // of it, or else of the last one handed over
  std::size_t used_ = 0;                    // of that memory
  // Of both.
  mutable std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<std::unique_ptr<FrameChunk>> chunks_;
  std::size_t bytes_ = 0;  // of chunks_ and the open one
  bool finished_ = false;
};

}  // namespace dnstorm::capture::dnstap
