// Writes messages as rows of the streams `default`, `queries` and `responses` of decode. Private to
// this folder.
#pragma once

#include <vector>

#include "engine/api/emitter.hpp"
#include "operators/spouts/dnstap_fields.hpp"
#include "operators/spouts/message_context.hpp"
#include "operators/spouts/message_values.hpp"
#include "operators/spouts/row_copies.hpp"

namespace dnstorm::operators {

// Rows of one of the streams, with the fields that somebody reads there.
class MessageRowWriter {
 public:
  MessageRowWriter() = default;
  explicit MessageRowWriter(const Schema& schema);

  void write(const MessageValues& values, RowWriter row) const;
  const MessageValues::Wanted& wanted() const { return wanted_; }
  // Whether write() needs the text of the question's name.
  bool reads_name() const { return names_; }

 private:
  void write_names(const MessageValues& values, RowWriter& row) const;

  RowCopies copies_;
  FieldRef<Str> qname_, domain_, tld_;
  FieldRef<Bytes> edns_options_, addresses_;
  DnstapRowWriter dnstap_;
  bool names_ = false;
  MessageValues::Wanted wanted_;
};

// All three. Made once a task.
class MessageRows {
 public:
  // The task's outputs, by DecodeStream.
  void open(const std::vector<SchemaPtr>& outputs);

  // To the streams that somebody reads.
  void write(const MessageContext& context, Emitter& out);
  bool reads_name() const;
  // Whether write() needs the records.
  bool reads_records() const;

 private:
  MessageRowWriter every_, queries_, responses_;
  MessageValues::Wanted of_query_, of_response_;
  MessageValues values_;
};

}  // namespace dnstorm::operators
