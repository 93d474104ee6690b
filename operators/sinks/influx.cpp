#include "operators/sinks/influx.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "operators/sinks/influx_writer.hpp"
#include "operators/sinks/point.hpp"
#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

namespace {

InfluxWriterSettings settings_of(const Options& options, const TaskContext& task) {
  InfluxWriterSettings settings;
  settings.batch_points = static_cast<std::size_t>(options.integer("batch"));
  settings.queue_points = static_cast<std::size_t>(options.integer("queue_points"));
  settings.queue_bytes = static_cast<std::size_t>(options.integer("queue_bytes"));
  settings.patience = options.duration("patience");
  settings.drain_timeout = options.duration("drain_timeout");
  settings.seed = static_cast<std::uint32_t>(task.clock->steady_ns());
  return settings;
}

LineSpoolSettings spool_settings(const Options& options, const TaskContext& task) {
  return {.folder = spool_folder(options.text("spool"), task.topology + "-" + task.component),
          .bytes_max = static_cast<std::uint64_t>(options.integer("spool_bytes_max")),
          .drop_oldest = options.text("spool_drops") == "oldest"};
}

class InfluxSink final : public Bolt {
 public:
  InfluxSink(const Options& options, InfluxSurroundings surroundings)
      : options_(options),
        point_options_(PointOptions::of(options)),
        surroundings_(std::move(surroundings)) {
    read_naming(options, point_options_);
  }

