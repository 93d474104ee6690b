#include "operators/sinks/ecs_names.hpp"

#include <array>
#include <string_view>

namespace dnstorm::operators {

namespace {

struct EcsName {
  std::string_view field;
  std::string_view name;
};

constexpr std::array names = {
    // Messages and transactions.
    EcsName{"time", "@timestamp"},
    EcsName{"src", "source.ip"},
    EcsName{"dst", "destination.ip"},
    EcsName{"client", "client.ip"},
    EcsName{"server", "server.ip"},
    EcsName{"client_port", "client.port"},
    EcsName{"server_port", "server.port"},
    EcsName{"transport", "network.transport"},
    EcsName{"size", "network.bytes"},
    EcsName{"qname", "dns.question.name"},
    EcsName{"qtype", "dns.question.type"},
    EcsName{"qclass", "dns.question.class"},
    EcsName{"domain", "dns.question.registered_domain"},
    EcsName{"tld", "dns.question.top_level_domain"},
    EcsName{"rcode", "dns.response_code"},
    EcsName{"opcode", "dns.op_code"},
    EcsName{"qr", "dns.type"},
    // Security events.
    EcsName{"detector", "rule.name"},
    EcsName{"state", "event.action"},
    EcsName{"severity", "log.level"},
    EcsName{"score", "event.risk_score"},
    EcsName{"start", "event.start"},
    EcsName{"end", "event.end"},
    EcsName{"advice", "message"},
};

}  // namespace

std::string ecs_name(const Field& field) {
  // That of a message has 16 bits.
  if (field.name == "id") return field.type == Type::u16 ? "dns.id" : "event.id";
  for (const EcsName& one : names)
    if (one.field == field.name) return std::string(one.name);
  return "dnstorm." + field.name;
}

}  // namespace dnstorm::operators
