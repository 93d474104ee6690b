#include "operators/multilang/shell_spout.hpp"

#include <fmt/format.h>

#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace dnstorm::operators {

namespace {

constexpr DurationNs idle_wait = 10 * ns_per_ms;  // the longest that Spout::next may take

// The child is asked and answers; it says nothing of its own accord. Its emits can only be passed
// on within next(), so acks and fails, to which it may answer with rows, wait for that.
class ShellSpout final : public Spout {
 public:
  ShellSpout(Options options, Note note) : options_(std::move(options)), note_(std::move(note)) {}

  Result<void> open(const TaskContext& task) override {
    task_ = &task;
    std::vector<StreamDecl> streams = DNSTORM_TRY(shell_streams(options_));
    readers_ = tuple_readers(streams, task, !options_.text("add_time").empty());
    tracked_ = setting_of(task, "topology.delivery") == "at-least-once";
    restarts_left_ = options_.integer("restart");
    end_after_idle_ = options_.duration("end_after_idle");
    restarts_ = &task.counter("restarts");
    child_ = std::make_unique<ShellChild>(ShellSettings::of(options_, task, std::move(streams)),
                                          task, note_);
    DNSTORM_CHECK(child_->start());
    told_.push_back({{"command", "activate"}, {"id", ""}});
    return {};
  }

  Result<Next> next(Emitter& out) override {
    if (child_ == nullptr) return Next::end;
    auto done = trouble_ ? Result<Next>(*std::exchange(trouble_, std::nullopt)) : turn(out);
    if (done.ok()) return done;
    if (child_->ended_well()) {
      child_.reset();
      return Next::end;
    }
    if (restarts_left_ == 0) {
      child_.reset();
      return std::move(done.error());
    }
    DNSTORM_CHECK(restart(done.error()));
    return Next::more;
  }

  TimeNs watermark() const override { return watermark_; }
  bool blocking() const override { return true; }

  void ack(std::uint64_t message) override { tell("ack", message); }
  Failed fail(std::uint64_t message) override {
    // A child that has ended, or another one, knows nothing of it: the engine has the rows.
    return tell("fail", message) ? Failed::drop : Failed::replay;
  }
  void activate() override { told_.push_back({{"command", "activate"}, {"id", ""}}); }
  void deactivate() override {
    // It must not wait for the next next(), which comes only when the spout is active again.
    told_.push_back({{"command", "deactivate"}, {"id", ""}});
    tell_without_rows();
  }

  void close() override {
    tell_without_rows();
    if (child_ != nullptr && !trouble_) {
      child_->close_input();
      while (child_->receive().ok()) continue;
    }
    child_.reset();
  }

 private:
  Result<Next> turn(Emitter& out) {
    std::uint64_t emitted = emitted_;
    for (EmitCommand& emit : std::exchange(early_, {})) DNSTORM_CHECK(pass_on(emit, out));
    while (!told_.empty()) {
      Json command = std::move(told_.front());
      told_.pop_front();
      DNSTORM_CHECK(ask(command, &out));
    }
    DNSTORM_CHECK(ask({{"command", "next"}, {"id", ""}}, &out));
    TimeNs now = task_->clock->steady_ns();
    if (emitted_ != emitted || idle_since_ == time_min) idle_since_ = now;
    if (emitted_ != emitted) return Next::more;
    bool over = end_after_idle_ != 0 && now - idle_since_ >= end_after_idle_;
    if (over && messages_.empty()) {
      close();
      return Next::end;
    }
    child_->wait(idle_wait);
    return Next::idle;
  }

  // Until the child has answered with `sync`. Without an emitter, rows wait for one.
  Result<void> ask(const Json& command, Emitter* out) {
    child_->send(command);
    for (;;) {
      Command said = DNSTORM_TRY(child_->receive());
      if (std::holds_alternative<SyncCommand>(said)) return {};
      auto* emit = std::get_if<EmitCommand>(&said);
      if (emit == nullptr) continue;
      if (out != nullptr) {
        DNSTORM_CHECK(pass_on(*emit, *out));
        continue;
      }
      if (emit->need_task_ids && emit->task == 0) child_->answer(Json::array());
      emit->need_task_ids = false;
      early_.push_back(std::move(*emit));
    }
  }

