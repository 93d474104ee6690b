#include "operators/multilang/shell_bolt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace dnstorm::operators {

namespace {

// Tuples that a child holds and may still ack. Storm has no bound; a child that acks nothing, where
// nothing is tracked, would fill the memory.
constexpr std::size_t held_max = 1 << 20;

// After so many errors with a sync behind them, the child is known to say it of its own accord.
constexpr std::uint64_t doubts_max = 16;

struct HeldBatch {
  Anchor anchor;
  std::uint32_t open = 0;  // rows that are not acked
};
struct Held {
  std::shared_ptr<HeldBatch> batch;  // null: a tick
  TimeNs time = time_min;
};

// Every call ends with a heartbeat that the child has answered. It works its input in order, so
// what it emits for a batch has come when execute() returns, and the result does not depend on how
// fast it is.
class ShellBolt final : public Bolt {
 public:
  ShellBolt(Options options, Note note) : options_(std::move(options)), note_(std::move(note)) {}

  Result<void> prepare(const TaskContext& task) override {
    task_ = &task;
    std::vector<StreamDecl> streams = DNSTORM_TRY(shell_streams(options_));
    readers_ = tuple_readers(streams, task, !options_.text("add_time").empty());
    for (const Input& input : task.inputs)
      inputs_.push_back({TupleWriter(*input.schema, options_.list("reads")),
                         first_task_of(task, input.component)});
    restarts_left_ = options_.integer("restart");
    std::string window = setting_of(task, "topology.shellbolt.max.pending");
    std::from_chars(window.data(), window.data() + window.size(), window_);
    dropped_ = &task.counter("rows_dropped");
    failed_ = &task.counter("rows_failed");
    unacked_ = &task.counter("rows_unacked");
    restarts_ = &task.counter("restarts");
    ShellSettings settings = ShellSettings::of(options_, task, std::move(streams));
    settings.parts.reads = options_.list("reads");
    child_ = std::make_unique<ShellChild>(std::move(settings), task, note_);
    return child_->start();
  }

  void execute(const InputBatch& in, Emitter& out) override {
    begin_call();
    Rows rows = in.rows();
    const TupleWriter& writer = inputs_[in.input].writer;
    for (RowView row : rows) newest_ = std::max(newest_, writer.time(row));
    auto batch = std::make_shared<HeldBatch>(HeldBatch{in.anchor, rows.size()});
    std::uint32_t sent = 0;
    while (sent < rows.size() && !failure_) {
      std::uint32_t to = std::min(rows.size(), sent + window_);
      for (; sent < to; ++sent) give(rows[sent], in.input, batch);
      if (!converse(out)) recover(out);
      // A batch that has failed comes again as a whole.
      if (in.anchor && in.anchor->settled) return;
    }
    if (!failure_) return;
    dropped_->add(rows.size() - sent);
    out.ack(in.anchor);
  }

  void tick(Emitter& out) override {
    if (failure_) return;
    begin_call();
    std::string rate = setting_of(*task_, "topology.tick.tuple.freq.secs");
    std::int64_t seconds = 0;
    std::from_chars(rate.data(), rate.data() + rate.size(), seconds);
    child_->send({{"id", next_id(nullptr, newest_)},
                  {"comp", "__system"},
                  {"stream", "__tick"},
                  {"task", -1},
                  {"tuple", Json::array({seconds})}});
    if (!converse(out)) recover(out);
  }

  Result<void> finish(Emitter& out) override {
    begin_call();
    if (!failure_) listen_to_the_end(out);
    for (const auto& [id, held] : held_)
      if (held.batch) unacked_->add();
    child_.reset();
    if (failure_) return std::move(*failure_);
    return {};
  }

  bool acks_itself() const override { return true; }
  bool blocking() const override { return true; }

 private:
  struct ShellInput {
    TupleWriter writer;
    std::uint32_t first_task;
  };

  // What is emitted now descends from what the engine says, not from what was said last.
  void begin_call() { anchors_.reset(); }

  std::string next_id(std::shared_ptr<HeldBatch> batch, TimeNs time) {
    if (held_.size() >= held_max) held_.erase(held_.begin());
    held_.emplace(++last_id_, Held{std::move(batch), time});
    return std::to_string(last_id_);
  }

