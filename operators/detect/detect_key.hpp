// What a detector watches: a key made of fields, or the network of an address. Both hash a row,
// write the key's bytes, compare, and give the text that events show. Values; not thread-safe.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::operators {

// The values of some fields: in several tasks by a fields grouping on exactly these.
class FieldsKey {
 public:
  explicit FieldsKey(std::vector<std::string> fields) : fields_(std::move(fields)) {}
  const std::vector<std::string>& fields() const { return fields_; }
  bool divisible() const { return !fields_.empty(); }

  class Reader {
   public:
    Reader(const FieldsKey& key, const Schema& schema) : reader_(schema, key.fields_) {
      if (key.fields_.size() != 1) return;
      const std::string& only = key.fields_[0];
      Type type = schema.field(*schema.find(only)).type;
      if (type == Type::str) name_ = schema.ref<Str>(only);
      if (type == Type::ip) address_ = schema.ref<IpAddress>(only);
    }
    // A name or an address alone, which most are, is hashed and compared without a call.
    std::uint64_t hash(const RowView& row) const {
      if (name_.present()) return row.hash(name_);
      if (address_.present())
        return KeyReader::fixed_hash(Type::ip, sizeof(IpAddress), row.data() + address_.offset);
      return reader_.hash(row);
    }
    void append(const RowView& row, std::string& out) const { reader_.append(row, out); }
    bool equals(const RowView& row, std::string_view key) const {
      if (name_.present()) {
        std::string_view name = row.get(name_);
        constexpr std::size_t length_size = sizeof(std::uint32_t);  // as KeyReader::append() has it
        return key.size() == name.size() + length_size &&
               equal_bytes(key.data() + length_size, name.data(), name.size());
      }
      if (address_.present())
        return key.size() == sizeof(IpAddress) &&
               equal_bytes(key.data(), row.data() + address_.offset, sizeof(IpAddress));
      return reader_.equals(row, key);
    }

   private:
    static bool equal_bytes(const void* a, const void* b, std::size_t size) {
      const auto* left = static_cast<const char*>(a);
      const auto* right = static_cast<const char*>(b);
      constexpr std::size_t word = sizeof(std::uint64_t);
      if (size < word) return size == 0 || std::memcmp(left, right, size) == 0;
      auto differ = [&](std::size_t at) {
        std::uint64_t x = 0, y = 0;
        std::memcpy(&x, left + at, word);
        std::memcpy(&y, right + at, word);
        return x != y;
      };
      for (std::size_t at = 0; at + word < size; at += word)
        if (differ(at)) return false;
      return !differ(size - word);
    }
    KeyReader reader_;
    FieldRef<Str> name_;
    FieldRef<IpAddress> address_;
  };

  // The types of the fields, before text() is asked for.
  void bind(const Schema& schema);
  // Parted by blanks; "." for an empty name.
  std::string text(std::string_view key) const;

 private:
  std::vector<std::string> fields_;
  std::vector<Type> types_;
};

// A prefix of an address, in one task.
class NetworkKey {
 public:
  NetworkKey(std::string field, unsigned v4, unsigned v6)
      : fields_{std::move(field)}, v4_(v4), v6_(v6) {}
  const std::vector<std::string>& fields() const { return fields_; }
  bool divisible() const { return false; }

  class Reader {
   public:
    Reader(const NetworkKey& key, const Schema& schema)
        : address_(schema.ref<IpAddress>(key.fields_[0])),
          v4_(mask_of(96 + key.v4_)),
          v6_(mask_of(key.v6_)) {}
    std::uint64_t hash(const RowView& row) const {
      Words words = network(row);
      return hash_combine(hash_number(words.a), words.b);
    }
    void append(const RowView& row, std::string& out) const {
      Words words = network(row);
      out.append(reinterpret_cast<const char*>(&words), sizeof words);
    }
    bool equals(const RowView& row, std::string_view key) const {
      Words words = network(row);
      return key.size() == sizeof words && std::memcmp(key.data(), &words, sizeof words) == 0;
    }

   private:
    struct Words {
      std::uint64_t a = 0, b = 0;  // as the bytes lie in memory
    };
    static Words mask_of(unsigned bits);
    Words network(const RowView& row) const {
      IpAddress address = row.get(address_);
      const Words& mask = address.is_v4() ? v4_ : v6_;
      Words words;
      std::memcpy(&words, address.bytes.data(), sizeof words);
      return {words.a & mask.a, words.b & mask.b};
    }
    FieldRef<IpAddress> address_;
    Words v4_, v6_;
  };

  void bind(const Schema&) {}
  std::string text(std::string_view key) const;

 private:
  std::vector<std::string> fields_;
  unsigned v4_, v6_;
};

}  // namespace dnstorm::operators
