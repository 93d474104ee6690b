#include "operators/sinks/store.hpp"

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <optional>

#include "engine/api/point_feed.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/point_frame.hpp"
#include "operators/sinks/point_store.hpp"
#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

namespace {

// Points that wait in memory while the file cannot be written (locked, disk full).
constexpr std::size_t points_waiting_max = 500'000;

class StoreSink final : public Bolt {
 public:
  explicit StoreSink(const Options& options)
      : options_(PointOptions::of(options)),
        path_(options.text("file")),
        store_options_{.retention = options.duration("retention"),
                       .rollup_retention = options.duration("rollup_retention"),
                       .busy_timeout = options.duration("busy_timeout"),
                       .rollups = !options.flag("unbounded_tags")},
        series_max_(options.integer("series_max")),
        copies_wanted_(options.flag("board") && !options.flag("unbounded_tags")) {}

  Result<void> prepare(const TaskContext& task) override {
    written_ = &task.counter("points_written");
    overwritten_ = &task.counter("values_overwritten");
    undelivered_ = &task.counter("points_undelivered");
    expired_ = &task.counter("points_expired");
    off_board_ = &task.counter("points_off_board");
    auto* feed = dynamic_cast<PointFeed*>(task.feed);
    if (feed != nullptr && copies_wanted_) copies_.emplace(*feed, task.component);
    points_.prepare(task, options_);
    points_.limit_series(task, options_, series_max_);
    auto store = PointStore::open(path_, store_options_);
    if (!store.ok()) return std::move(store.error()).within("store");
    store_.emplace(std::move(store).value());
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override { points_.add(in); }

  void watermark(TimeNs now, Emitter&) override {
    std::vector<Point> points = points_.take(now);
    if (points.empty()) return;
    overwritten_->add(merge_same(points));
    if (copies_) off_board_->add(copies_->publish(points));
    std::move(points.begin(), points.end(), std::back_inserter(waiting_));
    write_waiting();
    if (waiting_.size() <= points_waiting_max) return;
    undelivered_->add(waiting_.size());
    waiting_.clear();
  }

  // What is written is there, and is overwritten by itself when it comes again.
  Result<void> save(StateWriter& out) override {
    points_.save(out);
    save_points(out, waiting_);
    return store_->sync();
  }
  Result<void> restore(StateReader& in) override {
    points_.restore(in);
    waiting_ = points_.restored().read(in);
    return {};
  }

  Result<void> finish(Emitter&) override {
    write_waiting();
    undelivered_->add(waiting_.size());
    if (undelivered_->value() == 0) return {};
    return Error{ErrorKind::io,
                 fmt::format("store: {}: {} points could not be written: {}", path_,
                             undelivered_->value(), failure_),
                 "file"};
  }

 private:
  // What fails now is tried again with the next window.
  void write_waiting() {
    if (waiting_.empty()) return;
    auto done = store_->write(waiting_);
    if (!done.ok()) {
      failure_ = done.error().what;
      return;
    }
    written_->add(waiting_.size());
    waiting_.clear();
    if (!store_->expiry_due()) return;
    if (auto deleted = store_->expire(); deleted.ok())
      expired_->add(static_cast<std::uint64_t>(*deleted));
  }

  PointOptions options_;
  std::string path_;
  PointStoreOptions store_options_;
  std::int64_t series_max_;
  bool copies_wanted_;
  std::optional<PointCopies> copies_;  // where somebody keeps them
  PointCollector points_;
  std::vector<Point> waiting_;
  std::optional<PointStore> store_;
  std::string failure_;
  Counter* written_ = nullptr;
  Counter* overwritten_ = nullptr;
  Counter* undelivered_ = nullptr;
  Counter* expired_ = nullptr;
  Counter* off_board_ = nullptr;
};

Result<Declaration> declare_store(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.reads = DNSTORM_TRY(point_reads(options, inputs, !options.flag("unbounded_tags")));
  declaration.single_task = true;
  return declaration;
}

}  // namespace

OperatorDef store_operator() {
  OperatorDef def;
  def.name = "store";
  def.kind = OperatorKind::sink;
  def.summary = "Keeps points in a SQLite file.";
  def.options = {
      {"file", OptionType::text, "dnstorm.sqlite",
       "the file; made if there is none, added to if there is"},
      {.name = "retention",
       .type = OptionType::duration,
       .default_text = "7d",
       .help = "how much event time is kept before the newest window; 0: everything"},
      {.name = "rollup_retention",
       .type = OptionType::duration,
       .default_text = "400d",
       .help = "the same of rollups, by 10 minutes, hour and day; 0: everything"},
      {.name = "busy_timeout",
       .type = OptionType::duration,
       .default_text = "5s",
       .help = "how long another process that locks the file is waited for",
       .max = 60e9},
      {"unbounded_tags", OptionType::flag, "false",
       "allow names and addresses as tags: a series of each, and no rollups"},
      {"board", OptionType::flag, "true",
       "in a cluster: the coordinator keeps a copy for the page Traffic of its board; not with "
       "unbounded_tags"},
  };
  for (OptionSpec& spec : PointOptions::specs()) def.options.push_back(std::move(spec));
  def.options.push_back(SeriesGuard::spec());
  def.constructor = {"file"};
  def.example =
      "- id: history\n  className: store\n  properties:\n    file: dns.sqlite\n    retention: "
      "30d\n";
  def.declare = declare_store;
  def.make_bolt = [](const Options& options) { return std::make_unique<StoreSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
