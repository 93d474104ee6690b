// The key "domain client" of detectors that must see all clients of a domain in one task: grouped
// by the domain alone. Has the shape of FieldsKey (detect_key.hpp). A value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operators/detect/detect_key.hpp"

namespace dnstorm::operators {

class DomainClientKey {
 public:
  const std::vector<std::string>& fields() const { return domain_.fields(); }
  static bool divisible() { return true; }

  class Reader {
   public:
    Reader(const DomainClientKey& key, const Schema& schema)
        : domain_(schema, key.domain_.fields()), both_(schema, key.both_.fields()) {}
    // The key group is the domain's.
    std::uint64_t hash(const RowView& row) const {
      constexpr std::uint64_t group_bits = ~(~std::uint64_t{0} >> 7);
      return (domain_.hash(row) & group_bits) | both_.hash(row) >> 7;
    }
    void append(const RowView& row, std::string& out) const { both_.append(row, out); }
    bool equals(const RowView& row, std::string_view key) const { return both_.equals(row, key); }

   private:
    KeyReader domain_, both_;
  };

  void bind(const Schema& schema) { both_.bind(schema); }
  std::string text(std::string_view key) const { return both_.text(key); }

 private:
  FieldsKey domain_{{"domain"}};
  FieldsKey both_{{"domain", "client"}};
};

}  // namespace dnstorm::operators
