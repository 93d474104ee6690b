// One message as match remembers it, and what another must show to belong to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>

#include "engine/api/state.hpp"
#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

// How much of two messages must be the same.
enum class MatchBy : std::uint8_t {
  transaction,        // addresses, ports, transport and id
  question,           // and the question
  question_if_there,  // and the question, unless the remembered message has none
};

struct alignas(64) OpenQuery {
  IpAddress client;
  IpAddress server;
  TimeNs time = 0;
  std::uint64_t qname_hash = 0;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint16_t id = 0;
  std::uint16_t qtype = 0;
  std::uint16_t size = 0;
  std::uint16_t answer_size = 0;  // of the first response to an answered query
  std::uint16_t rcode = 0;        // of that; or of a response that waits for its query
  std::uint8_t transport = 0;
  bool has_question = false;

  // Ports, id and type of the question, which stand side by side.
  static constexpr std::size_t numbers_size = 4 * sizeof(std::uint16_t);
  std::byte* numbers() { return reinterpret_cast<std::byte*>(this) + numbers_at; }
  const std::byte* numbers() const { return reinterpret_cast<const std::byte*>(this) + numbers_at; }

  bool same_transaction(const OpenQuery& other) const {
    return id == other.id && client_port == other.client_port && server_port == other.server_port &&
           transport == other.transport && same_hosts(other);
  }
  // The addresses lie side by side; compared as words: memcmp() is a call.
  bool same_hosts(const OpenQuery& other) const {
    std::uint64_t a[4], b[4];
    std::memcpy(a, this, sizeof a);
    std::memcpy(b, &other, sizeof b);
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
  }
  // Of a response, and a query that has been answered.
  bool same_content(const OpenQuery& answered) const {
    return rcode == answered.rcode && size == answered.answer_size;
  }
  bool same_question(const OpenQuery& other) const {
    return qname_hash == other.qname_hash && qtype == other.qtype;
  }
  bool answers(const OpenQuery& other, MatchBy by) const {
    if (!same_transaction(other)) return false;
    if (by == MatchBy::transaction || same_question(other)) return true;
    return by == MatchBy::question_if_there && !has_question;
  }
  // Of several that a message could belong to, the first of this order is taken.
  bool before(const OpenQuery& other) const {
    return std::tie(time, qname_hash, qtype) < std::tie(other.time, other.qname_hash, other.qtype);
  }
  void save(StateWriter& out) const;
  static OpenQuery restore(StateReader& in);
  static constexpr std::size_t saved_size = 64;
  static constexpr std::size_t numbers_at = 48;
};
static_assert(sizeof(OpenQuery) == 64);
static_assert(offsetof(OpenQuery, client) == 0 && offsetof(OpenQuery, server) == 16);
static_assert(offsetof(OpenQuery, client_port) == OpenQuery::numbers_at &&
              offsetof(OpenQuery, qtype) + sizeof(std::uint16_t) ==
                  OpenQuery::numbers_at + OpenQuery::numbers_size);

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
  out.put(answer_size);
  out.put(rcode);
  out.put(transport);
  out.put(std::uint8_t{has_question});
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
  query.size = in.get<std::uint16_t>();
  query.answer_size = in.get<std::uint16_t>();
  query.rcode = in.get<std::uint16_t>();
  query.transport = in.get<std::uint8_t>();
  query.has_question = in.get<std::uint8_t>() != 0;
  return query;
}

}  // namespace dnstorm::operators
