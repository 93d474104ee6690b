// Numbers the distinct keys of rows 0, 1, 2, ... in order of first appearance: the table under
// every aggregate by key. Exact: keys are compared, not only their hashes.
//
// Three forms, chosen by the width of the key: up to 2 bytes index an array, up to 8 bytes (packed
// into one number) and longer keys go through open addressing with linear probing. clear() keeps
// the memory. Used by one task; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/count/hashes_ahead.hpp"

namespace dnstorm::operators {

class KeyOrder;

class KeyIndex {
 public:
  // `schema` is one that holds `fields`; readers of other schemas may be used if the types agree.
  // `compact`: small while there are few keys, without the array; for many tables.
  KeyIndex(const Schema& schema, const std::vector<std::string>& fields, bool compact = false);

  // use(row, number) for rows [first, last). `reader` reads the key from these rows.
  template <class Use>
  void each(const Rows& rows, std::uint32_t first, std::uint32_t last, const KeyReader& reader,
            Use&& use) {
    switch (form_) {
      case Form::none:
        if (first < last && count() == 0) add_key(rows[first], reader);
        for (std::uint32_t i = first; i < last; ++i) use(rows[i], 0U);
        return;
      case Form::direct:
        for (std::uint32_t i = first; i < last; ++i) use(rows[i], number_direct(rows[i], reader));
        return;
      case Form::packed:
        for (std::uint32_t i = first; i < last; ++i) use(rows[i], number_packed(rows[i], reader));
        return;
      case Form::hashed:
        HashesAhead hashes(rows, first, last, reader);
        for (std::uint32_t i = first; i < last; ++i) {
          // What rows to come will need is fetched while this one is compared: the slot, then the
          // key.
          prefetch_line(&hashed_[hashes.far(i) & mask_]);
          prefetch_key(hashes.near(i));
          use(rows[i], number_hashed(rows[i], hashes.take(i), reader));
        }
    }
  }

  std::uint32_t count() const { return static_cast<std::uint32_t>(key_ends_.size()); }
  // The key as KeyReader::append() writes it.
  std::string_view key(std::uint32_t number) const {
    std::size_t from = number == 0 ? 0 : key_ends_[number - 1];
    return std::string_view(keys_).substr(from, key_ends_[number] - from);
  }
  // What stands for each key in the table: the key itself where it packs, its hash otherwise.
  std::vector<std::uint64_t> codes() const;
  // The number of the key with this code, entered if it is new. Codes of one index mean the same in
  // another of the same fields.
  std::uint32_t number_of(std::uint64_t code, std::string_view key);
  void clear();

  // From a checkpoint, a code and its key: the key's number, new or known; `order` is of the same
  // fields. Nothing if the bytes are no such thing.
  std::optional<std::uint32_t> restore_key(StateReader& in, const KeyOrder& order);

 private:
  enum class Form : std::uint8_t { none, direct, packed, hashed };
  // `next` is the number plus one: 0 marks a free slot.
  struct PackedSlot {
    std::uint64_t key = 0;
    std::uint32_t next = 0;
  };
  struct HashedSlot {
    std::uint64_t hash = 0;
    std::uint64_t key_at = 0;
    std::uint32_t key_size = 0;
    std::uint32_t next = 0;
  };

  std::uint32_t number_direct(const RowView& row, const KeyReader& reader) {
    std::uint32_t& cell = direct_[reader.pack(row)];
    if (cell == 0) [[unlikely]]
      cell = add_key(row, reader) + 1;
    return cell - 1;
  }
  std::uint32_t number_packed(const RowView& row, const KeyReader& reader) {
    std::uint64_t key = reader.pack(row);
    for (std::uint64_t at = hash_number(key) & mask_;; at = (at + 1) & mask_) {
      const PackedSlot& slot = packed_[at];
      if (slot.key == key && slot.next != 0) [[likely]]
        return slot.next - 1;
      if (slot.next == 0) [[unlikely]]
        return add_packed(at, key, row, reader);
    }
  }
  std::uint32_t number_hashed(const RowView& row, std::uint64_t hash, const KeyReader& reader) {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const HashedSlot& slot = hashed_[at];
      if (slot.next == 0) [[unlikely]]
        return add_hashed(at, hash, row, reader);
      if (slot.hash == hash && reader.equals(row, {keys_.data() + slot.key_at, slot.key_size}))
        return slot.next - 1;
    }
  }

  void prefetch_key(std::uint64_t hash) const {
    const HashedSlot& slot = hashed_[hash & mask_];
    if (slot.hash == hash) prefetch_line(keys_.data() + slot.key_at);
  }
  std::uint32_t add_key(const RowView& row, const KeyReader& reader);
  std::uint32_t add_packed(std::uint64_t at, std::uint64_t key, const RowView& row,
                           const KeyReader& reader);
  std::uint32_t add_hashed(std::uint64_t at, std::uint64_t hash, const RowView& row,
                           const KeyReader& reader);
  std::uint32_t append_key(std::string_view key);
  std::uint32_t number_of_packed(std::uint64_t code, std::string_view key);
  std::uint32_t number_of_hashed(std::uint64_t code, std::string_view key);
  void grow_packed();
  void grow_hashed();

  Form form_ = Form::none;
  std::size_t slots_min_;
  std::uint64_t mask_ = 0;
  std::vector<std::uint32_t> direct_;
  std::vector<PackedSlot> packed_;
  std::vector<HashedSlot> hashed_;
  std::vector<std::uint64_t> direct_used_;  // cells of direct_ that clear() has to empty
  std::string keys_;                        // all keys, one after the other
  std::vector<std::size_t> key_ends_;
};

// The order of keys in results: field by field, numbers by value, text and addresses by their
// bytes.
class KeyOrder {
 public:
  KeyOrder() = default;
  KeyOrder(const Schema& schema, const std::vector<std::string>& fields);
  // Below, at or above zero, as memcmp.
  int compare(std::string_view a, std::string_view b) const;
  // Whether these bytes are a key of these fields.
  bool holds(std::string_view key) const;
  // The numbers of an index's keys, ordered by key.
  std::vector<std::uint32_t> sorted(const KeyIndex& index) const;

 private:
  std::uint64_t prefix(std::string_view key) const;
  std::vector<Type> types_;
};

// Where the fields of a key lie in rows of `schema`, for KeyReader::restore(); absent fields are
// skipped there.
std::vector<std::uint32_t> key_targets(const Schema& schema,
                                       const std::vector<std::string>& fields);

}  // namespace dnstorm::operators