  void give(RowView row, std::size_t input, const std::shared_ptr<HeldBatch>& batch) {
    const ShellInput& from = inputs_[input];
    child_->send({{"id", next_id(batch, from.writer.time(row))},
                  {"comp", task_->inputs[input].component},
                  {"stream", task_->inputs[input].stream},
                  {"task", from.first_task},
                  {"tuple", from.writer.values(row)}});
  }

  void send_heartbeat() {
    ++heartbeats_;
    child_->send({{"id", std::to_string(++last_id_)},
                  {"comp", nullptr},
                  {"stream", "__heartbeat"},
                  {"task", -1},
                  {"tuple", Json::array()}});
  }

  // Until the child has answered a heartbeat that is sent now. False: it has failed, `trouble_`
  // says why.
  bool converse(Emitter& out) {
    const std::uint64_t awaited = heartbeats_ + 1;
    for (std::uint64_t i = 0; i <= doubts_; ++i) send_heartbeat();
    while (syncs_ < awaited + doubts_) {
      auto command = child_->receive();
      Result<void> done;
      if (command.ok())
        done = obey(*command, out);
      else
        done = std::move(command.error());
      if (done.ok()) continue;
      trouble_ = std::move(done.error());
      return false;
    }
    return true;
  }

  Result<void> obey(const Command& command, Emitter& out) {
    if (const auto* emit = std::get_if<EmitCommand>(&command)) return pass_on(*emit, out);
    if (const auto* ack = std::get_if<AckCommand>(&command)) return settle(ack->id, false, out);
    if (const auto* fail = std::get_if<FailCommand>(&command)) return settle(fail->id, true, out);
    if (std::holds_alternative<SyncCommand>(command)) count_sync();
    return {};
  }

  // pystorm says `error` and then `sync` when a bolt has thrown, which answers nothing. Whether
  // such a sync does is not known, so one more heartbeat is sent and one more answer awaited, in
  // this call and in each one after: in either case all has come by then.
  void count_sync() {
    bool in_doubt = child_->sync_in_doubt();
    bool unasked = syncs_ == heartbeats_ + doubts_;
    if (unasked || (in_doubt && doubts_ == doubts_max)) return;
    ++syncs_;
    if (!in_doubt) return;
    ++doubts_;
    send_heartbeat();
  }

  // The tuple of that id; end(): it has been settled.
  Result<std::map<std::uint64_t, Held>::iterator> find(const std::string& id) {
    std::uint64_t number = 0;
    auto [rest, problem] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (problem == std::errc() && rest == id.data() + id.size() && number <= last_id_)
      return held_.find(number);
    return Error{
        ErrorKind::data,
        fmt::format("the child names a tuple '{}' that it has not been given", excerpt(id)),
        {}};
  }

  Result<void> settle(const std::string& id, bool fail, Emitter& out) {
    auto held = DNSTORM_TRY(find(id));
    if (held == held_.end()) return {};
    if (HeldBatch* batch = held->second.batch.get(); batch != nullptr) {
      if (fail) {
        failed_->add();
        out.fail(batch->anchor);
      } else if (--batch->open == 0) {
        out.ack(batch->anchor);
      }
    }
    held_.erase(held);
    return {};
  }

  Result<void> pass_on(const EmitCommand& emit, Emitter& out) {
    std::size_t stream = DNSTORM_TRY(stream_of(emit, readers_));
    std::vector<Anchor> anchors;
    TimeNs time = time_min;
    for (const std::string& id : emit.anchors) {
      auto found = DNSTORM_TRY(find(id));
      if (found == held_.end()) continue;
      const Held& held = found->second;
      time = std::max(time, held.time);
      if (held.batch && held.batch->anchor) anchors.push_back(held.batch->anchor);
    }
    if (time == time_min) time = newest_ == time_min ? 0 : newest_;
    bool tells = emit.need_task_ids && emit.task == 0;
    std::vector<std::uint32_t> receivers;
    if (out.wanted(stream)) {
      descend_from(std::move(anchors), out);
      if (tells) out.flush_telling(stream);  // the row must be alone for its way to be told
      RowWriter row = emit.task != 0 ? out.row_to(emit.task, stream) : out.row(stream);
      readers_[stream].write(emit.values, time, row);
      if (tells) receivers = out.flush_telling(stream);
    }
    if (tells) child_->answer(receivers);
    return {};
  }

