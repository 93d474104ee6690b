// A window over a Source: as many bytes in a row as a reader asks for, without copying them out.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "capture/file/source.hpp"
#include "engine/base/block.hpp"

namespace dnstorm::capture::file {

class Window {
 public:
  static constexpr std::size_t first_size =
      128 * 1024;  // with what is made of it, stays in a core's L2 cache

  explicit Window(std::unique_ptr<Source> source) : source_(std::move(source)) {}

  const std::uint8_t* data() const { return bytes_ + begin_; }
  std::size_t size() const { return end_ - begin_; }
  std::uint64_t offset() const { return offset_; }  // of data() in the decompressed stream
  const Source& source() const { return *source_; }
  // From here on bytes once shown stay where they are as long as somebody holds their block.
  void lend_blocks() { lends_ = true; }
  // Null unless blocks are lent.
  const Block* block() const { return lends_ ? &block_ : nullptr; }

  // Makes size() at least `n`; false where the stream ends or fails before. Pointers from data() go
  // stale.
  bool need(std::size_t n) {
    if (size() >= n) [[likely]]
      return true;
    return refill(n);
  }
  // Why the stream failed, if it did; the bytes before the failure are there.
  const std::optional<Error>& failure() const { return failure_; }
  void skip(std::size_t n) {
    begin_ += n;
    offset_ += n;
  }

 private:
  bool refill(std::size_t n) {
    if (failure_) return false;
    if (lends_ || capacity_ < n)
      move_on(std::max(n, first_size));
    else
      std::memmove(bytes_, data(), size());
    end_ = size();
    begin_ = 0;
    while (end_ < n) {
      Result<std::size_t> got = source_->read(bytes_ + end_, capacity_ - end_);
      if (!got) failure_ = std::move(got.error());
      if (failure_ || *got == 0) return false;
      end_ += *got;
    }
    return true;
  }

  // Takes what is left into a new block.
  void move_on(std::size_t capacity) {
    std::shared_ptr<std::uint8_t[]> fresh =
        std::make_shared_for_overwrite<std::uint8_t[]>(capacity);
    if (size() != 0) std::memcpy(fresh.get(), data(), size());
    bytes_ = fresh.get();
    capacity_ = capacity;
    block_ = std::move(fresh);
  }

  std::unique_ptr<Source> source_;
  bool lends_ = false;
  std::size_t capacity_ = 0;
  std::uint8_t* bytes_ = nullptr;  // of block_
  Block block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
  std::optional<Error> failure_;
};

}  // namespace dnstorm::capture::file
