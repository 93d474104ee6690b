// How match and near_misses read messages from their input rows, and how match writes its results.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/api/emitter.hpp"
#include "engine/api/key.hpp"
#include "operators/match/match.hpp"
#include "operators/match/open_query.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

// Where the fields lie that a message has in common with a result of match.
struct ExchangeReader {
  ExchangeReader(const Schema& schema, const std::string& time_name)
      : time(schema.ref<std::int64_t>(time_name)),
        client(schema.ref<IpAddress>("client")),
        server(schema.ref<IpAddress>("server")),
        client_port(schema.ref<std::uint16_t>("client_port")),
        server_port(schema.ref<std::uint16_t>("server_port")),
        id(schema.ref<std::uint16_t>("id")),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")),
        qtype(schema.ref<std::uint16_t>("qtype")) {}

  OpenQuery read(const RowView& row) const {
    OpenQuery message;
    message.client = row.get(client);
    message.server = row.get(server);
    message.time = row.get(time);
    message.qname_hash = row.hash(qname);
    message.client_port = row.get(client_port);
    message.server_port = row.get(server_port);
    message.id = row.get(id);
    message.qtype = row.get(qtype);
    message.transport = row.get(transport);
    return message;
  }

  FieldRef<std::int64_t> time;
  FieldRef<IpAddress> client, server;
  FieldRef<std::uint16_t> client_port, server_port, id;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype;
};

// Where the fields of a message lie in the rows of one input.
struct MessageReader : ExchangeReader {
  MessageReader(const Schema& schema, const std::string& time_name)
      : ExchangeReader(schema, time_name),
        txn(schema, {"txn"}),
        qr(schema.ref<bool>("qr")),
        rcode(schema, "rcode"),
        size(schema, "size") {}

  OpenQuery read(const RowView& row) const {
    OpenQuery message = ExchangeReader::read(row);
    message.size = static_cast<std::uint16_t>(std::min<std::uint64_t>(size.get(row), 65535));
    message.rcode = static_cast<std::uint16_t>(rcode.get(row));
    message.has_question = !row.get(qname).empty();
    return message;
  }

  KeyReader txn;
  FieldRef<bool> qr;
  NumberRef rcode, size;
};

// Of what two messages have in common that may differ in ports and id.
inline std::uint64_t exchange_hash(const OpenQuery& message) {
  std::uint64_t words[4];
  std::memcpy(words, message.client.bytes.data(), 16);
  std::memcpy(words + 2, message.server.bytes.data(), 16);
  std::uint64_t hash = std::uint64_t{message.qtype} << 8 | message.transport;
  for (std::uint64_t word : words) hash = hash_combine(hash, word);
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
        client_port(schema.ref<std::uint16_t>("client_port")),
        server_port(schema.ref<std::uint16_t>("server_port")),
        id(schema.ref<std::uint16_t>("id")),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")),
        qtype(schema.ref<std::uint16_t>("qtype")),
        asked_qname(schema.ref<Str>("asked_qname")),
        asked_qtype(schema.ref<std::uint16_t>("asked_qtype")),
        rcode(schema.ref<std::uint16_t>("rcode")),
        query_size(schema.ref<std::uint32_t>("query_size")),
        response_size(schema.ref<std::uint32_t>("response_size")),
        differs(schema.ref<bool>("differs")) {}

  // What every result has. `message` is the query, or the response where there is no query.
  RowWriter begin(Emitter& out, const OpenQuery& message, MatchStatus what, TimeNs decided) const {
    RowWriter row = out.row();
    row.set(time, decided);
    row.set(query_time, message.time);
    row.set(status, static_cast<std::uint8_t>(what));
    row.set(client, message.client);
    row.set(server, message.server);
    row.set(client_port, message.client_port);
    row.set(server_port, message.server_port);
    row.set(id, message.id);
    row.set(transport, message.transport);
    return row;
  }
  void set_question(RowWriter& row, const OpenQuery& message, std::string_view name) const {
    row.set_str(qname, name, message.qname_hash);
    row.set(qtype, message.qtype);
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
  FieldRef<std::uint16_t> client_port, server_port, id;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype;
  FieldRef<Str> asked_qname;
  FieldRef<std::uint16_t> asked_qtype, rcode;
  FieldRef<std::uint32_t> query_size, response_size;
  FieldRef<bool> differs;
};

}  // namespace dnstorm::operators
