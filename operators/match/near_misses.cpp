#include "operators/match/near_misses.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/match/held_queries.hpp"
#include "operators/match/match.hpp"
#include "operators/match/match_rows.hpp"
#include "operators/match/near_miss_table.hpp"

namespace dnstorm::operators {

namespace {

// Where the fields of match's results lie.
struct OutcomeReader : ExchangeReader {
  explicit OutcomeReader(const Schema& s)
      : ExchangeReader(s, "query_time"),
        decided(s.ref<std::int64_t>("time")),
        exchange(s.ref<std::uint64_t>("exchange")),
        status(s.ref<std::uint8_t>("status")),
        asked_qname(s.ref<Str>("asked_qname")),
        asked_qtype(s.ref<std::uint16_t>("asked_qtype")),
        rcode(s.ref<std::uint16_t>("rcode")) {}

  void read(const RowView& row, OpenQuery& message) const {
    message.size = message.answer_size = 0;
    message.has_question = false;
    ExchangeReader::read(row, message);
    message.rcode = row.get(rcode);
  }
  // As the fields grouping computes it.
  std::uint32_t group(const RowView& row) const {
    return key_group(
        KeyReader::fixed_hash(Type::u64, sizeof(std::uint64_t), row.data() + exchange.offset));
  }
  static const std::vector<std::string>& fields() {
    static const std::vector<std::string> all = {
        "time",   "query_time",  "exchange",    "status",      "client",
        "server", "client_port", "server_port", "id",          "transport",
        "qname",  "qtype",       "asked_qname", "asked_qtype", "rcode"};
    return all;
  }

  FieldRef<std::int64_t> decided;
  FieldRef<std::uint64_t> exchange;
  FieldRef<std::uint8_t> status;
  FieldRef<Str> asked_qname;
  FieldRef<std::uint16_t> asked_qtype, rcode;
};

std::vector<Field> result_fields() {
  Field client{.name = "client", .type = Type::ip, .unbounded = true, .help = "who asks"};
  Field server{.name = "server", .type = Type::ip, .unbounded = true, .help = "who answers"};
  return {
      {.name = "time", .type = Type::time, .role = Role::time, .help = "when it was decided"},
      {.name = "response_time", .type = Type::time, .help = "when the response came"},
      {.name = "query_time", .type = Type::time, .help = "of the query that is near; or 0"},
      {.name = "difference",
       .type = Type::u8,
       .labels = "match_difference",
       .help = "what differs: id, client_port, server_port, question; none: no query is near"},
      client,
      server,
      {.name = "transport", .type = Type::u8, .labels = "transport", .help = "of both messages"},
      {.name = "client_port", .type = Type::u16, .help = "of the query; none: of the response"},
      {.name = "server_port", .type = Type::u16, .help = "of the query; none: of the response"},
      {.name = "id", .type = Type::u16, .help = "of the query; none: of the response"},
      {.name = "qname", .type = Type::str, .unbounded = true, .help = "that the query asked for"},
      {.name = "qtype", .type = Type::u16, .labels = "qtype", .help = "that the query asked for"},
      {.name = "got_client_port", .type = Type::u16, .help = "of the response"},
      {.name = "got_server_port", .type = Type::u16, .help = "of the response"},
      {.name = "got_id", .type = Type::u16, .help = "of the response"},
      {.name = "got_qname", .type = Type::str, .unbounded = true, .help = "of the response"},
      {.name = "got_qtype", .type = Type::u16, .labels = "qtype", .help = "of the response"},
      {.name = "rcode", .type = Type::u16, .labels = "rcode", .help = "of the response"},
  };
}

struct NearMissWriter {
  NearMissWriter() = default;
  explicit NearMissWriter(const Schema& s)
      : time(s.ref<std::int64_t>("time")),
        response_time(s.ref<std::int64_t>("response_time")),
        query_time(s.ref<std::int64_t>("query_time")),
        difference(s.ref<std::uint8_t>("difference")),
        client(s.ref<IpAddress>("client")),
        server(s.ref<IpAddress>("server")),
        transport(s.ref<std::uint8_t>("transport")),
        client_port(s.ref<std::uint16_t>("client_port")),
        server_port(s.ref<std::uint16_t>("server_port")),
        id(s.ref<std::uint16_t>("id")),
        qname(s.ref<Str>("qname")),
        qtype(s.ref<std::uint16_t>("qtype")),
        got_client_port(s.ref<std::uint16_t>("got_client_port")),
        got_server_port(s.ref<std::uint16_t>("got_server_port")),
        got_id(s.ref<std::uint16_t>("got_id")),
        got_qname(s.ref<Str>("got_qname")),
        got_qtype(s.ref<std::uint16_t>("got_qtype")),
        rcode(s.ref<std::uint16_t>("rcode")) {}

