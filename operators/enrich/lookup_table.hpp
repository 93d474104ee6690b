// What a file of lookup says: for each key the values of some columns. Read as a whole, then not
// changed; thread-safe.
//
// The file is CSV whose first line names the columns, or a list: a key a line, # begins a comment.
// A line that is not right makes the whole file wrong: an error with its number.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::operators {

enum class LookupMatch : std::uint8_t {
  exact,
  name,     // the longest of the keys that the name is or stands under
  network,  // the longest of the prefixes that the address is in
};

struct LookupColumn {
  std::string column;   // in the file
  Field field;          // what is added
  std::string missing;  // its value where the key is not found; empty: 0, false or empty
};

struct LookupSpec {
  std::string path;
  bool list = false;
  std::string key_column;  // empty: the first
  Field key;               // the field that is looked up
  LookupMatch match = LookupMatch::exact;
  std::vector<LookupColumn> columns;
};

class LookupTable {
 public:
  static constexpr std::size_t bytes_max = std::size_t{1} << 30;

  static Result<LookupTable> read(const LookupSpec& spec);
  // Of the text of such a file; spec.path stands in errors.
  static Result<LookupTable> parse(const LookupSpec& spec, std::string_view text);

  // The columns' values of the key in field `key` of the row, or those of a miss.
  struct Found {
    RowView values;  // of columns(), valid as long as the table
    bool found;
  };
  Found find(const RowView& row, std::uint32_t key_offset) const;
  const Schema& columns() const { return values_->schema(); }
  std::size_t size() const { return keys_.size(); }

  // The schema of columns().
  static Schema schema_of(const LookupSpec& spec);
  // The rows' values for a key that is not found: an error if `missing` does not fit its type.
  static Result<void> check_missing(const LookupSpec& spec);

 private:
  struct Key {
    std::string bytes;
    unsigned bits = 0;  // of a network
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyView {
    std::string_view bytes;
    unsigned bits = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return of(key.bytes, key.bits); }
    std::size_t operator()(const KeyView& key) const { return of(key.bytes, key.bits); }
    static std::size_t of(std::string_view bytes, unsigned bits) {
      return hash_bytes(bytes) + bits;
    }
  };
  struct Equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return a.bits == b.bits && std::string_view(a.bytes) == std::string_view(b.bytes);
    }
  };
  class Builder;

  std::optional<std::uint32_t> number(const KeyView& key) const;
  std::optional<std::uint32_t> number_of_name(std::string_view name) const;
  std::optional<std::uint32_t> number_of_network(const IpAddress& address) const;

  LookupMatch match_ = LookupMatch::exact;
  Type key_type_ = Type::str;
  // The number of the row of values; 0 is that of a miss.
  std::unordered_map<Key, std::uint32_t, Hash, Equal> keys_;
  std::vector<unsigned> lengths_;  // of networks, the longest first
  BatchPtr values_;
};

}  // namespace dnstorm::operators
