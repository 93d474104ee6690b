// What dnstap says of a message beside the message: the fields that every stream of messages of
// `decode` has for it (zero and empty for packets), and the stream of the frames themselves.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/dnstap/message.hpp"
#include "engine/api/batch.hpp"
#include "engine/api/schema.hpp"

namespace dnstorm::operators {

std::vector<Field> dnstap_message_fields();
std::vector<Field> dnstap_frame_fields();

// Writes the fields of dnstap_message_fields() that somebody reads.
class DnstapRowWriter {
 public:
  DnstapRowWriter() = default;
  explicit DnstapRowWriter(const Schema& schema);
  bool any() const { return any_; }
  void write(const capture::dnstap::Dnstap& frame, RowWriter& row) const;

 private:
  void write_policy(const capture::dnstap::Policy& policy, RowWriter& row) const;

  bool any_ = false;
  FieldRef<std::uint8_t> type_, http_protocol_, policy_action_, policy_match_;
  FieldRef<std::uint16_t> query_port_;
  FieldRef<TimeNs> query_time_, response_time_;
  FieldRef<Str> identity_, version_, extra_, query_zone_, policy_type_, policy_rule_, policy_value_;
};

// A row of the stream of frames.
class DnstapFrameWriter {
 public:
  DnstapFrameWriter() = default;
  explicit DnstapFrameWriter(const Schema& schema);
  void write(const capture::dnstap::Dnstap& frame, TimeNs time, std::size_t size,
             RowWriter row) const;

 private:
  FieldRef<TimeNs> time_;
  FieldRef<std::uint8_t> type_, family_, protocol_, http_protocol_;
  FieldRef<Str> identity_, version_, extra_;
  FieldRef<std::uint32_t> size_;
};

// The number that `transport` has for it: that of the IP protocol for plain UDP and TCP; for the
// encrypted ones 200 and the number of the dnstap schema, which no IP protocol has (IANA).
std::uint8_t transport_of(capture::dnstap::SocketProtocol protocol);

}  // namespace dnstorm::operators
