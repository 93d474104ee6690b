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
  bool reads_name() const { return qname_.present() || domain_.present() || tld_.present(); }

 private:
  void write_names(const MessageValues& values, RowWriter row) const;
  void write_others(const MessageValues& values, RowWriter row) const;

  RowCopies copies_;
  FieldRef<Str> qname_, domain_, tld_;
  FieldRef<Bytes> edns_options_, addresses_;
  bool others_ = false;  // whether write_others() has anything to do
  DnstapRowWriter dnstap_;
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
  // Whether write() needs the records of responses.
  bool reads_records() const { return responses_.wanted.addresses; }

 private:
  struct Stream {
    std::size_t number = 0;
    MessageRowWriter writer;
  };
  // Where a query or a response goes, and what for.
  struct Way {
    std::vector<const Stream*> streams;
    MessageValues::Wanted wanted;
    void add(const Stream& stream);
  };

  std::vector<Stream> streams_;  // that somebody reads
  Way queries_, responses_;
  MessageValues values_;
};

}  // namespace dnstorm::operators
