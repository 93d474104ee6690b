#include "operators/spouts/message_part_writer.hpp"

#include "capture/dns/rdata.hpp"

namespace dnstorm::operators {

namespace dns = capture::dns;

MessagePartWriter::MessagePartWriter(const std::vector<SchemaPtr>& outputs) {
  if (outputs[questions_stream]) question_ = QuestionRefs(*outputs[questions_stream]);
  records_read_ = outputs.size() > records_stream && outputs[records_stream];
  options_read_ = outputs.size() > options_stream && outputs[options_stream];
  if (records_read_) record_ = RecordRefs(*outputs[records_stream]);
  if (options_read_) option_ = OptionRefs(*outputs[options_stream]);
}

void MessagePartWriter::write_questions(const MessageContext& context, Emitter& out) const {
  bool first = true;
  for (const dns::Question& question : context.message.questions) {
    RowWriter row = out.row(questions_stream);
    row.set(question_.time, context.time);
    row.set(question_.client, context.ends.client);
    row.set(question_.server, context.ends.server);
    row.set(question_.qr, context.message.qr);
    row.set(question_.qtype, question.type);
    row.set(question_.qclass, question.dns_class);
    if (first)
      row.set_str(question_.qname, context.message.qname, context.message.qname_hash);
    else
      row.set_str(question_.qname, context.message.question_name(question));
    first = false;
  }
}

void MessagePartWriter::write_records(const MessageContext& context, Emitter& out) const {
  static constexpr std::string_view sections[] = {"answer", "authority", "additional"};
  for (const dns::Record& record : context.message.records) {
    RowWriter row = out.row(records_stream);
    row.set(record_.time, context.time);
    row.set(record_.client, context.ends.client);
    row.set(record_.server, context.ends.server);
    row.set_str(record_.qname, context.message.qname, context.message.qname_hash);
    row.set_str(record_.section, sections[static_cast<std::size_t>(record.section)]);
    row.set(record_.type, record.type);
    row.set(record_.record_class, record.dns_class);
    row.set(record_.ttl, record.ttl);
    row.set(record_.length, record.rdata_length);
    if (record_.owner.present()) row.set_str(record_.owner, context.message.owner(record));
    if (record_.text.present()) row.set_str(record_.text, dns::rdata_text(context.message, record));
  }
}

void MessagePartWriter::write_options(const MessageContext& context, Emitter& out) const {
  for (const dns::EdnsOption& option : context.message.edns.options) {
    RowWriter row = out.row(options_stream);
    row.set(option_.time, context.time);
    row.set(option_.client, context.ends.client);
    row.set(option_.server, context.ends.server);
    row.set(option_.qr, context.message.qr);
    row.set(option_.code, option.code);
    row.set(option_.length, static_cast<std::uint16_t>(option.data.size()));
    if (option_.text.present()) row.set_str(option_.text, dns::option_text(option));
  }
}

}  // namespace dnstorm::operators
