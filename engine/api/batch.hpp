// What moves between tasks: a batch of packed rows of fixed width and one arena for their
// variable-length values. Built by one task, immutable once sealed, then shared by reference.
//
//   BatchBuilder b(schema);                 // owned by one task's emitter
//   RowWriter row = b.add_row();            // zeroed; valid until the next add_row() or seal()
//   row.set(qtype, uint16_t{1});  row.set_str(qname, "example.com", hash);
//   BatchPtr batch = b.seal();              // immutable from here on
//   for (RowView row : Rows(batch)) use(row.get(qtype), row.get(qname));
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/schema.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/block.hpp"

namespace dnstorm {

// Limits of a batch (reference: one message costs 0.3 to 0.9 us, so some hundred rows make it free;
// the whole stays within a core's L2 cache).
inline constexpr std::uint32_t batch_rows_max = 1024;
inline constexpr std::uint32_t batch_bytes_max = 128 * 1024;

// XXH3 64 of the bytes: the hash that StrCell carries.
std::uint64_t hash_bytes(const void* data, std::size_t size);
inline std::uint64_t hash_bytes(std::string_view text) {
  return hash_bytes(text.data(), text.size());
}
// A cheap, well mixing hash of one number (Stafford's variant 13 of MurmurHash3's finaliser).
inline std::uint64_t hash_number(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
inline std::uint64_t hash_combine(std::uint64_t seed, std::uint64_t hash) {
  return hash_number(seed * 0x9e3779b97f4a7c15ULL + hash);
}

// Uninitialised, growing bytes: std::vector would zero what is overwritten at once.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::move(other.data_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  std::byte* grow(std::size_t n) {
    if (size_ + n > capacity_) [[unlikely]]
      reallocate(size_ + n);
    std::byte* at = data_.get() + size_;
    size_ += n;
    return at;
  }
  void clear() { size_ = 0; }
  void reserve(std::size_t n) {
    if (n > capacity_) reallocate(n);
  }

 private:
  void reallocate(std::size_t wanted);
  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class RowView;

class Batch {
 public:
  Batch(SchemaPtr schema, ByteBuffer rows, ByteBuffer arena, std::uint32_t row_count)
      : schema_(std::move(schema)),
        rows_(std::move(rows)),
        arena_(std::move(arena)),
        arena_at_(arena_.data()),
        arena_size_(arena_.size()),
        row_count_(row_count),
        row_size_(schema_->row_size()) {}
  // The arena is a part of somebody else's block; `arena_size`: how many bytes of it the rows have.
  Batch(SchemaPtr schema, ByteBuffer rows, Block arena, std::size_t arena_size,
        std::uint32_t row_count)
      : schema_(std::move(schema)),
        rows_(std::move(rows)),
        block_(std::move(arena)),
        arena_at_(reinterpret_cast<const std::byte*>(block_.get())),
        arena_size_(arena_size),
        row_count_(row_count),
        row_size_(schema_->row_size()) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  const Schema& schema() const { return *schema_; }
  const SchemaPtr& schema_ptr() const { return schema_; }
  std::uint32_t row_count() const { return row_count_; }
  std::size_t byte_size() const { return rows_.size() + arena_size_; }
  const std::byte* row(std::uint32_t i) const { return rows_.data() + std::size_t{i} * row_size_; }
  const std::byte* arena() const { return arena_at_; }

 private:
  SchemaPtr schema_;
  ByteBuffer rows_;
  ByteBuffer arena_;
  Block block_;
  const std::byte* arena_at_;
  std::size_t arena_size_;
  std::uint32_t row_count_;
  std::uint32_t row_size_;
};

using BatchPtr = std::shared_ptr<const Batch>;
// Row numbers of a batch, ascending: how one of several readers sees its share without a copy.
using Selection = std::vector<std::uint16_t>;
using SelectionPtr = std::shared_ptr<const Selection>;
static_assert(batch_rows_max <= 65536, "row numbers of a selection have 16 bits");

// One row, in place. Cheap to copy; valid as long as its batch.
class RowView {
 public:
  RowView(const std::byte* row, const std::byte* arena) : row_(row), arena_(arena) {}

  template <class T>
  T get(FieldRef<T> field) const {
    T value;
    std::memcpy(&value, row_ + field.offset, sizeof(T));
    return value;
  }
  std::string_view get(FieldRef<Str> field) const {
    StrCell cell = str_cell(field);
    return {reinterpret_cast<const char*>(arena_) + cell.offset, cell.size};
  }
  std::span<const std::uint8_t> get(FieldRef<Bytes> field) const {
    BytesCell cell;
    std::memcpy(&cell, row_ + field.offset, sizeof cell);
    return {reinterpret_cast<const std::uint8_t*>(arena_) + cell.offset, cell.size};
  }
  std::uint64_t hash(FieldRef<Str> field) const { return str_cell(field).hash; }
  const std::byte* data() const { return row_; }
  const std::byte* arena() const { return arena_; }

