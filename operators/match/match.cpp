#include "operators/match/match.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/key.hpp"
#include "operators/event_time.hpp"
#include "operators/match/latency_bucket.hpp"
#include "operators/match/match_table.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

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

class MatchBolt final : public Bolt {
 public:
  explicit MatchBolt(Options options)
      : options_(std::move(options)),
        timeout_(options_.duration("timeout")),
        open_max_(std::max<std::size_t>(
            1, static_cast<std::size_t>(options_.integer("max_open")) / key_groups)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs)
      readers_.emplace_back(*input.schema, options_.text("time"));
    if (task.outputs[0] != nullptr) writer_ = ResultWriter(*task.outputs[0]);
    for (std::uint32_t i = 0; i < key_groups; ++i)
      tables_.emplace_back(timeout_, writer_.qname.present());
    deadlines_.fill(time_max);
    queries_ = &task.counter("queries");
    responses_ = &task.counter("responses");
    answered_ = &task.counter("answered");
    unanswered_ = &task.counter("unanswered");
    unsolicited_ = &task.counter("unsolicited");
    duplicates_ = &task.counter("duplicates");
    retransmissions_ = &task.counter("retransmissions");
    given_up_ = &task.counter("given_up");
    return {};
  }

  // Rows are taken key group by key group. What comes out then stands in the order of key groups,
  // and the outputs of several tasks, one after the other, are that of a single task.
  void execute(const InputBatch& in, Emitter& out) override {
    const MessageReader& reader = readers_[in.input];
    Rows rows = in.rows();
    sort_by_group(rows, reader);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      fetch_ahead(i);
      RowView row = rows[order_[i].row];
      if (row.get(reader.qr))
        take_response(reader, row, order_[i].hash, out);
      else
        take_query(reader, row, order_[i].hash);
    }
  }

  void watermark(TimeNs now, Emitter& out) override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      MatchTable& table = tables_[group];
      for (std::size_t ahead = 0; ahead < 4 && group + 2 < key_groups; ++ahead)
        tables_[group + 2].prefetch_oldest(ahead);
      while (table.size() != 0 && deadlines_[group] <= now) {
        table.prefetch_oldest(4);
        table.take_oldest([&](std::uint32_t number) { expire(table, number, out); });
        deadlines_[group] = table.next_deadline();
      }
    }
  }

 private:
  struct Message {
    std::uint64_t hash;  // of the transaction, as the fields grouping computes it
    std::uint32_t row;
  };

  // A counting sort, stable: within a group the messages stay in the order of the source.
  void sort_by_group(const Rows& rows, const MessageReader& reader) {
    std::uint32_t count = rows.size();
    hashes_.resize(count);
    order_.resize(count);
    std::array<std::uint32_t, key_groups + 1> begins{};
    for (std::uint32_t i = 0; i < count; ++i) {
      hashes_[i] = reader.txn.hash(rows[i]);
      ++begins[key_group(hashes_[i]) + 1];
    }
    for (std::uint32_t group = 0; group < key_groups; ++group) begins[group + 1] += begins[group];
    for (std::uint32_t i = 0; i < count; ++i)
      order_[begins[key_group(hashes_[i])]++] = {hashes_[i], i};
  }

  // Tables are larger than any cache: messages to come have theirs fetched while others are worked
  // on.
  void fetch_ahead(std::size_t i) const {
    constexpr std::size_t slot_ahead = 8;
    constexpr std::size_t query_ahead = 4;
    if (i + slot_ahead < order_.size()) {
      std::uint64_t hash = order_[i + slot_ahead].hash;
      tables_[key_group(hash)].prefetch_slot(hash);
    }
    if (i + query_ahead < order_.size()) {
      std::uint64_t hash = order_[i + query_ahead].hash;
      tables_[key_group(hash)].prefetch_query(hash);
    }
  }

  void take_query(const MessageReader& reader, const RowView& row, std::uint64_t hash) {
    queries_->add();
    OpenQuery query = reader.read(row);
    std::uint32_t group = key_group(hash);
    MatchTable& table = tables_[group];
    if (table.find_waiting(hash, query) != MatchTable::none) {
      retransmissions_->add();
      return;
    }
    if (table.size() >= open_max_)
      table.take_oldest(
          [&](std::uint32_t number) { given_up_->add(table.query(number).answered ? 0 : 1); });
    table.open(hash, query, row.get(reader.qname));
    deadlines_[group] = table.next_deadline();
  }

  void take_response(const MessageReader& reader, const RowView& row, std::uint64_t hash,
                     Emitter& out) {
    responses_->add();
    OpenQuery response = reader.read(row);
    MatchTable& table = tables_[key_group(hash)];
    bool has_question = !row.get(reader.qname).empty();
    std::uint32_t number = table.find_for_response(hash, response, has_question);
    if (number == MatchTable::none) {
      unsolicited_->add();
      write_unsolicited(reader, row, response, out);
      return;
    }
    OpenQuery& query = table.query(number);
    MatchStatus status = query.answered ? MatchStatus::duplicate : MatchStatus::answered;
    (query.answered ? duplicates_ : answered_)->add();
    query.answered = true;
    if (!out.wanted()) return;
    RowWriter result = writer_.begin(out, query, status, response.time);
    auto latency_us =
        static_cast<std::uint64_t>(time_from_to(query.time, response.time) / ns_per_us);
    result.set(writer_.latency_us, latency_us);
    result.set(writer_.latency_bucket_us, latency_bucket(latency_us));
    result.set(writer_.rcode, static_cast<std::uint16_t>(reader.rcode.get(row)));
    result.set(writer_.query_size, query.size);
    result.set(writer_.response_size, response.size);
    if (has_question)
      result.set_str(writer_.qname, row.get(reader.qname), response.qname_hash);
    else if (writer_.qname.present())
      result.set_str(writer_.qname, table.name(number), query.qname_hash);
  }

  void write_unsolicited(const MessageReader& reader, const RowView& row, const OpenQuery& response,
                         Emitter& out) const {
    if (!out.wanted()) return;
    RowWriter result = writer_.begin(out, response, MatchStatus::unsolicited, response.time);
    result.set(writer_.rcode, static_cast<std::uint16_t>(reader.rcode.get(row)));
    result.set(writer_.response_size, response.size);
    result.set_str(writer_.qname, row.get(reader.qname), response.qname_hash);
  }

  void expire(const MatchTable& table, std::uint32_t number, Emitter& out) const {
    const OpenQuery& query = table.query(number);
    if (query.answered) return;
    unanswered_->add();
    if (!out.wanted()) return;
    RowWriter result =
        writer_.begin(out, query, MatchStatus::unanswered, add_time(query.time, timeout_));
    result.set(writer_.query_size, query.size);
    if (writer_.qname.present())
      result.set_str(writer_.qname, table.name(number), query.qname_hash);
  }

  Options options_;
  DurationNs timeout_;
  std::size_t open_max_;  // of a key group: a limit of the task would depend on how many there are
  std::vector<MessageReader> readers_;  // one an input
  ResultWriter writer_;
  std::vector<MatchTable> tables_;              // one a key group
  std::array<TimeNs, key_groups> deadlines_{};  // the earliest of each table
  std::vector<std::uint64_t> hashes_;
  std::vector<Message> order_;
  Counter* queries_ = nullptr;
  Counter* responses_ = nullptr;
  Counter* answered_ = nullptr;
  Counter* unanswered_ = nullptr;
  Counter* unsolicited_ = nullptr;
  Counter* duplicates_ = nullptr;
  Counter* retransmissions_ = nullptr;
  Counter* given_up_ = nullptr;
};

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
      {.name = "client", .type = Type::ip, .unbounded = true},
      {.name = "server", .type = Type::ip, .unbounded = true},
      {.name = "transport", .type = Type::u8, .labels = "transport"},
      {.name = "qname", .type = Type::str, .unbounded = true},
      {.name = "qtype", .type = Type::u16, .labels = "qtype"},
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
  };
}

Result<Declaration> declare_match(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
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
       .help = "queries remembered at once, a 128th of them in each key group; beyond, the oldest "
               "are given up",
       .min = key_groups,
       .max = 1e9},
      {"time", OptionType::text, "time", "the field that holds the event time of a message"},
  };
  def.example =
      "- id: pairs\n"
      "  className: match\n"
      "  properties: {timeout: 5s}\n";
  def.declare = declare_match;
  def.make_bolt = [](const Options& options) { return std::make_unique<MatchBolt>(options); };
  return def;
}

}  // namespace dnstorm::operators