  // What goes wrong is said by the next next().
  void tell_without_rows() {
    while (child_ != nullptr && !trouble_ && !told_.empty()) {
      auto done = ask(told_.front(), nullptr);
      told_.pop_front();
      if (!done.ok()) trouble_ = std::move(done.error());
    }
  }

  Result<void> pass_on(const EmitCommand& emit, Emitter& out) {
    std::size_t stream = DNSTORM_TRY(stream_of(emit, readers_));
    ++emitted_;
    const TupleReader& reader = readers_[stream];
    TimeNs now = task_->clock->wall_ns();
    watermark_ = std::max(watermark_, reader.adds_time() ? now : reader.time(emit.values));
    track(emit, out);
    bool tells = emit.need_task_ids && emit.task == 0;
    std::vector<std::uint32_t> receivers;
    if (out.wanted(stream)) {
      if (tells) out.flush_telling(stream);  // the row must be alone for its way to be told
      RowWriter row = emit.task != 0 ? out.row_to(emit.task, stream) : out.row(stream);
      reader.write(emit.values, now, row);
      if (tells) receivers = out.flush_telling(stream);
    }
    if (tells) child_->answer(receivers);
    return {};
  }

  // A row without an id is no part of the root of the one before it.
  void track(const EmitCommand& emit, Emitter& out) {
    if (!tracked_) {
      // Storm, without ackers, acks at once.
      if (!emit.id.is_null()) told_.push_back({{"command", "ack"}, {"id", emit.id}});
      return;
    }
    out.track(++last_message_);
    if (!emit.id.is_null()) messages_.emplace(last_message_, emit.id);
  }

  // False: the child that is there has not emitted it.
  bool tell(const char* command, std::uint64_t message) {
    auto found = messages_.find(message);
    if (found == messages_.end() || child_ == nullptr) return false;
    told_.push_back({{"command", command}, {"id", std::move(found->second)}});
    messages_.erase(found);
    return true;
  }

  Result<void> restart(const Error& trouble) {
    --restarts_left_;
    restarts_->add();
    note_(fmt::format("{}: {}; it is started anew", task_->component, trouble.what));
    messages_.clear();
    told_.assign({Json{{"command", "activate"}, {"id", ""}}});
    return child_->start();
  }

  Options options_;
  Note note_;
  const TaskContext* task_ = nullptr;
  std::vector<TupleReader> readers_;  // by output stream
  bool tracked_ = false;
  std::unique_ptr<ShellChild> child_;                 // null: it has ended
  std::deque<Json> told_;                             // commands that wait
  std::vector<EmitCommand> early_;                    // rows that came outside of next()
  std::unordered_map<std::uint64_t, Json> messages_;  // under way, as the child names them
  std::uint64_t last_message_ = 0;
  std::uint64_t emitted_ = 0;
  DurationNs end_after_idle_ = 0;
  TimeNs idle_since_ = time_min;
  TimeNs watermark_ = time_min;
  std::int64_t restarts_left_ = 0;
  std::optional<Error> trouble_;
  Counter* restarts_ = nullptr;
};

}  // namespace

OperatorDef shell_spout_operator(Note note) {
  OperatorDef def;
  def.name = "shell_spout";
  def.kind = OperatorKind::spout;
  def.summary = "A spout in another process, by Storm's multilang protocol.";
  def.options = shell_option_specs();
  def.options.push_back({"end_after_idle", OptionType::duration, "0s",
                         "ends the stream when the child has emitted nothing for so long; 0: when "
                         "it exits with code 0"});
  def.aliases = {"org.apache.storm.flux.wrappers.spouts.FluxShellSpout",
                 "org.apache.storm.spout.ShellSpout"};
  add_shell_arguments(def);
  def.example =
      "- id: words\n"
      "  className: shell_spout\n"
      "  properties: {command: [python3, words.py], fields: [word]}\n";
  def.declare = declare_shell;
  def.make_spout = [note = std::move(note)](const Options& options) {
    return std::make_unique<ShellSpout>(options, note);
  };
  return def;
}

}  // namespace dnstorm::operators