 private:
  StrCell str_cell(FieldRef<Str> field) const {
    StrCell cell;
    std::memcpy(&cell, row_ + field.offset, sizeof cell);
    return cell;
  }
  const std::byte* row_;
  const std::byte* arena_;
};

// The rows of a batch that a reader is to see: all, or those of a selection.
class Rows {
 public:
  explicit Rows(const Batch& batch) : batch_(&batch) {}
  Rows(const Batch& batch, const Selection* selection) : batch_(&batch), selection_(selection) {}

  std::uint32_t size() const {
    return selection_ ? static_cast<std::uint32_t>(selection_->size()) : batch_->row_count();
  }
  bool empty() const { return size() == 0; }
  const Batch& batch() const { return *batch_; }
  // The number within the batch of the i-th row seen.
  std::uint32_t index(std::uint32_t i) const { return selection_ ? (*selection_)[i] : i; }
  [[gnu::always_inline]] RowView operator[](std::uint32_t i) const {
    return {batch_->row(index(i)), batch_->arena()};
  }

  class Iterator {
   public:
    Iterator(const Rows* rows, std::uint32_t at) : rows_(rows), at_(at) {}
    RowView operator*() const { return (*rows_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Rows* rows_;
    std::uint32_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  const Batch* batch_;
  const Selection* selection_ = nullptr;
};

// Writes one row. A field that is absent (pruned) is skipped by the caller: `if (f.present())`, or
// by the set_* functions, which do nothing then.
class RowWriter {
 public:
  RowWriter(std::byte* row, ByteBuffer* arena) : row_(row), arena_(arena) {}

  template <class T>
  void set(FieldRef<T> field, T value) {
    if (field.present()) std::memcpy(row_ + field.offset, &value, sizeof(T));
  }
  void set_str(FieldRef<Str> field, std::string_view text, std::uint64_t hash) {
    if (!field.present()) return;
    StrCell cell{static_cast<std::uint32_t>(arena_->size()),
                 static_cast<std::uint32_t>(text.size()), hash};
    if (!text.empty()) std::memcpy(arena_->grow(text.size()), text.data(), text.size());
    std::memcpy(row_ + field.offset, &cell, sizeof cell);
  }
  void set_str(FieldRef<Str> field, std::string_view text) {
    if (field.present()) set_str(field, text, hash_bytes(text));
  }
  void set_bytes(FieldRef<Bytes> field, std::span<const std::uint8_t> bytes) {
    if (!field.present()) return;
    BytesCell cell{static_cast<std::uint32_t>(arena_->size()),
                   static_cast<std::uint32_t>(bytes.size())};
    if (!bytes.empty()) std::memcpy(arena_->grow(bytes.size()), bytes.data(), bytes.size());
    std::memcpy(row_ + field.offset, &cell, sizeof cell);
  }
  // Bytes of the block that the batch has as its arena, from `offset` on: nothing is copied.
  void refer_bytes(FieldRef<Bytes> field, std::uint32_t offset, std::uint32_t size) {
    if (!field.present()) return;
    BytesCell cell{offset, size};
    std::memcpy(row_ + field.offset, &cell, sizeof cell);
  }
  std::byte* data() { return row_; }

 private:
  std::byte* row_;
  ByteBuffer* arena_;
};

class BatchBuilder {
 public:
  explicit BatchBuilder(SchemaPtr schema)
      : schema_(std::move(schema)), row_size_(schema_->row_size()) {}

  RowWriter add_row() {
    if (rows_.capacity() == 0) [[unlikely]]
      start();
    std::byte* row = rows_.grow(row_size_);
    std::memset(row, 0, row_size_);
    ++row_count_;
    return {row, &arena_};
  }
  // A row whose bytes lie in `block` (RowWriter::refer_bytes), `size` of them. All rows of a batch
  // have one block and no arena of their own: other rows must not be added before seal().
  RowWriter add_row_in(const Block& block, std::size_t size) {
    if (block_ != block) {
      DNSTORM_ASSERT(row_count_ == 0, "a batch refers to two blocks", schema_->names());
      block_ = block;
    }
    block_used_ += size;
    return add_row();
  }
  bool takes(const Block& block) const { return row_count_ == 0 || block_ == block; }
  std::uint32_t row_count() const { return row_count_; }
  bool empty() const { return row_count_ == 0; }
  // True when the next row belongs into the next batch.
  bool full() const {
    return row_count_ >= batch_rows_max ||
           rows_.size() + arena_.size() + block_used_ >= batch_bytes_max;
  }
  const SchemaPtr& schema() const { return schema_; }
  // Hands the rows over and begins anew.
  BatchPtr seal();

 private:
  void start();
  SchemaPtr schema_;
  std::uint32_t row_size_;
  std::uint32_t row_count_ = 0;
  ByteBuffer rows_;
  ByteBuffer arena_;
  std::size_t rows_last_ = 0;
  std::size_t arena_size_last_ = 0;
  Block block_;
  std::size_t block_used_ = 0;
};

}  // namespace dnstorm