  Result<void> prepare(const TaskContext& task) override {
    points_.prepare(task, point_options_);
    points_.limit_series(task, point_options_, options_.integer("series_max"));
    overwritten_ = &task.counter("values_overwritten");
    InfluxTarget target = DNSTORM_TRY(InfluxTarget::of(options_));
    transport_ = surroundings_.make_transport();
    pause_ = surroundings_.make_pause();
    if (auto there = check_influx(*transport_, target); !there.ok()) {
      if (there.error().kind != ErrorKind::unavailable || !options_.flag("wait")) return there;
      surroundings_.note(there.error().what + "; waiting for it");
    }
    // Last: a sink that cannot begin keeps nobody else from the folder.
    spool_ = DNSTORM_TRY(LineSpool::open(spool_settings(options_, task), surroundings_.note));
    writer_ = std::make_unique<InfluxWriter>(settings_of(options_, task), std::move(target),
                                             *transport_, *pause_, *spool_,
                                             InfluxCounters(*task.counters), surroundings_.note);
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override { points_.add(in); }

  void watermark(TimeNs now, Emitter&) override {
    std::vector<Point> points = points_.take(now);
    overwritten_->add(merge_same(points));
    if (point_options_.naming == PointNaming::wide) sort_fields(points);
    auto batch = static_cast<std::size_t>(options_.integer("batch"));
    LineChunk chunk;
    for (const Point& point : points) {
      chunk.add(point);
      if (chunk.points() >= batch) writer_->push(std::exchange(chunk, {}));
    }
    writer_->push(std::move(chunk));
  }

  // What the server has not answered for comes again: a point overwrites itself. What is in the
  // spool counts as delivered.
  Result<void> save(StateWriter& out) override {
    points_.save(out);
    std::vector<LineChunk> chunks = writer_->waiting();
    out.put(std::uint64_t{chunks.size()});
    for (const LineChunk& chunk : chunks) {
      out.put_bytes(chunk.text);
      out.put(std::uint64_t{chunk.starts.size()});
      for (std::uint32_t start : chunk.starts) out.put(start);
    }
    return writer_->sync();
  }
  Result<void> restore(StateReader& in) override {
    points_.restore(in);
    for (std::uint64_t left = in.get_count(16); left != 0; --left) {
      LineChunk chunk;
      chunk.text = in.get_bytes();
      for (std::uint64_t points = in.get_count(sizeof(std::uint32_t)); points != 0; --points)
        chunk.starts.push_back(in.get<std::uint32_t>());
      if (in.ok()) writer_->push(std::move(chunk));
    }
    return {};
  }

  Result<void> finish(Emitter&) override {
    Result<void> all = writer_->finish();
    writer_.reset();
    spool_.reset();
    return all;
  }

 private:
  Options options_;
  PointOptions point_options_;
  InfluxSurroundings surroundings_;
  PointCollector points_;
  Counter* overwritten_ = nullptr;
  std::unique_ptr<LineSpool> spool_;
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<Pause> pause_;
  std::unique_ptr<InfluxWriter> writer_;  // last: its thread uses what stands above
};

Result<Declaration> declare_influx(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(InfluxTarget::check(options));
  Declaration declaration;
  declaration.restorable = true;
  declaration.reads =
      DNSTORM_TRY(named_point_reads(options, inputs, !options.flag("unbounded_tags")));
  declaration.single_task = true;
  return declaration;
}

std::vector<OptionSpec> delivery_specs() {
  return {
      {.name = "batch",
       .type = OptionType::integer,
       .default_text = "5000",
       .help = "points of one request at most",
       .min = 1,
       .max = 100'000},
      {.name = "queue_points",
       .type = OptionType::integer,
       .default_text = "200000",
       .help = "points that wait for delivery at most",
       .min = 1,
       .max = 1e8},
      {.name = "queue_bytes",
       .type = OptionType::integer,
       .default_text = "64Mi",
       .help = "bytes that wait for delivery at most",
       .min = 1024,
       .max = 1e11},
      {.name = "patience",
       .type = OptionType::duration,
       .default_text = "60s",
       .help = "how long a full queue holds the topology up before its points go to the spool",
       .max = 86'400e9},
      {.name = "drain_timeout",
       .type = OptionType::duration,
       .default_text = "30s",
       .help = "how long, at the end, to try without an answer before the rest stays in the spool",
       .max = 86'400e9},
      {"spool", OptionType::text, ".",
       "folder in which the sink makes its own for points that wait on disk"},
      {.name = "spool_bytes_max",
       .type = OptionType::integer,
       .default_text = "1Gi",
       .help = "bytes of that folder at most",
       .min = 1 << 20,
       .max = 1e15},
      {.name = "spool_drops",
       .type = OptionType::choice,
       .default_text = "oldest",
       .help = "which points are lost when the spool is full",
       .choices = {"oldest", "newest"}},
      {"unbounded_tags", OptionType::flag, "false",
       "allow names and addresses as tags: a series of each"},
      {"wait", OptionType::flag, "false", "begin even if InfluxDB does not answer yet"},
  };
}

void append(std::vector<OptionSpec>& to, std::vector<OptionSpec> specs) {
  for (OptionSpec& spec : specs) to.push_back(std::move(spec));
}

}  // namespace

OperatorDef influx_operator(InfluxSurroundings surroundings) {
  OperatorDef def;
  def.name = "influx";
  def.kind = OperatorKind::sink;
  def.summary = "Writes points to an InfluxDB.";
  append(def.options, InfluxTarget::specs());
  append(def.options, delivery_specs());
  append(def.options, PointOptions::specs());
  def.options.push_back(SeriesGuard::spec());
  append(def.options, naming_specs());
  def.example =
      "- id: database\n  className: influx\n  properties:\n    url: http://127.0.0.1:8086\n    "
      "database: dns\n"
      "    tags: [server=ns1]\n";
  def.declare = declare_influx;
  def.make_bolt = [surroundings = std::move(surroundings)](const Options& options) {
    return std::make_unique<InfluxSink>(options, surroundings);
  };
  return def;
}

OperatorDef influx_operator() {
  return influx_operator({.make_transport = make_http_client,
                          .make_pause = [] { return std::make_unique<SystemPause>(); },
                          .note = note_on_stderr()});
}

}  // namespace dnstorm::operators
