// The rows of what a message is made of: its questions, its records, the options of its EDNS. For
// `decode`. A value; belongs to one task.
#pragma once

#include <vector>

#include "engine/api/emitter.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/message_context.hpp"

namespace dnstorm::operators {

class MessagePartWriter {
 public:
  MessagePartWriter() = default;
  // The task's outputs, by DecodeStream.
  explicit MessagePartWriter(const std::vector<SchemaPtr>& outputs);

  bool records_read() const { return records_read_; }
  // To the streams that somebody reads.
  void write(const MessageContext& context, Emitter& out) const {
    if (out.wanted(questions_stream)) write_questions(context, out);
    if (records_read_) write_records(context, out);
    if (options_read_) write_options(context, out);
  }

 private:
  void write_questions(const MessageContext& context, Emitter& out) const;
  void write_records(const MessageContext& context, Emitter& out) const;
  void write_options(const MessageContext& context, Emitter& out) const;

  QuestionRefs question_;
  RecordRefs record_;
  OptionRefs option_;
  // With `depth: question` there are no such streams.
  bool records_read_ = false, options_read_ = false;
};

}  // namespace dnstorm::operators
