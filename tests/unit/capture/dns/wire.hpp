// Bytes and messages by hand, for the tests of capture/dns.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::capture::dns::test {

// A vector that can be joined: expected messages are written as sums of their parts.
struct Bytes : std::vector<std::uint8_t> {
  using vector::vector;
  Bytes& operator+=(const Bytes& other) {
    insert(end(), other.begin(), other.end());
    return *this;
  }
  friend Bytes operator+(Bytes left, const Bytes& right) { return left += right; }
};

inline Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (int value : values) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}
inline Bytes bytes(std::string_view text) { return Bytes(text.begin(), text.end()); }
inline Bytes bytes(const char* text, std::size_t size) {
  return bytes(std::string_view(text, size));
}
// A literal without its terminating zero; zeros inside count.
template <std::size_t n>
Bytes bytes(const char (&text)[n]) {
  return bytes(std::string_view(text, n - 1));
}

inline Bytes u16(unsigned v) { return bytes({int(v >> 8 & 0xff), int(v & 0xff)}); }
inline Bytes u32(std::uint32_t v) { return u16(v >> 16) + u16(v & 0xffff); }

// Labels by dots, no escapes; "" is the root.
inline Bytes name(std::string_view text) {
  Bytes out;
  while (!text.empty()) {
    std::string_view label = text.substr(0, text.find('.'));
    out += bytes({int(label.size())}) + bytes(label);
    text.remove_prefix(std::min(text.size(), label.size() + 1));
  }
  return out + bytes({0});
}

inline Bytes header(unsigned flags, unsigned questions, unsigned answers = 0,
                    unsigned authority = 0, unsigned additional = 0, unsigned id = 0x1234) {
  return u16(id) + u16(flags) + u16(questions) + u16(answers) + u16(authority) + u16(additional);
}
inline Bytes question(std::string_view qname, unsigned type, unsigned dns_class = 1) {
  return name(qname) + u16(type) + u16(dns_class);
}
// `owner` in wire form; {0xc0, 12} points to the question.
inline Bytes record(const Bytes& owner, unsigned type, const Bytes& rdata, unsigned dns_class = 1,
                    std::uint32_t ttl = 300) {
  return owner + u16(type) + u16(dns_class) + u32(ttl) + u16(unsigned(rdata.size())) + rdata;
}
inline const Bytes to_question = bytes({0xc0, 12});
inline Bytes opt(const Bytes& options, std::uint32_t ttl = 0, unsigned size = 1232) {
  return record(bytes({0}), 41, options, size, ttl);
}
inline Bytes option(unsigned code, const Bytes& data) {
  return u16(code) + u16(unsigned(data.size())) + data;
}

}  // namespace dnstorm::capture::dns::test
