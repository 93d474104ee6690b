#include "operators/match/match.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "operators/event_time.hpp"
#include "operators/match/answered_log.hpp"
#include "operators/match/latency_bucket.hpp"
#include "operators/match/match_rows.hpp"
#include "operators/match/match_table.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

namespace {

class MatchBolt final : public Bolt, private KeyedState {
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
      groups_.emplace_back(timeout_, open_max_, writer_.qname.present());
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
      if (deadlines_[group] > now) continue;
      MatchTable& waiting = groups_[group].waiting;
      waiting.expire(now, [&](std::uint32_t number) { write_unanswered(waiting, number, out); });
      groups_[group].answered.expire(now);
      note_deadline(group);
    }
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      const auto& [waiting, answered] = groups_[group];
      if (waiting.size() == 0 && answered.size() == 0) continue;
      waiting.save(out.of(group));
      answered.save(out.of(group));
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    auto& [waiting, answered] = groups_[group];
    if (waiting.size() != 0 || answered.size() != 0) return false;
    if (!waiting.restore(in) || !answered.restore(in) || !in.at_end()) return false;
    note_deadline(group);
    return true;
  }

 private:
  struct Group {
    Group(DurationNs timeout, std::size_t open_max, bool keep_names)
        : waiting(timeout, keep_names), answered(timeout, open_max, keep_names) {}
    MatchTable waiting;
    AnsweredLog answered;
  };
  struct Message {
    std::uint64_t hash;  // of the transaction, as the fields grouping computes it
    std::uint32_t row;
  };

  void note_deadline(std::uint32_t group) {
    deadlines_[group] =
        std::min(groups_[group].waiting.next_deadline(), groups_[group].answered.next_deadline());
  }

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
      groups_[key_group(hash)].waiting.prefetch_slot(hash);
    }
    if (i + query_ahead < order_.size()) {
      std::uint64_t hash = order_[i + query_ahead].hash;
      groups_[key_group(hash)].waiting.prefetch_query(hash);
    }
  }

  void take_query(const MessageReader& reader, const RowView& row, std::uint64_t hash) {
    queries_->add();
    OpenQuery query = reader.read(row);
    std::uint32_t group = key_group(hash);
    MatchTable& waiting = groups_[group].waiting;
    if (waiting.find(hash, query, true) != MatchTable::none) {
      retransmissions_->add();
      return;
    }
    if (waiting.size() >= open_max_) {
      waiting.give_up_oldest();
      given_up_->add();
    }
    waiting.open(hash, query, row.get(reader.qname));
    note_deadline(group);
  }

  // A waiting query comes before an answered one. A response without a question pairs by the
  // transaction alone.
  void take_response(const MessageReader& reader, const RowView& row, std::uint64_t hash,
                     Emitter& out) {
    responses_->add();
    OpenQuery response = reader.read(row);
    auto& [waiting, answered] = groups_[key_group(hash)];
    bool has_question = !row.get(reader.qname).empty();
    std::uint32_t number = waiting.find(hash, response, has_question);
    if (number != MatchTable::none) {
      answered_->add();
      AnsweredLog::Found found{&waiting.query(number), waiting.name(number)};
      write_pair(reader, row, found, response, MatchStatus::answered, out);
      answered.add(hash, *found.query, found.name);
      waiting.close(hash, number);
      return;
    }
    AnsweredLog::Found found = answered.find(hash, response, has_question);
    if (found.query != nullptr) {
      duplicates_->add();
      write_pair(reader, row, found, response, MatchStatus::duplicate, out);
      return;
    }
    unsolicited_->add();
    write_unsolicited(reader, row, response, out);
  }

  void write_pair(const MessageReader& reader, const RowView& row, const AnsweredLog::Found& found,
                  const OpenQuery& response, MatchStatus status, Emitter& out) const {
    if (!out.wanted()) return;
    const OpenQuery& query = *found.query;
    RowWriter result = writer_.begin(out, query, status, response.time);
    auto latency_us =
        static_cast<std::uint64_t>(time_from_to(query.time, response.time) / ns_per_us);
    result.set(writer_.latency_us, latency_us);
    result.set(writer_.latency_bucket_us, latency_bucket(latency_us));
    result.set(writer_.rcode, static_cast<std::uint16_t>(reader.rcode.get(row)));
    result.set(writer_.query_size, query.size);
    result.set(writer_.response_size, response.size);
    if (row.get(reader.qname).empty())
      result.set_str(writer_.qname, found.name, query.qname_hash);
    else
      result.set_str(writer_.qname, row.get(reader.qname), response.qname_hash);
  }

  void write_unsolicited(const MessageReader& reader, const RowView& row, const OpenQuery& response,
                         Emitter& out) const {
    if (!out.wanted()) return;
    RowWriter result = writer_.begin(out, response, MatchStatus::unsolicited, response.time);
    result.set(writer_.rcode, static_cast<std::uint16_t>(reader.rcode.get(row)));
    result.set(writer_.response_size, response.size);
    result.set_str(writer_.qname, row.get(reader.qname), response.qname_hash);
  }

  void write_unanswered(const MatchTable& waiting, std::uint32_t number, Emitter& out) const {
    unanswered_->add();
    if (!out.wanted()) return;
    const OpenQuery& query = waiting.query(number);
    RowWriter result =
        writer_.begin(out, query, MatchStatus::unanswered, add_time(query.time, timeout_));
    result.set(writer_.query_size, query.size);
    result.set_str(writer_.qname, waiting.name(number), query.qname_hash);
  }

  Options options_;
  DurationNs timeout_;
  std::size_t open_max_;  // of a key group: a limit of the task would depend on how many there are
  std::vector<MessageReader> readers_;  // one an input
  ResultWriter writer_;
  std::vector<Group> groups_;                   // one a key group
  std::array<TimeNs, key_groups> deadlines_{};  // the earliest of each group
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
