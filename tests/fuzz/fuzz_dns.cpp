// DNS messages: parsing, and everything that is called on demand afterwards.
#include <cstddef>
#include <cstdint>

#include "capture/dns/message.hpp"
#include "capture/dns/rdata.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::dns;

namespace {

void check_question(const Message& message) {
  DNSTORM_ASSERT(message.has_question == !message.questions.empty(), "one question is the first");
  if (!message.has_question) return;
  DNSTORM_ASSERT(message.qname == message.question_name(message.questions[0]),
                 "the fast way to text and the careful one agree", message.qname);
  DNSTORM_ASSERT(message.qname_hash == name_hash(message.qname), "the hash is that of the text");
  DNSTORM_ASSERT(message.qname_wire_length >= 1 && message.qname_wire_length <= max_name_wire,
                 "a name has 1 to 255 bytes", message.qname_wire_length);
  auto wire = name_wire(message.qname);
  DNSTORM_ASSERT(wire && wire->size() == message.qname_wire_length, "text leads back to wire",
                 message.qname);
}

// Only what a person may ask for; the texts themselves do not matter here.
void look_at_everything(const Message& message) {
  std::size_t length = 0;
  for (const Record& record : message.records) {
    length += to_text(message, record).size();
    DNSTORM_ASSERT(record.rdata_offset + record.rdata_length <= message.wire.size(),
                   "data are inside the message");
  }
  for (const EdnsOption& option : message.edns.options) length += option_text(option).size();
  DNSTORM_ASSERT(length < (std::size_t{1} << 30), "text stays in proportion", length);
}

// What is kept of a message must not change what is found in it.
void check_keeping(const Message& message, ParseError error) {
  static Message other;
  for (Keep keep : {Keep{true, false}, Keep{false, false}}) {
    DNSTORM_ASSERT(parse(message.wire, other, keep) == error, "the same fault is found");
    DNSTORM_ASSERT(other.qname == (keep.qname ? message.qname : ""), "the name is as asked for");
    DNSTORM_ASSERT(other.qname_hash == (keep.qname ? message.qname_hash : 0), "and its hash");
    DNSTORM_ASSERT(other.qname_wire_length == message.qname_wire_length &&
                       other.qname_labels == message.qname_labels && other.qtype == message.qtype &&
                       other.qclass == message.qclass,
                   "the question is the same");
    DNSTORM_ASSERT(other.records.empty() && other.questions.empty(), "no lists");
    DNSTORM_ASSERT(other.full_rcode() == message.full_rcode() &&
                       other.edns.options.size() == message.edns.options.size() &&
                       other.trailing_bytes == message.trailing_bytes,
                   "all was read");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Message message;  // one for all inputs: nothing of the last may show
  ParseError error = parse({data, size}, message);
  DNSTORM_ASSERT(to_string(error) != "?", "every reason has a name");
  check_question(message);
  look_at_everything(message);
  check_keeping(message, error);
  std::size_t claimed =
      std::size_t{message.answer_count} + message.authority_count + message.additional_count;
  DNSTORM_ASSERT(message.records.size() <= claimed, "no more records than the header says");
  if (error == ParseError::none) {
    DNSTORM_ASSERT(message.header_ok && message.question_ok, "a sound message was read whole");
    DNSTORM_ASSERT(message.records.size() == claimed, "a sound message has all its records");
    DNSTORM_ASSERT(message.questions.size() == message.question_count, "and all its questions");
  }
  return 0;
}
