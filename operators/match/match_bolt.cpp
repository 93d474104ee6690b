#include "operators/match/match_bolt.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/match/latency_bucket.hpp"
#include "operators/match/match_rows.hpp"
#include "operators/match/query_log.hpp"

namespace dnstorm::operators {

namespace {

// What has become of the messages of a batch; added to the task's counters once a batch.
struct Tally {
  std::uint64_t queries = 0, responses = 0, answered = 0, unanswered = 0, unsolicited = 0,
                duplicates = 0, mismatched = 0, retransmissions = 0, given_up = 0, early = 0;
};

// A message, where its name lies (in an input row, or in a log), and when it was known what becomes
// of it.
struct Decided {
  const OpenQuery& message;
  std::string_view name;
  TimeNs when;
};

class MatchBolt final : public Bolt, private KeyedState {
 public:
  explicit MatchBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs)
      readers_.emplace_back(*input.schema, options_.text("time"));
    if (task.outputs[0] != nullptr) writer_ = ResultWriter(*task.outputs[0]);
    set_up_logs();
    for (auto [name, value] : counted_) counters_.emplace_back(&task.counter(name), value);
    forgotten_ = &task.counter("forgotten");
    return {};
  }

  // Rows are taken key group by key group. What comes out then stands in the order of key groups,
  // and the outputs of several tasks, one after the other, are that of a single task.
  void execute(const InputBatch& in, Emitter& out) override {
    const MessageReader& reader = readers_[in.input];
    Rows rows = in.rows();
    sort_by_group(rows, reader);
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      const Message* next = order_.data() + i;
      fetch_ahead(*in.batch, next);
      RowView row = row_of(*in.batch, *next);
      OpenQuery message = reader.read(row);
      if (row.get(reader.qr))
        take_response(message, row.get(reader.qname), next->hash, out);
      else
        take_query(message, row.get(reader.qname), next->hash, out);
    }
    report();
  }

  void watermark(TimeNs now, Emitter& out) override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      if (early_)
        early_->expire(group, now, [&](std::uint32_t number) {
          take_unmatched(early_->hash(number),
                         early_response(number, early_->deadline(early_->query(number))), out);
        });
      waiting_->expire(group, now, [&](std::uint32_t number) {
        ++tally_.unanswered;
        const OpenQuery& query = waiting_->query(number);
        write_query({query, waiting_->name(number), waiting_->deadline(query)},
                    MatchStatus::unanswered, out);
      });
    }
    report();
  }

  std::vector<KeyedState*> keyed_state() override { return {this}; }
  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      if (waiting_->empty(group) && (!early_ || early_->empty(group))) continue;
      waiting_->save(group, out.of(group));
      if (early_) early_->save(group, out.of(group));
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    if (!waiting_->empty(group) || (early_ && !early_->empty(group))) return false;
    if (!waiting_->restore(group, in)) return false;
    return (!early_ || early_->restore(group, in)) && in.at_end();
  }

 private:
  struct Message {
    std::uint64_t hash;  // of the transaction, as the fields grouping computes it
    std::uint32_t row;   // of the batch
  };
  static RowView row_of(const Batch& batch, const Message& message) {
    return {batch.row(message.row), batch.arena()};
  }

  // Limits are those of a key group: limits of the task would depend on how many tasks there are.
  // Early responses get an eighth of the memory.
  void set_up_logs() {
    QueryLogLimits limits;
    limits.timeout = options_.duration("timeout");
    limits.open_max = std::max<std::size_t>(
        1, static_cast<std::size_t>(options_.integer("max_open")) / key_groups);
    limits.bytes_max = static_cast<std::size_t>(options_.integer("memory")) / key_groups;
    limits.keep_names = names_wanted_ = writer_.qname.present() || writer_.asked_qname.present();
    if (options_.duration("skew") == 0) {
      waiting_.emplace(limits);
      return;
    }
    QueryLogLimits early = limits;
    early.timeout = options_.duration("skew");
    early.bytes_max = limits.bytes_max / 8;
    limits.bytes_max -= early.bytes_max;
    waiting_.emplace(limits);
    early_.emplace(early);
  }

  // A counting sort, stable: within a group the messages stay in the order of the source.
  void sort_by_group(const Rows& rows, const MessageReader& reader) {
    std::uint32_t count = rows.size();
    if (count == 0) return;
    hashes_.resize(count);
    order_.resize(count + row_ahead);
    std::array<std::uint32_t, key_groups + 1> begins{};
    std::uint64_t* hashes = hashes_.data();
    for (std::uint32_t i = 0; i < count; ++i) {
      RowView row = rows[i];
      hashes[i] = reader.txn_hash(row);
      ++begins[key_group(hashes[i]) + 1];
      if (names_wanted_) reader.prefetch_name(row);
    }
    for (std::uint32_t group = 0; group < key_groups; ++group) begins[group + 1] += begins[group];
    Message* order = order_.data();
    for (std::uint32_t i = 0; i < count; ++i)
      order[begins[key_group(hashes[i])]++] = {hashes[i], rows.index(i)};
    // So that fetch_ahead() need not look where the end is.
    std::fill_n(order + count, row_ahead, order[count - 1]);
  }

  // Tables are larger than any cache, and rows come from another core: those of messages to come
  // are fetched while others are worked on.
  void fetch_ahead(const Batch& batch, const Message* next) const {
    constexpr std::size_t slot_ahead = 12;
    constexpr std::size_t query_ahead = 6;
    const std::byte* row = batch.row(next[row_ahead].row);
    prefetch_line(row);
    prefetch_line(row + 64);
    waiting_->prefetch_slot(next[slot_ahead].hash);
    waiting_->prefetch_query(next[query_ahead].hash);
  }

  void report() {
    for (auto& [counter, value] : counters_)
      if (std::uint64_t more = std::exchange(tally_.*value, 0); more != 0) counter->add(more);
    std::uint64_t forgotten = waiting_->forgotten();
    if (forgotten != forgotten_before_) forgotten_->add(forgotten - forgotten_before_);
    forgotten_before_ = forgotten;
  }

  void take_query(const OpenQuery& query, std::string_view name, std::uint64_t hash, Emitter& out) {
    ++tally_.queries;
    QueryLog::Waiting found = waiting_->look_up(hash, query, MatchBy::question);
    if (found.there()) {
      ++tally_.retransmissions;
      return;
    }
    auto give_up = [&](const OpenQuery& one, std::string_view its_name) {
      ++tally_.given_up;
      write_query({one, its_name, query.time}, MatchStatus::given_up, out);
    };
    if (found.crowded()) return give_up(query, name);
    waiting_->open(hash, query, name, found.place, [&](std::uint32_t number) {
      give_up(waiting_->query(number), waiting_->name(number));
    });
    if (early_ && early_->waiting() != 0) take_early(hash, query, out);
  }

  // Responses that came before this query: it is the first of them that answers.
  void take_early(std::uint64_t hash, const OpenQuery& query, Emitter& out) {
    constexpr MatchBy by = MatchBy::question_if_there;
    std::uint32_t asked = waiting_->find_waiting(hash, query, MatchBy::question);
    MatchStatus status = MatchStatus::answered;
    for (std::uint32_t number = early_->find_waiting(hash, query, by); number != QueryLog::none;
         number = early_->find_waiting(hash, query, by)) {
      ++(status == MatchStatus::answered ? tally_.answered : tally_.duplicates);
      ++tally_.early;
      TimeNs decided = std::max(query.time, early_->query(number).time);
      write_pair(asked, early_response(number, decided), status, out);
      if (status == MatchStatus::answered) {
        waiting_->note_answer(asked, early_->query(number));
        waiting_->answer(hash, asked);
      }
      early_->answer(hash, number);
      status = MatchStatus::duplicate;
    }
  }

  // A waiting query comes before an answered one. A response without a question pairs by the
  // transaction alone.
  void take_response(const OpenQuery& message, std::string_view name, std::uint64_t hash,
                     Emitter& out) {
    ++tally_.responses;
    MatchBy by = message.has_question ? MatchBy::question : MatchBy::transaction;
    Decided response{message, name, message.time};
    QueryLog::Waiting found = waiting_->look_up(hash, message, by);
    if (found.there()) [[likely]] {
      ++tally_.answered;
      write_pair(found.number, response, MatchStatus::answered, out);
      waiting_->note_answer(found.number, message);
      waiting_->answer(hash, found);
      return;
    }
    std::uint32_t number = waiting_->find_answered(hash, message, by);
    if (number != QueryLog::none) {
      ++tally_.duplicates;
      write_pair(number, response, MatchStatus::duplicate, out);
      return;
    }
    if (early_ && !early_->crowded(hash))
      early_->open(hash, message, response.name, [&](std::uint32_t oldest) {
        take_unmatched(early_->hash(oldest), early_response(oldest, message.time), out);
      });
    else
      take_unmatched(hash, response, out);
  }

  Decided early_response(std::uint32_t number, TimeNs decided) const {
    return {early_->query(number), early_->name(number), decided};
  }

  void take_unmatched(std::uint64_t hash, const Decided& response, Emitter& out) {
    std::uint32_t number =
        response.message.has_question
            ? waiting_->find_waiting(hash, response.message, MatchBy::transaction)
            : QueryLog::none;
    // The same question: the response came too long before its query.
    bool other =
        number != QueryLog::none && !waiting_->query(number).same_question(response.message);
    if (other) {
      ++tally_.mismatched;
      write_pair(number, response, MatchStatus::mismatched, out);
      return;
    }
    ++tally_.unsolicited;
    if (!out.wanted()) return;
    RowWriter row = writer_.begin(out, response.message, MatchStatus::unsolicited, response.when);
    writer_.set_response(row, response.message);
    writer_.set_question(row, response.message, response.name);
  }

  void write_pair(std::uint32_t number, const Decided& response, MatchStatus status,
                  Emitter& out) const {
    if (!out.wanted()) return;
    const OpenQuery& query = waiting_->query(number);
    RowWriter row = writer_.begin(out, query, status, response.when);
    writer_.set_response(row, response.message);
    row.set(writer_.query_size, std::uint32_t{query.size});
    if (writer_.latency_us.present() || writer_.latency_bucket_us.present()) {
      auto us =
          static_cast<std::uint64_t>(time_from_to(query.time, response.message.time)) / ns_per_us;
      row.set(writer_.latency_us, us);
      if (writer_.latency_bucket_us.present())
        row.set(writer_.latency_bucket_us, latency_bucket(us));
    }
    bool asks = response.message.has_question;
    writer_.set_question(row, asks ? response.message : query,
                         asks ? response.name : waiting_->name(number));
    if (status == MatchStatus::duplicate)
      row.set(writer_.differs, !response.message.same_content(query));
    if (status == MatchStatus::mismatched) {
      row.set(writer_.numbers.qtype, response.message.qtype);
      row.set_str(writer_.asked_qname, waiting_->name(number), query.qname_hash);
      row.set(writer_.asked_qtype, query.qtype);
    }
  }

  void write_query(const Decided& query, MatchStatus status, Emitter& out) const {
    if (!out.wanted()) return;
    RowWriter row = writer_.begin(out, query.message, status, query.when);
    row.set(writer_.query_size, std::uint32_t{query.message.size});
    writer_.set_question(row, query.message, query.name);
  }

  static constexpr std::pair<const char*, std::uint64_t Tally::*> counted_[] = {
      {"queries", &Tally::queries},         {"responses", &Tally::responses},
      {"answered", &Tally::answered},       {"unanswered", &Tally::unanswered},
      {"unsolicited", &Tally::unsolicited}, {"duplicates", &Tally::duplicates},
      {"mismatched", &Tally::mismatched},   {"retransmissions", &Tally::retransmissions},
      {"given_up", &Tally::given_up},       {"early", &Tally::early},
  };

  Options options_;
  std::vector<MessageReader> readers_;  // one an input
  ResultWriter writer_;
  std::optional<QueryLog> waiting_;
  std::optional<QueryLog> early_;  // responses before their queries; none without skew
  bool names_wanted_ = false;
  static constexpr std::size_t row_ahead = 16;
  std::vector<std::uint64_t> hashes_;
  std::vector<Message> order_;  // and so many of the last one behind it
  Tally tally_;
  std::vector<std::pair<Counter*, std::uint64_t Tally::*>> counters_;
  Counter* forgotten_ = nullptr;
  std::uint64_t forgotten_before_ = 0;
};

}  // namespace

std::unique_ptr<Bolt> make_match_bolt(const Options& options) {
  return std::make_unique<MatchBolt>(options);
}

}  // namespace dnstorm::operators
