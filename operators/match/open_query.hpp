// One query as match remembers it, and what a response must show to belong to it.
#pragma once

#include <cstdint>
#include <tuple>

#include "engine/api/state.hpp"
#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct alignas(64) OpenQuery {
  IpAddress client;
  IpAddress server;
  TimeNs time = 0;
  std::uint64_t qname_hash = 0;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint16_t id = 0;
  std::uint16_t qtype = 0;
  std::uint32_t size = 0;
  std::uint8_t transport = 0;

  // All but time, size and question.
  bool same_transaction(const OpenQuery& other) const {
    return id == other.id && client_port == other.client_port && server_port == other.server_port &&
           transport == other.transport && client == other.client && server == other.server;
  }
  bool same_question(const OpenQuery& other) const {
    return qname_hash == other.qname_hash && qtype == other.qtype;
  }
  void save(StateWriter& out) const;
  static OpenQuery restore(StateReader& in);
  // Of several queries that a response could belong to, the first of this order is taken.
  bool before(const OpenQuery& other) const {
    return std::tie(time, qname_hash, qtype) < std::tie(other.time, other.qname_hash, other.qtype);
  }
};
static_assert(sizeof(OpenQuery) == 64);

inline void OpenQuery::save(StateWriter& out) const {
  for (std::uint8_t byte : client.bytes) out.put(byte);
  for (std::uint8_t byte : server.bytes) out.put(byte);
  out.put(time);
  out.put(qname_hash);
  out.put(client_port);
  out.put(server_port);
  out.put(id);
  out.put(qtype);
  out.put(size);
  out.put(transport);
}

inline OpenQuery OpenQuery::restore(StateReader& in) {
  OpenQuery query;
  for (std::uint8_t& byte : query.client.bytes) byte = in.get<std::uint8_t>();
  for (std::uint8_t& byte : query.server.bytes) byte = in.get<std::uint8_t>();
  query.time = in.get<TimeNs>();
  query.qname_hash = in.get<std::uint64_t>();
  query.client_port = in.get<std::uint16_t>();
  query.server_port = in.get<std::uint16_t>();
  query.id = in.get<std::uint16_t>();
  query.qtype = in.get<std::uint16_t>();
  query.size = in.get<std::uint32_t>();
  query.transport = in.get<std::uint8_t>();
  return query;
}

}  // namespace dnstorm::operators
