#include "operators/spouts/message_row_writer.hpp"

#include <algorithm>
#include <cstddef>
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
      dnstap_(schema) {
  using Cells = MessageCells;
  wanted_ = {.txn = copies_.reads(offsetof(Cells, match.txn), sizeof(Cells::match.txn)),
             .response = copies_.reads(offsetof(Cells, response), sizeof(Cells::response)),
             .rest = copies_.reads(offsetof(Cells, rest), sizeof(Cells::rest)),
             .edns = copies_.reads(offsetof(Cells, edns), sizeof(Cells::edns)),
             .domain = domain_.present(),
             .tld = tld_.present(),
             .addresses = addresses_.present()};
  others_ = edns_options_.present() || addresses_.present() ||
            (!qname_.present() && (domain_.present() || tld_.present()));
}

[[gnu::always_inline]] inline void MessageRowWriter::write(const MessageValues& values,
                                                           RowWriter row) const {
  copies_.run(&values.cells(), row.data());
  if (qname_.present() && values.has_names()) write_names(values, row);
  if (others_) write_others(values, row);
  if (values.dnstap() != nullptr && dnstap_.any()) {
    RowWriter rest = row;  // so that `row` needs no address
    dnstap_.write(*values.dnstap(), rest);
  }
}

[[gnu::always_inline]] inline void MessageRowWriter::write_names(const MessageValues& values,
                                                                 RowWriter row) const {
  row.set_str(qname_, values.qname(), values.qname_hash());
  StrCell cell;
  std::memcpy(&cell, row.data() + qname_.offset, sizeof cell);
  set_end(row, domain_, cell.offset + cell.size, values.domain());
  set_end(row, tld_, cell.offset + cell.size, values.tld());
}

void MessageRowWriter::write_others(const MessageValues& values, RowWriter row) const {
  // Ends of a name that is not in the row.
  if (!qname_.present() && values.has_names()) {
    row.set_str(domain_, values.domain().name, values.domain().hash);
    row.set_str(tld_, values.tld().name, values.tld().hash);
  }
  auto options = values.edns_options();
  if (!options.empty()) row.set_bytes(edns_options_, options);
  if (addresses_.present() && !values.addresses().empty())
    row.set_bytes(addresses_, values.addresses());
}

void MessageRows::Way::add(const Stream& stream) {
  streams.push_back(&stream);
  wanted = wanted | stream.writer.wanted();
}

void MessageRows::open(const std::vector<SchemaPtr>& outputs) {
  for (std::size_t number : {messages_stream, queries_stream, responses_stream})
    if (outputs[number]) streams_.push_back({number, MessageRowWriter(*outputs[number])});
  for (const Stream& stream : streams_) {
    if (stream.number != responses_stream) queries_.add(stream);
    if (stream.number != queries_stream) responses_.add(stream);
  }
  if (queries_.wanted.domain || responses_.wanted.domain) values_.open_domains();
}

void MessageRows::write(const MessageContext& context, Emitter& out) {
  const Way& way = context.message.qr ? responses_ : queries_;
  if (way.streams.empty()) return;
  values_.prefetch(context.message);
  values_.read(context, way.wanted);
  for (const Stream* stream : way.streams) stream->writer.write(values_, out.row(stream->number));
}

bool MessageRows::reads_name() const {
  return std::ranges::any_of(streams_,
                             [](const Stream& stream) { return stream.writer.reads_name(); });
}

}  // namespace dnstorm::operators
