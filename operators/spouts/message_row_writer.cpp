#include "operators/spouts/message_row_writer.hpp"

#include <cstring>

#include "operators/spouts/decode_schema.hpp"

namespace dnstorm::operators {

namespace {

// An end of a string that the row has already: nothing is copied.
void set_end(RowWriter& row, FieldRef<Str> field, std::uint32_t whole_end,
             const RegisteredDomain::Domain& end) {
  if (!field.present()) return;
  auto size = static_cast<std::uint32_t>(end.name.size());
  StrCell cell{whole_end - size, size, end.hash};
  std::memcpy(row.data() + field.offset, &cell, sizeof cell);
}

}  // namespace

MessageRowWriter::MessageRowWriter(const Schema& schema)
    : copies_(schema, message_cell_sources()),
      qname_(schema.ref<Str>("qname")),
      domain_(schema.ref<Str>("domain")),
      tld_(schema.ref<Str>("tld")),
      edns_options_(schema.ref<Bytes>("edns_options")),
      addresses_(schema.ref<Bytes>("addresses")),
      dnstap_(schema),
      names_(qname_.present() || domain_.present() || tld_.present()) {
  wanted_ = {schema.find("txn").has_value(), false, domain_.present(), tld_.present(),
             addresses_.present()};
  for (const char* field : {"edns", "edns_version", "edns_size", "do", "ecs", "cookie", "nsid"})
    wanted_.edns = wanted_.edns || schema.find(field).has_value();
}

void MessageRowWriter::write(const MessageValues& values, RowWriter row) const {
  copies_.run(&values.cells(), row.data());
  if (names_ && values.has_names()) write_names(values, row);
  if (edns_options_.present()) {
    auto options = values.edns_options();
    if (!options.empty()) row.set_bytes(edns_options_, options);
  }
  if (addresses_.present() && !values.addresses().empty())
    row.set_bytes(addresses_, values.addresses());
  if (values.dnstap() != nullptr && dnstap_.any()) dnstap_.write(*values.dnstap(), row);
}

void MessageRowWriter::write_names(const MessageValues& values, RowWriter& row) const {
  if (!qname_.present()) {
    row.set_str(domain_, values.domain().name, values.domain().hash);
    row.set_str(tld_, values.tld().name, values.tld().hash);
    return;
  }
  row.set_str(qname_, values.qname(), values.qname_hash());
  StrCell cell;
  std::memcpy(&cell, row.data() + qname_.offset, sizeof cell);
  set_end(row, domain_, cell.offset + cell.size, values.domain());
  set_end(row, tld_, cell.offset + cell.size, values.tld());
}

void MessageRows::open(const std::vector<SchemaPtr>& outputs) {
  auto writer = [&](DecodeStream stream) {
    return outputs[stream] ? MessageRowWriter(*outputs[stream]) : MessageRowWriter();
  };
  every_ = writer(messages_stream);
  queries_ = writer(queries_stream);
  responses_ = writer(responses_stream);
  of_query_ = every_.wanted() | queries_.wanted();
  of_response_ = every_.wanted() | responses_.wanted();
  if (of_query_.domain || of_response_.domain) values_.open_domains();
}

void MessageRows::write(const MessageContext& context, Emitter& out) {
  const bool response = context.message.qr;
  const std::size_t half = response ? responses_stream : queries_stream;
  if (!out.wanted(messages_stream) && !out.wanted(half)) return;
  values_.prefetch(context.message);
  values_.read(context, response ? of_response_ : of_query_);
  if (out.wanted(messages_stream)) every_.write(values_, out.row(messages_stream));
  if (out.wanted(half)) (response ? responses_ : queries_).write(values_, out.row(half));
}

bool MessageRows::reads_name() const {
  return every_.reads_name() || queries_.reads_name() || responses_.reads_name();
}

bool MessageRows::reads_records() const {
  return every_.wanted().addresses || responses_.wanted().addresses;
}

}  // namespace dnstorm::operators
