// What a checkpoint keeps of a task, as bytes: an operator writes its state with a StateWriter in
// save() and reads the same values in the same order with a StateReader in restore().
//
// Numbers are little-endian and of fixed width, so that a checkpoint does not depend on the machine
// that wrote it. The bytes come from a file: a reader never reads past their end, it gives zeros
// and says so in ok().
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace dnstorm {

class StateWriter {
 public:
  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes_.append(raw, sizeof value);
  }
  void put_bytes(std::string_view bytes) {
    put(std::uint64_t{bytes.size()});
    bytes_.append(bytes);
  }
  // Without its length: for bytes that say themselves where they end.
  void put_raw(std::string_view bytes) { bytes_.append(bytes); }
  std::string take() { return std::exchange(bytes_, {}); }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

class StateReader {
 public:
  // `bytes` must outlive the reader and what get_bytes() gives.
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T get() {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    if constexpr (std::is_same_v<T, bool>) {
      // A bool that holds another byte must not even be looked at.
      auto value = get<std::uint8_t>();
      if (value > 1) ok_ = false;
      return value == 1;
    } else {
      T value{};
      std::string_view raw = cut(sizeof value);
      if (raw.size() == sizeof value) std::memcpy(&value, raw.data(), sizeof value);
      return value;
    }
  }
  std::string_view get_bytes() { return cut(get<std::uint64_t>()); }
  // The number of values that follow, each of at least `size` bytes: never more than there can be,
  // so that it may be reserved for.
  std::uint64_t get_count(std::size_t size = 1) {
    auto count = get<std::uint64_t>();
    if (count <= rest_.size() / size) return count;
    ok_ = false;
    return 0;
  }

  // False: more was read than there is, or a bool that is none: that is not what was saved.
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view cut(std::uint64_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  std::string_view rest_;
  bool ok_ = true;
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "StateWriter writes what memory holds");

}  // namespace dnstorm
