#include "operators/match/match.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "operators/match/match_bolt.hpp"
#include "operators/match/query_log.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

struct Wanted {
  std::string name;
  Type type;
};

Result<void> check_input(const InputDecl& input, const std::string& time,
                         std::vector<std::string>& reads) {
  const std::vector<Wanted> needed = {
      {time, Type::time},   {"qr", Type::boolean},      {"client", Type::ip},
      {"server", Type::ip}, {"client_port", Type::u16}, {"server_port", Type::u16},
      {"id", Type::u16},    {"transport", Type::u8},    {"qname", Type::str},
      {"qtype", Type::u16}, {"txn", Type::u64},
  };
  for (const Wanted& wanted : needed) {
    std::string subject = wanted.name == time ? "time" : "";
    Field field = DNSTORM_TRY(require_field(input, wanted.name, subject));
    if (field.type != wanted.type)
      return Error{ErrorKind::config,
                   fmt::format("field '{}' of stream '{}' of '{}' is of type {}; match needs {}",
                               wanted.name, input.stream, input.component, to_string(field.type),
                               to_string(wanted.type)),
                   subject};
    reads.push_back(wanted.name);
  }
  for (const char* optional : {"rcode", "size"}) {
    auto index = input.schema.find(optional);
    if (index && is_unsigned(input.schema.field(*index).type)) reads.emplace_back(optional);
  }
  return {};
}

std::vector<Field> result_fields() {
  return {
      {.name = "time",
       .type = Type::time,
       .role = Role::time,
       .help = "when it was decided: the response's time, or the query's plus the timeout"},
      {.name = "query_time",
       .type = Type::time,
       .help = "of the first query; unsolicited: the response's"},
      {.name = "exchange",
       .type = Type::u64,
       .help = "hash of client, server, transport and question; near_misses is grouped by it"},
      {.name = "latency_us",
       .type = Type::u64,
       .role = Role::value,
       .help = "from query to response; 0 without one of them"},
      {.name = "latency_bucket_us",
       .type = Type::u64,
       .help = "upper bound of the logarithmic bucket of latency_us; count by it for a histogram"},
      {.name = "status",
       .type = Type::u8,
       .labels = "match_status",
       .help = "how the pairing went"},
      {.name = "client", .type = Type::ip, .unbounded = true, .help = "who asks"},
      {.name = "server", .type = Type::ip, .unbounded = true, .help = "who answers"},
      {.name = "client_port", .type = Type::u16, .help = "of both messages"},
      {.name = "server_port", .type = Type::u16, .help = "of both messages"},
      {.name = "id", .type = Type::u16, .help = "of both messages"},
      {.name = "transport",
       .type = Type::u8,
       .labels = "transport",
       .help = "IP protocol number, of both messages"},
      {.name = "qname",
       .type = Type::str,
       .unbounded = true,
       .help = "of the query; mismatched: of the response"},
      {.name = "qtype",
       .type = Type::u16,
       .labels = "qtype",
       .help = "of the query; mismatched: of the response"},
      {.name = "asked_qname",
       .type = Type::str,
       .unbounded = true,
       .help = "mismatched: the name that the query asked for; otherwise empty"},
      {.name = "asked_qtype",
       .type = Type::u16,
       .labels = "qtype",
       .help = "mismatched: the type that the query asked for; otherwise 0"},
      {.name = "rcode",
       .type = Type::u16,
       .labels = "rcode",
       .help = "of the response; 0 without one"},
      {.name = "query_size",
       .type = Type::u32,
       .role = Role::value,
       .help = "bytes; 0 without a query"},
      {.name = "response_size",
       .type = Type::u32,
       .role = Role::value,
       .help = "bytes; 0 without a response"},
      {.name = "differs",
       .type = Type::boolean,
       .help = "duplicate: with another rcode or size than the first response"},
  };
}

Result<Declaration> declare_match(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.reads.resize(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    DNSTORM_CHECK(check_input(inputs[i], options.text("time"), declaration.reads[i]));
  declaration.outputs.push_back({"default", result_fields()});
  declaration.partition_by = {"txn"};
  declaration.partition_exact = true;
  return declaration;
}

}  // namespace

OperatorDef match_operator() {
  OperatorDef def;
  def.name = "match";
  def.summary =
      "Pairs responses with queries, measures response times, finds what stays unanswered.";
  def.options = {
      {.name = "timeout",
       .type = OptionType::duration,
       .default_text = "5s",
       .help = "how long a query waits for its response, in event time",
       .min = 1},
      {.name = "max_open",
       .type = OptionType::integer,
       .default_text = "1000000",
       .help = "queries waiting at once, a 128th of them in each key group; beyond, the oldest "
               "are given up",
       .min = key_groups,
       .max = 1e9},
      {.name = "memory",
       .type = OptionType::integer,
       .default_text = "256Mi",
       .help = "bytes for waiting and answered queries, a 128th of them in each key group; beyond, "
               "the oldest are given up or forgotten",
       .min = static_cast<double>(8 * QueryLog::bytes_min * key_groups),
       .max = 1e12},
      {.name = "skew",
       .type = OptionType::duration,
       .default_text = "0s",
       .help = "how long a response waits for a query that comes after it"},
      {"time", OptionType::text, "time", "the field that holds the event time of a message"},
  };
  def.example =
      "- id: pairs\n"
      "  className: match\n"
      "  properties: {timeout: 5s}\n";
  def.declare = declare_match;
  def.make_bolt = make_match_bolt;
  return def;
}

}  // namespace dnstorm::operators
