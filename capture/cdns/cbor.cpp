#include "capture/cdns/cbor.hpp"

#include <limits>

namespace dnstorm::capture::cdns {

std::string_view to_string(ReadFault fault) {
  static constexpr std::string_view names[read_fault_count] = {
      "none",        "truncated",       "bad_cbor",        "wrong_type",
      "too_deep",    "string_too_long", "block_too_large", "not_cdns",
      "bad_version", "missing_field",   "bad_value"};
  return names[static_cast<std::size_t>(fault)];
}

CborReader::Head CborReader::take_head() {
  Head head;
  if (!ok()) return head;
  if (!window_.need(1)) return fail(ReadFault::truncated), head;
  std::uint8_t first = *window_.data();
  head.type = first >> 5U;
  head.info = first & 31U;
  if (head.info < 24 || head.info == 31) {
    // Whole numbers and tags have no open form.
    if (head.info == 31 && (head.type < 2 || head.type == 6)) fail(ReadFault::bad_cbor);
    head.value = head.info;
    window_.skip(1);
    return head;
  }
  if (head.info > 27) return fail(ReadFault::bad_cbor), head;
  std::size_t more = std::size_t{1} << (head.info - 24);
  if (!window_.need(1 + more)) return fail(ReadFault::truncated), head;
  for (std::size_t i = 1; i <= more; ++i) head.value = head.value << 8U | window_.data()[i];
  window_.skip(1 + more);
  return head;
}

std::uint64_t CborReader::take_uint() {
  Head head = take_head();
  if (ok() && head.type != 0) fail(ReadFault::wrong_type);
  return ok() ? head.value : 0;
}

std::int64_t CborReader::take_int() {
  Head head = take_head();
  if (ok() && head.type > 1) fail(ReadFault::wrong_type);
  if (ok() && head.value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    fail(ReadFault::bad_value);
  if (!ok()) return 0;
  auto value = static_cast<std::int64_t>(head.value);
  return head.type == 0 ? value : -1 - value;
}

void CborReader::append_chunk(std::uint64_t length) {
  if (length > string_bytes_max - string_.size()) return fail(ReadFault::string_too_long);
  if (!window_.need(length)) return fail(ReadFault::truncated);
  string_.insert(string_.end(), window_.data(), window_.data() + length);
  window_.skip(length);
}

std::span<const std::uint8_t> CborReader::take_string() {
  string_.clear();
  Head head = take_head();
  if (ok() && head.type != 2 && head.type != 3) fail(ReadFault::wrong_type);
  if (!ok()) return {};
  if (!head.open_ended()) {
    append_chunk(head.value);
  } else {
    for (;;) {
      Head chunk = take_head();
      if (!ok() || (chunk.type == 7 && chunk.open_ended())) break;
      if (chunk.type != head.type || chunk.open_ended()) fail(ReadFault::bad_cbor);
      if (ok()) append_chunk(chunk.value);
    }
  }
  return ok() ? std::span<const std::uint8_t>(string_) : std::span<const std::uint8_t>();
}

CborReader::Container CborReader::take_container(unsigned type) {
  Head head = take_head();
  if (ok() && head.type != type) fail(ReadFault::wrong_type);
  if (!ok()) return {};
  return {head.open_ended(), head.open_ended() ? 0 : head.value};
}

bool CborReader::more(Container& container) {
  if (!ok()) return false;
  if (!container.open_ended) return container.left != 0 && container.left-- != 0;
  if (!window_.need(1)) return fail(ReadFault::truncated), false;
  if (*window_.data() != break_byte) return true;
  window_.skip(1);
  return false;
}

void CborReader::skip(int depth) {
  if (depth > depth_max) return fail(ReadFault::too_deep);
  Head head = take_head();
  if (!ok()) return;
  if (head.type == 7 && head.open_ended()) return fail(ReadFault::bad_cbor);
  if (head.type == 6) return skip(depth + 1);  // a tag and the item that it is about
  bool string = head.type == 2 || head.type == 3;
  if (string && !head.open_ended()) {
    string_.clear();
    return append_chunk(head.value);
  }
  if (string || head.type == array_type || head.type == map_type) {
    Container container{head.open_ended(), head.value};
    while (more(container)) {
      skip(depth + 1);
      if (head.type == map_type) skip(depth + 1);
    }
  }
}

void put_head(std::vector<std::uint8_t>& out, unsigned type, std::uint64_t value) {
  auto major = static_cast<std::uint8_t>(type << 5U);
  if (value < 24) {
    out.push_back(static_cast<std::uint8_t>(major | value));
    return;
  }
  unsigned power = value <= 0xff ? 0 : value <= 0xffff ? 1 : value <= 0xffffffff ? 2 : 3;
  out.push_back(static_cast<std::uint8_t>(major | (24 + power)));
  for (int at = (1 << power) - 1; at >= 0; --at)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * at)));
}

void put_int(std::vector<std::uint8_t>& out, std::int64_t value) {
  if (value >= 0)
    put_head(out, 0, static_cast<std::uint64_t>(value));
  else
    put_head(out, 1, static_cast<std::uint64_t>(-(value + 1)));
}

void put_bytes(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> bytes) {
  put_head(out, 2, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_text(std::vector<std::uint8_t>& out, std::string_view text) {
  put_head(out, 3, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

}  // namespace dnstorm::capture::cdns
