#include "engine/api/batch.hpp"

// Inlined: the hash of a short name takes less time than a call into a shared library.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace dnstorm {

std::uint64_t hash_bytes(const void* data, std::size_t size) { return XXH3_64bits(data, size); }

void ByteBuffer::reallocate(std::size_t wanted) {
  std::size_t capacity = std::max(wanted, capacity_ * 2);
  auto grown = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_);
  data_ = std::move(grown);
  capacity_ = capacity;
}

void BatchBuilder::start() {
  // Most batches are like the one before: short, or so long that room for a whole one pays, which
  // is always of the same size and so comes back from the allocator as it went.
  std::size_t most = std::min(batch_rows_max, batch_bytes_max / row_size_ + 1);
  rows_.reserve((rows_last_ < 64 ? std::min<std::size_t>(64, most) : most) * row_size_);
  if (arena_size_last_ != 0) arena_.reserve(arena_size_last_ + arena_size_last_ / 8);
}

BatchPtr BatchBuilder::seal() {
  rows_last_ = row_count_;
  if (block_ != nullptr) {
    DNSTORM_ASSERT(arena_.size() == 0, "a batch that refers to a block has bytes of its own",
                   schema_->names());
    return std::make_shared<const Batch>(
        schema_, std::exchange(rows_, ByteBuffer{}), std::exchange(block_, nullptr),
        std::exchange(block_used_, 0U), std::exchange(row_count_, 0U));
  }
  arena_size_last_ = arena_.size();
  auto batch = std::make_shared<const Batch>(schema_, std::exchange(rows_, ByteBuffer{}),
                                             std::exchange(arena_, ByteBuffer{}), row_count_);
  row_count_ = 0;
  return batch;
}

}  // namespace dnstorm