  void write(const StrayResponse& one, Emitter& out) const {
    const OpenQuery& got = one.response;
    bool near = one.difference != MatchDifference::none;
    const OpenQuery& query = near ? one.query : got;
    RowWriter row = out.row();
    row.set(time, one.decided);
    row.set(response_time, got.time);
    if (near) row.set(query_time, query.time);
    row.set(difference, static_cast<std::uint8_t>(one.difference));
    row.set(client, got.client);
    row.set(server, got.server);
    row.set(transport, got.transport);
    row.set(client_port, query.client_port);
    row.set(server_port, query.server_port);
    row.set(id, query.id);
    bool other = one.difference == MatchDifference::question;
    row.set_str(qname, other ? one.asked : one.name, query.qname_hash);
    row.set(qtype, query.qtype);
    row.set(got_client_port, got.client_port);
    row.set(got_server_port, got.server_port);
    row.set(got_id, got.id);
    row.set_str(got_qname, one.name, got.qname_hash);
    row.set(got_qtype, got.qtype);
    row.set(rcode, got.rcode);
  }

  FieldRef<std::int64_t> time, response_time, query_time;
  FieldRef<std::uint8_t> difference;
  FieldRef<IpAddress> client, server;
  FieldRef<std::uint8_t> transport;
  FieldRef<std::uint16_t> client_port, server_port, id;
  FieldRef<Str> qname;
  FieldRef<std::uint16_t> qtype, got_client_port, got_server_port, got_id;
  FieldRef<Str> got_qname;
  FieldRef<std::uint16_t> got_qtype, rcode;
};

class NearMissesBolt final : public Bolt, private KeyedState {
 public:
  explicit NearMissesBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs) readers_.emplace_back(*input.schema);
    if (task.outputs[0] != nullptr) writer_ = NearMissWriter(*task.outputs[0]);
    bytes_max_ = static_cast<std::size_t>(options_.integer("memory")) / key_groups;
    for (std::uint32_t group = 0; group < key_groups; ++group)
      tables_.emplace_back(options_.duration("timeout"), bytes_max_);
    const char* names[] = {"unsolicited", "other_id", "other_client_port", "other_server_port",
                           "other_question"};
    for (std::size_t i = 0; i < by_difference_.size(); ++i)
      by_difference_[i] = &task.counter(names[i]);
    responses_ = &task.counter("responses");
    given_up_ = &task.counter("given_up");
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    const OutcomeReader& reader = readers_[in.input];
    Rows rows = in.rows();
    for (std::uint32_t i = 0; i < rows.size(); ++i) take(reader, rows[i]);
    give_pushed_out(out);
  }

  void watermark(TimeNs now, Emitter& out) override {
    held_.take(now, [&](const HeldQuery& ended, const OpenQuery& query) {
      NearMissTable& table = tables_[ended.group];
      if (!table.waits_for(ended.exchange)) return;
      table.add_query(query, ended.end);
      tables_changed_ = true;
    });
    // Here, too: there may be no batch any more, and a checkpoint has them no more.
    give_pushed_out(out);
    std::uint64_t given_up = 0;
    for (NearMissTable& table : tables_) {
      if (table.due(now)) table.advance(now, [&](const StrayResponse& one) { give(one, out); });
      given_up += table.given_up();
    }
    if (given_up != given_up_before_) given_up_->add(given_up - given_up_before_);
    given_up_before_ = given_up;
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      if (tables_[group].idle() && held_.count(group) == 0) continue;
      StateWriter& section = out.of(group);
      section.put(std::uint64_t{held_.count(group)});
      held_.each(group, [&](const HeldQuery& ended, const OpenQuery& query) {
        query.save(section);
        section.put(ended.end);
      });
      tables_[group].save(section);
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    NearMissTable& table = tables_[group];
    if (!table.idle()) return false;
    tables_changed_ = true;
    for (auto left = in.get_count(OpenQuery::saved_size); left != 0; --left) {
      OpenQuery query = OpenQuery::restore(in);
      table.add_query(query, in.get<TimeNs>());
    }
    return table.restore(in) && in.at_end();
  }

