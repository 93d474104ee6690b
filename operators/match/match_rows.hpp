// How match reads messages from its input rows and writes its results.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/emitter.hpp"
#include "engine/api/key.hpp"
#include "operators/match/match.hpp"
#include "operators/match/open_query.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

// Where the fields of a message lie in the rows of one input.
struct MessageReader {
  MessageReader(const Schema& schema, const std::string& time_name)
      : txn(schema, {"txn"}),
        time(schema.ref<std::int64_t>(time_name)),
        qr(schema.ref<bool>("qr")),
        client(schema.ref<IpAddress>("client")),
        server(schema.ref<IpAddress>("server")),
        client_port(schema.ref<std::uint16_t>("client_port")),
        server_port(schema.ref<std::uint16_t>("server_port")),
        id(schema.ref<std::uint16_t>("id")),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")),
        qtype(schema.ref<std::uint16_t>("qtype")),
        rcode(schema, "rcode"),
        size(schema, "size") {}

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
    message.size = size_of_message(row);
    message.transport = row.get(transport);
    return message;
  }
  std::uint32_t size_of_message(const RowView& row) const {
    return size.present() ? static_cast<std::uint32_t>(size.get(row)) : 0;
  }

  KeyReader txn;
  FieldRef<std::int64_t> time;
  FieldRef<bool> qr;
  FieldRef<IpAddress> client, server;
  FieldRef<std::uint16_t> client_port, server_port, id;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype;
  NumberRef rcode, size;
};

// Where the fields of a result lie; those that nobody reads are absent.
struct ResultWriter {
  ResultWriter() = default;
  explicit ResultWriter(const Schema& schema)
      : time(schema.ref<std::int64_t>("time")),
        query_time(schema.ref<std::int64_t>("query_time")),
        latency_us(schema.ref<std::uint64_t>("latency_us")),
        latency_bucket_us(schema.ref<std::uint64_t>("latency_bucket_us")),
        status(schema.ref<std::uint8_t>("status")),
        client(schema.ref<IpAddress>("client")),
        server(schema.ref<IpAddress>("server")),
        transport(schema.ref<std::uint8_t>("transport")),
        qname(schema.ref<Str>("qname")),
        qtype(schema.ref<std::uint16_t>("qtype")),
        rcode(schema.ref<std::uint16_t>("rcode")),
        query_size(schema.ref<std::uint32_t>("query_size")),
        response_size(schema.ref<std::uint32_t>("response_size")) {}

  // What every result has. `message` is the query, or the response where there is no query.
  RowWriter begin(Emitter& out, const OpenQuery& message, MatchStatus what, TimeNs decided) const {
    RowWriter row = out.row();
    row.set(time, decided);
    row.set(query_time, message.time);
    row.set(status, static_cast<std::uint8_t>(what));
    row.set(client, message.client);
    row.set(server, message.server);
    row.set(transport, message.transport);
    row.set(qtype, message.qtype);
    return row;
  }

  FieldRef<std::int64_t> time, query_time;
  FieldRef<std::uint64_t> latency_us, latency_bucket_us;
  FieldRef<std::uint8_t> status;
  FieldRef<IpAddress> client, server;
  FieldRef<std::uint8_t> transport;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype, rcode;
  FieldRef<std::uint32_t> query_size, response_size;
};

}  // namespace dnstorm::operators
