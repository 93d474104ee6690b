// One frame as the YAML document that dnstap-ldns and dnstap-read (BIND) write with -y, and Go's
// dnstap with -y: the same fields by name, the DNS message as the text that dig shows.
//
// Not a YAML reader: it takes the form that these programs write, line by line, with scalars plain
// or in quotes and messages as literal blocks. What it does not know it passes over. Nothing is
// allocated once the buffers have grown. Not thread-safe; a value of its user.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "capture/dns/message_parse.hpp"
#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::dnstap {

// Holds two messages of 65535 octets in the longest text that they have.
inline constexpr std::size_t text_document_max = 8U << 20U;
// Within so many bytes the first document begins.
inline constexpr std::size_t text_head_max = 4096;
inline constexpr std::string_view text_separator = "\n---\r\n";

class TextDocument {
 public:
  // Whether a file that begins so holds such documents.
  static bool begins(std::string_view head);
  // Looks for the line "---" from `from` on. `size`: of the document before it, npos where there is
  // none; returns the length of the line that ends it.
  static std::size_t find_end(std::string_view text, std::size_t from, std::size_t& size);

  // Appends the payload that the document stands for: encode() of its fields or of an error. False
  // where nothing stands in it but blank lines and comments.
  bool read(std::string_view text, std::vector<std::uint8_t>& frame);

 private:
  enum class Place : std::uint8_t { top, message, policy, elsewhere };
  struct Literal {
    dns::MessageParser parser;
    bool there = false;
  };

  void reset();
  void take_line(std::string_view line);
  void take_key(std::size_t indent, std::string_view line);
  bool take_top(std::string_view key, std::string_view value);
  bool take_message(std::string_view key, std::string_view value);
  bool take_policy(std::string_view key, std::string_view value);
  void open_literal(Literal& literal, std::size_t indent);
  bool close_literal(Literal& literal, std::span<const std::uint8_t>& out);
  std::span<const std::uint8_t> keep(std::string_view text);
  std::span<const std::uint8_t> keep_scalar(std::string_view value);
  std::span<const std::uint8_t> keep_name(std::string_view value);
  bool keep_address(std::string_view value, std::span<const std::uint8_t>& out);
  void fail(DecodeError error) {
    if (error_ == DecodeError::none) error_ = error;
  }
  DecodeError finish();

  Dnstap frame_;
  DecodeError error_ = DecodeError::none;
  bool has_something_ = false, has_type_ = false, has_message_ = false;
  Place place_ = Place::top;
  std::size_t message_indent_ = 0;
  Literal query_, response_;
  Literal* literal_ = nullptr;      // the block that is being read
  std::size_t literal_parent_ = 0;  // its key's indent
  std::size_t literal_indent_ = 0;  // 0: no line of it yet
  // What fields hold that the text has in another form. Never grows while views into it live:
  // reserved for the whole document.
  std::vector<std::uint8_t> kept_;
};

}  // namespace dnstorm::capture::dnstap
