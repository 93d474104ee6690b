// One query as match remembers it, and what a response must show to belong to it.
#pragma once

#include <cstdint>
#include <tuple>

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
  // Of several queries that a response could belong to, the first of this order is taken.
  bool before(const OpenQuery& other) const {
    return std::tie(time, qname_hash, qtype) < std::tie(other.time, other.qname_hash, other.qtype);
  }
};
static_assert(sizeof(OpenQuery) == 64);

}  // namespace dnstorm::operators
