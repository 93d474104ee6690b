// CBOR (RFC 8949), as much of it as C-DNS needs: whole numbers, strings, arrays, maps, booleans.
//
// The reader pulls its bytes through a window, item after item, and never holds more than a string.
// Its first fault sticks: every call after it does nothing and answers zero, so that a caller looks
// at error() where it is convenient. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/file/window.hpp"

namespace dnstorm::capture::cdns {

// Why a file cannot be read on.
enum class ReadFault : std::uint8_t {
  none,
  truncated,        // the bytes end within an item
  bad_cbor,         // a head that RFC 8949 does not know, a break without a beginning
  wrong_type,       // another type of item than the format asks for
  too_deep,         // items within items within ...
  string_too_long,  // beyond string_bytes_max
  block_too_large,  // a block beyond block_bytes_max
  not_cdns,         // another file type id
  bad_version,      // another major version than 1
  missing_field,    // a mandatory field is not there
  bad_value,        // a number outside its range
};
inline constexpr std::size_t read_fault_count = 11;
std::string_view to_string(ReadFault fault);

// A DNS message or what is left of it fits.
inline constexpr std::size_t string_bytes_max = 65535;
inline constexpr int depth_max = 16;

class CborReader {
 public:
  struct Container {
    bool open_ended = false;
    std::uint64_t left = 0;
  };

  explicit CborReader(file::Window& window) : window_(window) {}

  ReadFault error() const { return fault_; }
  bool ok() const { return fault_ == ReadFault::none; }
  void fail(ReadFault fault) {
    if (ok()) fault_ = fault;
  }

  std::uint64_t take_uint();
  std::int64_t take_int();
  // A byte string or a text string; the bytes hold until the next call.
  std::span<const std::uint8_t> take_string();
  Container take_array() { return take_container(array_type); }
  Container take_map() { return take_container(map_type); }
  // Whether one more item (of a map: pair) follows; takes the end of an open one.
  bool more(Container& container);
  // Any item, with all that it holds.
  void skip() { skip(0); }

 private:
  static constexpr unsigned array_type = 4, map_type = 5;
  struct Head {
    unsigned type = 0;
    unsigned info = 0;
    std::uint64_t value = 0;
    bool open_ended() const { return info == 31; }
  };
  Head take_head();
  Container take_container(unsigned type);
  void append_chunk(std::uint64_t length);
  void skip(int depth);

  file::Window& window_;
  std::vector<std::uint8_t> string_;
  ReadFault fault_ = ReadFault::none;
};

// Appending writers.
void put_head(std::vector<std::uint8_t>& out, unsigned type, std::uint64_t value);
inline void put_uint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  put_head(out, 0, value);
}
void put_int(std::vector<std::uint8_t>& out, std::int64_t value);
void put_bytes(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> bytes);
void put_text(std::vector<std::uint8_t>& out, std::string_view text);
inline void put_array(std::vector<std::uint8_t>& out, std::uint64_t n) { put_head(out, 4, n); }
inline void put_map(std::vector<std::uint8_t>& out, std::uint64_t n) { put_head(out, 5, n); }
inline constexpr std::uint8_t open_array = 0x9f, break_byte = 0xff;

}  // namespace dnstorm::capture::cdns
