// Keys: the values of some fields of a row, hashed for groupings and packed for tables.
// The hash depends on values only, never on offsets or widths: every task of every node agrees.
#pragma once

#include <string>
#include <vector>

#include "engine/api/batch.hpp"

namespace dnstorm {

// Keyed state and fields groupings are divided into a fixed number of key groups; a task owns a
// contiguous range of them. What is computed per key group does not depend on how many tasks share
// the work (Flink's key groups).
inline constexpr std::uint32_t key_groups = 128;
inline std::uint32_t key_group(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 57);
}
static_assert(key_groups == 1u << (64 - 57));
// The task that owns a key group; ranges are contiguous.
inline std::uint32_t task_of_group(std::uint32_t group, std::uint32_t tasks) {
  return group * tasks / key_groups;
}

class KeyReader {
 public:
  KeyReader() = default;
  // `fields` must exist in `schema`.
  KeyReader(const Schema& schema, const std::vector<std::string>& fields);

  std::uint64_t hash(const RowView& row) const {
    if (parts_.size() == 1) [[likely]]
      return part_hash(parts_[0], row);
    std::uint64_t hash = 0;
    for (const Part& part : parts_) hash = hash_combine(hash, part_hash(part, row));
    return hash;
  }

  // True if the key is one of fixed width of at most 8 bytes: pack() is then the whole key.
  bool packs() const { return packs_; }
  std::uint64_t pack(const RowView& row) const {
    std::uint64_t packed = 0;
    for (const Part& part : parts_) {
      std::uint64_t value = load(row.data() + part.offset, part.width);
      packed = part.width == 8 ? value : packed << (8 * part.width) | value;
    }
    return packed;
  }

  // Appends the key to `out`: fixed widths as they stand in the row, strings and bytes with their
  // length (u32) before them. Equal keys give equal bytes, unequal ones unequal bytes.
  void append(const RowView& row, std::string& out) const;
  // Whether `key`, made by append(), is the key of the row.
  bool equals(const RowView& row, std::string_view key) const {
    if (parts_.size() != 1 || parts_[0].type != Type::str) return equals_parts(row, key);
    std::string_view text = row.get(FieldRef<Str>{parts_[0].offset});
    constexpr std::size_t length_size = sizeof(std::uint32_t);
    return key.size() == text.size() + length_size &&
           std::memcmp(key.data() + length_size, text.data(), text.size()) == 0;
  }
  // Writes the fields of a key made by append() into a row that has fields of the same types.
  // `targets` are offsets, one a field; FieldRef<>::absent skips.
  void restore(std::string_view key, RowWriter row,
               const std::vector<std::uint32_t>& targets) const;

  // What a value of fixed width adds to the hash of a key.
  static std::uint64_t fixed_hash(Type type, std::uint32_t width, const std::byte* at) {
    if (type == Type::ip) return hash_combine(hash_number(load(at, 8)), load(at + 8, 8));
    return hash_number(load(at, width) + 0x9e3779b97f4a7c15ULL);
  }

 private:
  struct Part {
    Type type;
    std::uint32_t offset;
    std::uint32_t width;  // 0: variable
  };
  // Loads of known widths: a memcpy of a width that only the run time knows is a call.
  static std::uint64_t load(const std::byte* at, std::uint32_t width) {
    auto as = [at]<class T>(T value) {
      std::memcpy(&value, at, sizeof value);
      return std::uint64_t{value};
    };
    switch (width) {
      case 1:
        return as(std::uint8_t{});
      case 2:
        return as(std::uint16_t{});
      case 4:
        return as(std::uint32_t{});
      default:
        return as(std::uint64_t{});
    }
  }
  static std::uint64_t part_hash(const Part& part, const RowView& row) {
    if (part.type == Type::str) return row.hash(FieldRef<Str>{part.offset});
    if (part.width == 0) return bytes_hash(part, row);
    return fixed_hash(part.type, part.width, row.data() + part.offset);
  }
  bool equals_parts(const RowView& row, std::string_view key) const;
  static std::uint64_t bytes_hash(const Part& part, const RowView& row);
  std::vector<Part> parts_;
  bool packs_ = false;
};

}  // namespace dnstorm
