// From an item of a C-DNS block back to the messages that it was made of. The bytes are those of a
// message with the same header, questions and records; compression is that of this writer, and what
// stood behind a message is not stored by the format.
//
// A value with memory of its own; one thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/cdns/block.hpp"
#include "capture/cdns/captured_message.hpp"

namespace dnstorm::capture::cdns {

// What became of a message of the file.
enum class Rebuilt : std::uint8_t {
  whole,
  partial,       // the file does not store all fields: header and what there is
  no_signature,  // neither query nor response: the item does not say which
  no_payload,    // a malformed message whose bytes are not stored
  bad_index,     // points behind a table
  bad_name,      // the name of a question or record is none
  too_long,      // more than 65,535 bytes
};
inline constexpr std::size_t rebuilt_count = 7;
std::string_view to_string(Rebuilt rebuilt);
inline bool has_message(Rebuilt rebuilt) { return rebuilt <= Rebuilt::partial; }

class Rebuilder {
 public:
  // Fills in all but the times. `out.wire` holds until the next call.
  Rebuilt rebuild(const Block& block, const StorageParameters& storage, const Item& item,
                  bool response, CapturedMessage& out);
  Rebuilt rebuild(const Block& block, const StorageParameters& storage,
                  const MalformedMessage& item, CapturedMessage& out);

 private:
  struct Suffix {
    std::uint32_t hash;
    std::uint16_t offset;
    std::span<const std::uint8_t> bytes;
  };
  struct Source;

  Rebuilt put_message(const Source& from);
  Rebuilt put_question(const Source& from, std::uint64_t name, std::uint64_t class_type);
  Rebuilt put_questions(const Source& from);
  Rebuilt put_section(const Source& from, unsigned section);
  Rebuilt put_record(const Block& block, const ResourceRecord& record);
  Rebuilt put_query_opt(const Source& from);
  Rebuilt put_name(std::span<const std::uint8_t> name);
  void put16(std::uint64_t value);
  void put32(std::uint64_t value);
  void count_up(unsigned section);

  std::vector<std::uint8_t> wire_;
  std::vector<Suffix> known_;
};

}  // namespace dnstorm::capture::cdns
