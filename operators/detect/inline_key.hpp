// The bytes of a key, in place: nearly all keys (addresses, networks, domains, most names) are so
// short that they lie in the cache line of what is known of the key, and take no memory of their
// own. Longer ones stand elsewhere. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace dnstorm::operators {

class InlineKey {
 public:
  static constexpr std::size_t room = 32;

  InlineKey() = default;
  InlineKey(InlineKey&& other) noexcept
      : size_(std::exchange(other.size_, 0)), bytes_(other.bytes_) {}
  InlineKey& operator=(InlineKey&& other) noexcept {
    if (this == &other) return *this;
    clear();
    size_ = std::exchange(other.size_, 0);
    bytes_ = other.bytes_;
    return *this;
  }
  ~InlineKey() { clear(); }

  std::string_view text() const { return {is_long() ? elsewhere() : bytes_.data(), size_}; }
  void assign(std::string_view key) {
    clear();
    char* to = bytes_.data();
    if (key.size() > room) {
      to = new char[key.size()];
      std::memcpy(bytes_.data(), &to, sizeof to);
    }
    size_ = static_cast<std::uint32_t>(key.size());
    if (!key.empty()) std::memcpy(to, key.data(), key.size());
  }
  void clear() {
    if (is_long()) delete[] elsewhere();
    size_ = 0;
  }
  // Where the bytes are if they do not lie here; null: they do.
  const char* elsewhere_or_null() const { return is_long() ? elsewhere() : nullptr; }

 private:
  bool is_long() const { return size_ > room; }
  char* elsewhere() const {
    char* at = nullptr;
    std::memcpy(&at, bytes_.data(), sizeof at);
    return at;
  }
  std::uint32_t size_ = 0;
  std::array<char, room> bytes_;  // the first size_, or a pointer to them
};

}  // namespace dnstorm::operators