 private:
  [[gnu::always_inline]] void take(const OutcomeReader& reader, const RowView& row) {
    auto status = static_cast<MatchStatus>(row.get(reader.status));
    if (status == MatchStatus::duplicate) return;
    if (status == MatchStatus::unsolicited || status == MatchStatus::mismatched) [[unlikely]]
      return take_stray(reader, row, status);
    std::uint32_t group = reader.group(row);
    // Those that find no room are compared with no response.
    if (held_.count(group) * NearMissTable::query_bytes + tables_[group].bytes() < bytes_max_)
      reader.read(row, held_.add({row.get(reader.decided), row.get(reader.exchange), group}));
  }

  void give_pushed_out(Emitter& out) {
    if (!std::exchange(tables_changed_, false)) return;
    for (NearMissTable& table : tables_)
      table.take_pushed_out([&](const StrayResponse& one) { give(one, out); });
  }
  void take_stray(const OutcomeReader& reader, const RowView& row, MatchStatus status) {
    NearMissTable& table = tables_[reader.group(row)];
    tables_changed_ = true;
    OpenQuery message;
    reader.read(row, message);
    responses_->add();
    StrayResponse stray;
    stray.response = message;
    stray.exchange = row.get(reader.exchange);
    stray.name = row.get(reader.qname);
    if (status == MatchStatus::mismatched) {
      stray.difference = MatchDifference::question;
      stray.query = message;
      stray.query.qname_hash = row.hash(reader.asked_qname);
      stray.query.qtype = row.get(reader.asked_qtype);
      stray.asked = row.get(reader.asked_qname);
      stray.decided = stray.response.time = row.get(reader.decided);
    }
    table.add_response(std::move(stray));
  }

  void give(const StrayResponse& one, Emitter& out) const {
    by_difference_[static_cast<std::size_t>(one.difference)]->add();
    if (out.wanted()) writer_.write(one, out);
  }

  Options options_;
  std::vector<OutcomeReader> readers_;
  NearMissWriter writer_;
  std::vector<NearMissTable> tables_;  // one a key group
  HeldQueries held_;
  std::size_t bytes_max_ = 0;    // of a key group
  bool tables_changed_ = false;  // since what the limit pushes out was last asked for
  std::array<Counter*, 5> by_difference_{};
  Counter* responses_ = nullptr;
  Counter* given_up_ = nullptr;
  std::uint64_t given_up_before_ = 0;
};

Result<Declaration> declare_near_misses(const Options&, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::keyed;
  declaration.light = true;
  for (const InputDecl& input : inputs) {
    Field status = DNSTORM_TRY(require_field(input, "status", ""));
    if (status.labels != "match_status")
      return Error{ErrorKind::config,
                   fmt::format("stream '{}' of '{}' is not the results of match; near_misses reads "
                               "those only",
                               input.stream, input.component),
                   ""};
    for (const std::string& name : OutcomeReader::fields())
      DNSTORM_CHECK(require_field(input, name, ""));
    declaration.reads.push_back(OutcomeReader::fields());
  }
  declaration.outputs.push_back({"default", result_fields()});
  declaration.partition_by = {"exchange"};
  declaration.partition_exact = true;
  return declaration;
}

}  // namespace

OperatorDef near_misses_operator() {
  OperatorDef def;
  def.name = "near_misses";
  def.summary = "Finds the queries that unsolicited responses all but belong to, and what differs.";
  def.options = {
      {.name = "timeout",
       .type = OptionType::duration,
       .default_text = "5s",
       .help = "the timeout of the match before it",
       .min = 1},
      {.name = "memory",
       .type = OptionType::integer,
       .default_text = "64Mi",
       .help = "bytes for responses and ended queries, a 128th of them in each key group; beyond, "
               "the oldest are given up",
       .min = 1 << 22,
       .max = 1e12},
  };
  def.example =
      "- id: near\n"
      "  className: near_misses\n"
      "  properties: {timeout: 5s}\n";
  def.declare = declare_near_misses;
  def.make_bolt = [](const Options& options) { return std::make_unique<NearMissesBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