  // Naming anchors ends a batch, so it is done only where they change.
  void descend_from(std::vector<Anchor> anchors, Emitter& out) {
    if (anchors_ == anchors) return;
    out.anchor_to(anchors);
    anchors_ = std::move(anchors);
  }

  // The child is gone. What it had and what it may have done with it is not known: it is failed,
  // and comes again where rows are tracked.
  void recover(Emitter& out) {
    if (restarts_left_ == 0) {
      give_up(out, std::move(*trouble_));
      return;
    }
    --restarts_left_;
    restarts_->add();
    note_(fmt::format("{}: {}; it is started anew", task_->component, trouble_->what));
    for (auto& [id, held] : held_) {
      if (!held.batch) continue;
      failed_->add();
      out.fail(held.batch->anchor);
    }
    forget_held();
    auto started = child_->start();
    if (!started.ok()) give_up(out, std::move(started.error()));
  }

  // Rows go nowhere from here on; they are counted, and finish() says why. They are acked all the
  // same: failed, they would come again for ever and the run would not end.
  void give_up(Emitter& out, Error failure) {
    failure_ = std::move(failure);
    note_(fmt::format("{}: {}; what comes for it is dropped", task_->component, failure_->what));
    for (auto& [id, held] : held_) {
      if (!held.batch) continue;
      dropped_->add();
      out.ack(held.batch->anchor);
    }
    forget_held();
  }

  void forget_held() {
    held_.clear();
    heartbeats_ = syncs_ = doubts_ = 0;
  }

  // With the end of its input a child may give what it has kept, and ends.
  void listen_to_the_end(Emitter& out) {
    child_->close_input();
    for (;;) {
      auto command = child_->receive();
      if (!command.ok()) {
        if (!child_->ended_well()) give_up(out, std::move(command.error()));
        return;
      }
      auto done = obey(*command, out);
      if (!done.ok()) return give_up(out, std::move(done.error()));
    }
  }

  Options options_;
  Note note_;
  const TaskContext* task_ = nullptr;
  std::vector<TupleReader> readers_;  // by output stream
  std::vector<ShellInput> inputs_;
  std::uint32_t window_ = 100;  // tuples between two heartbeats
  std::unique_ptr<ShellChild> child_;
  std::map<std::uint64_t, Held> held_;
  std::uint64_t last_id_ = 0;
  std::uint64_t heartbeats_ = 0, syncs_ = 0;
  std::uint64_t doubts_ = 0;                    // syncs that may not have answered a heartbeat
  TimeNs newest_ = time_min;                    // event time of the input
  std::optional<std::vector<Anchor>> anchors_;  // those that rows descend from now; none: unknown
  std::int64_t restarts_left_ = 0;
  std::optional<Error> trouble_;  // of the child that has gone
  std::optional<Error> failure_;  // for good
  Counter* dropped_ = nullptr;
  Counter* failed_ = nullptr;
  Counter* unacked_ = nullptr;
  Counter* restarts_ = nullptr;
};

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_shell(options, inputs));
  if (options.list("reads").empty()) return declaration;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<std::string>& reads = declaration.reads[i];
    reads.clear();
    for (const std::string& name : options.list("reads"))
      reads.push_back(DNSTORM_TRY(require_field(inputs[i], name, "reads")).name);
    auto time = inputs[i].schema.find(Role::time);
    if (time && !options.text("add_time").empty())
      reads.push_back(inputs[i].schema.field(*time).name);
  }
  return declaration;
}

}  // namespace

OperatorDef shell_bolt_operator(Note note) {
  OperatorDef def;
  def.name = "shell_bolt";
  def.kind = OperatorKind::bolt;
  def.summary = "A bolt in another process, by Storm's multilang protocol.";
  def.options = shell_option_specs();
  def.options.push_back({"reads", OptionType::list, "",
                         "the fields of each input that the child gets, in this order; none: all"});
  def.aliases = {"org.apache.storm.flux.wrappers.bolts.FluxShellBolt",
                 "org.apache.storm.task.ShellBolt"};
  add_shell_arguments(def);
  def.example =
      "- id: counts\n"
      "  className: shell_bolt\n"
      "  properties: {command: [python3, counts.py], reads: [word], fields: [word]}\n";
  def.declare = declare;
  def.make_bolt = [note = std::move(note)](const Options& options) {
    return std::make_unique<ShellBolt>(options, note);
  };
  return def;
}

}  // namespace dnstorm::operators
