// How match and near_misses read messages from their input rows, and how match writes its results.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/api/emitter.hpp"
#include "engine/api/key.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/match/match.hpp"
#include "operators/match/open_query.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

// Ports, id and type of the question. In a message they stand side by side; where they do so in a
// row, too, as in those of decode and match, they are read and written as one.
struct NumbersRef {
  NumbersRef() = default;
  explicit NumbersRef(const Schema& schema)
      : client_port(schema.ref<std::uint16_t>("client_port")),
        server_port(schema.ref<std::uint16_t>("server_port")),
        id(schema.ref<std::uint16_t>("id")),
        qtype(schema.ref<std::uint16_t>("qtype")),
        together(client_port.present() && server_port.offset == client_port.offset + 2 &&
                 id.offset == client_port.offset + 4 && qtype.offset == client_port.offset + 6) {}

  void read(const RowView& row, OpenQuery& message) const {
    if (together) [[likely]] {
      std::memcpy(message.numbers(), row.data() + client_port.offset, OpenQuery::numbers_size);
      return;
    }
    message.client_port = row.get(client_port);
    message.server_port = row.get(server_port);
    message.id = row.get(id);
    message.qtype = row.get(qtype);
  }
  void write(RowWriter& row, const OpenQuery& message) const {
    if (together) [[likely]] {
      std::memcpy(row.data() + client_port.offset, message.numbers(), OpenQuery::numbers_size);
      return;
    }
    row.set(client_port, message.client_port);
    row.set(server_port, message.server_port);
    row.set(id, message.id);
    row.set(qtype, message.qtype);
  }

  FieldRef<std::uint16_t> client_port, server_port, id, qtype;
  bool together = false;
};

// Where the fields lie that a message has in common with a result of match.
struct ExchangeReader {
  ExchangeReader(const Schema& schema, const std::string& time_name)
      : time(schema.ref<std::int64_t>(time_name)),
        client(schema.ref<IpAddress>("client")),
        server(schema.ref<IpAddress>("server")),
        numbers(schema),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")) {}

  // What a message does not have in common with a result is not touched.
  void read(const RowView& row, OpenQuery& message) const {
    message.client = row.get(client);
    message.server = row.get(server);
    message.time = row.get(time);
    message.qname_hash = row.hash(qname);
    numbers.read(row, message);
    message.transport = row.get(transport);
  }

  FieldRef<std::int64_t> time;
  FieldRef<IpAddress> client, server;
  NumbersRef numbers;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
};

// Where the fields of a message lie in the rows of one input.
struct MessageReader : ExchangeReader {
  MessageReader(const Schema& schema, const std::string& time_name)
      : ExchangeReader(schema, time_name),
        txn(schema.ref<std::uint64_t>("txn")),
        qr(schema.ref<bool>("qr")),
        rcode(schema, "rcode"),
        size(schema, "size") {}

  OpenQuery read(const RowView& row) const {
    OpenQuery message;
    ExchangeReader::read(row, message);
    message.size = static_cast<std::uint16_t>(std::min<std::uint64_t>(size.get(row), 65535));
    message.rcode = static_cast<std::uint16_t>(rcode.get(row));
    message.has_question = !row.get(qname).empty();
    return message;
  }

  // Of the transaction, as the fields grouping computes it.
  std::uint64_t txn_hash(const RowView& row) const {
    return KeyReader::fixed_hash(Type::u64, sizeof(std::uint64_t), row.data() + txn.offset);
  }
  // Asks for the text of the name.
  void prefetch_name(const RowView& row) const { prefetch_line(row.get(qname).data()); }

  FieldRef<std::uint64_t> txn;
  FieldRef<bool> qr;
  NumberRef rcode, size;
};

// Of what two messages have in common that may differ in ports and id.
inline std::uint64_t exchange_hash(const OpenQuery& message) {
  auto word = [](const IpAddress& address, std::size_t half) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, address.bytes.data() + half * sizeof bytes, sizeof bytes);
    return bytes;
  };
  std::uint64_t hash = std::uint64_t{message.qtype} << 8 | message.transport;
  hash = hash_combine(hash, word(message.client, 0));
  hash = hash_combine(hash, word(message.client, 1));
  hash = hash_combine(hash, word(message.server, 0));
  hash = hash_combine(hash, word(message.server, 1));
  return hash_combine(hash, message.qname_hash);
}

// Where the fields of a result lie; those that nobody reads are absent.
struct ResultWriter {
  ResultWriter() = default;
  explicit ResultWriter(const Schema& schema)
      : time(schema.ref<std::int64_t>("time")),
        query_time(schema.ref<std::int64_t>("query_time")),
        latency_us(schema.ref<std::uint64_t>("latency_us")),
        latency_bucket_us(schema.ref<std::uint64_t>("latency_bucket_us")),
        exchange(schema.ref<std::uint64_t>("exchange")),
        status(schema.ref<std::uint8_t>("status")),
        client(schema.ref<IpAddress>("client")),
        server(schema.ref<IpAddress>("server")),
        numbers(schema),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")),
        asked_qname(schema.ref<Str>("asked_qname")),
        asked_qtype(schema.ref<std::uint16_t>("asked_qtype")),
        rcode(schema.ref<std::uint16_t>("rcode")),
        query_size(schema.ref<std::uint32_t>("query_size")),
        response_size(schema.ref<std::uint32_t>("response_size")),
        differs(schema.ref<bool>("differs")) {}

  // What every result has. `message` is the query, or the response where there is no query.
  [[gnu::always_inline]] RowWriter begin(Emitter& out, const OpenQuery& message, MatchStatus what,
                                         TimeNs decided) const {
    RowWriter row = out.row();
    row.set(time, decided);
    row.set(query_time, message.time);
    row.set(status, static_cast<std::uint8_t>(what));
    row.set(client, message.client);
    row.set(server, message.server);
    numbers.write(row, message);
    row.set(transport, message.transport);
    return row;
  }
  // The type of the question is that which begin() has written, but for a mismatched one.
  [[gnu::always_inline]] void set_question(RowWriter& row, const OpenQuery& message,
                                           std::string_view name) const {
    row.set_str(qname, name, message.qname_hash);
    if (exchange.present()) row.set(exchange, exchange_hash(message));
  }
  void set_response(RowWriter& row, const OpenQuery& message) const {
    row.set(rcode, message.rcode);
    row.set(response_size, std::uint32_t{message.size});
  }

  FieldRef<std::int64_t> time, query_time;
  FieldRef<std::uint64_t> latency_us, latency_bucket_us;
  FieldRef<std::uint64_t> exchange;
  FieldRef<std::uint8_t> status;
  FieldRef<IpAddress> client, server;
  NumbersRef numbers;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
  FieldRef<Str> asked_qname;
  FieldRef<std::uint16_t> asked_qtype, rcode;
  FieldRef<std::uint32_t> query_size, response_size;
  FieldRef<bool> differs;
};

}  // namespace dnstorm::operators
