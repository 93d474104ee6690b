// A table of a block under construction: each different entry once, by its encoded bytes. A value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dnstorm::capture::cdns {

class IndexTable {
 public:
  // Index of the entry, which is added if it is new.
  std::uint32_t index(std::span<const std::uint8_t> encoded) {
    std::string_view text(reinterpret_cast<const char*>(encoded.data()), encoded.size());
    auto found = known_.find(text);
    if (found != known_.end()) return found->second;
    auto next = static_cast<std::uint32_t>(known_.size());
    known_.emplace(text, next);
    bytes_.insert(bytes_.end(), encoded.begin(), encoded.end());
    return next;
  }
  std::size_t size() const { return known_.size(); }
  // The entries one after the other.
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  void clear() {
    known_.clear();
    bytes_.clear();
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> known_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace dnstorm::capture::cdns
