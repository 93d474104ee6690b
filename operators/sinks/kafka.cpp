#include "operators/sinks/kafka.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "operators/checkpoint.hpp"
#include "operators/sinks/json_text.hpp"
#include "operators/sinks/kafka_producer.hpp"
#include "operators/sinks/row_order.hpp"
#include "operators/sinks/row_text.hpp"
#include "operators/sinks/secret.hpp"

namespace dnstorm::operators {

namespace {

constexpr DurationNs report_slack = 5 * ns_per_s;  // the library looks for late records each second

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

Result<std::vector<std::pair<std::string, std::string>>> properties_of(const Options& options) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& text : options.list("settings")) {
    std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      return option_error("settings", fmt::format("'{}' is not written as name=value", text));
    std::string name = text.substr(0, equals);
    if (!KafkaProducer::may_be_set(name))
      return option_error("settings", fmt::format("'{}' is this sink's to set: its guarantees rest "
                                                  "on it, or it has an option for it",
                                                  name));
    out.emplace_back(std::move(name), text.substr(equals + 1));
  }
  return out;
}

Result<KafkaSettings> settings_of(const Options& options) {
  KafkaSettings settings;
  settings.brokers = options.text("brokers");
  settings.topic = options.text("topic");
  settings.queue_rows = static_cast<std::size_t>(options.integer("queue_rows"));
  settings.queue_bytes = static_cast<std::size_t>(options.integer("queue_bytes"));
  settings.linger = options.duration("linger");
  settings.delivery_timeout = options.duration("delivery_timeout");
  settings.start_timeout = options.duration("start_timeout");
  settings.properties = DNSTORM_TRY(properties_of(options));
  for (auto& [name, value] : settings.properties)
    value = DNSTORM_TRY(secret("kafka", "settings", value));
  settings.properties.emplace_back("compression.codec", options.text("compression"));
  return settings;
}

// The key of a record: the text of one field, or a JSON array of several.
class RowKey {
 public:
  RowKey(const Schema& schema, const std::vector<std::string>& fields) {
    for (const std::string& name : fields)
      if (auto index = schema.find(name)) cells_.push_back(CellReader::of(schema, *index));
  }
  std::string of(const RowView& row) const {
    if (cells_.empty()) return {};
    if (cells_.size() == 1) return cells_.front().text(row);
    std::string key;
    for (const CellReader& cell : cells_) {
      key += key.empty() ? '[' : ',';
      append_json_string(key, cell.text(row));
    }
    return key + "]";
  }

 private:
  std::vector<CellReader> cells_;
};

class KafkaSink final : public Bolt {
 public:
  explicit KafkaSink(const Options& options)
      : options_(options), keyed_(!options.list("key").empty()) {}

  Result<void> prepare(const TaskContext& task) override {
    for (const Input& input : task.inputs) {
      std::string source;
      if (options_.flag("source")) source = default_measurement(input.component, input.stream);
      readers_.push_back({RowText(RowFormat::json, *input.schema, options_.list("fields"), source),
                          RowKey(*input.schema, options_.list("key")), RowTimes(*input.schema)});
    }
    KafkaSettings settings = DNSTORM_TRY(settings_of(options_));
    producer_ =
        DNSTORM_TRY(KafkaProducer::make(std::move(settings), *task.counters, note_on_stderr()));
    auto there = producer_->check_topic();
    if (there.ok()) return {};
    if (there.error().kind != ErrorKind::unavailable || !options_.flag("wait")) return there;
    note_on_stderr()(there.error().what + "; waiting for it");
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override {
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      OrderedRow& waiting = open_rows_.add(reader.times.of(row));
      reader.text.append(waiting.text, row);
      waiting.text.pop_back();  // its line end
      waiting.key = reader.key.of(row);
    }
    producer_->poll();
  }

  void watermark(TimeNs now, Emitter&) override {
    for (const OrderedRow& row : open_rows_.take(now))
      producer_->send(
          {keyed_ ? std::string_view(row.key) : std::string_view{}, row.text, row.span.begin});
    producer_->poll();
  }

  // A checkpoint is taken when the cluster has all that came before it. What it has not taken is
  // not forgotten by one: the run ends, and goes on from the checkpoint before.
  Result<void> save(StateWriter& out) override {
    if (!producer_->flush(options_.duration("delivery_timeout") + report_slack) ||
        producer_->undelivered() > 0)
      return failure();
    open_rows_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    open_rows_.restore(in);
    return in.ok() ? Result<void>{} : damaged_state();
  }

  Result<void> finish(Emitter&) override {
    if (!producer_->flush(options_.duration("drain_timeout"))) producer_->give_up();
    return producer_->undelivered() > 0 ? failure() : Result<void>{};
  }
  bool blocking() const override { return true; }

 private:
  struct Reader {
    RowText text;
    RowKey key;
    RowTimes times;
  };

  Result<void> failure() const {
    const std::string& why = producer_->first_failure();
    return Error{ErrorKind::unavailable,
                 fmt::format("kafka: {} rows could not be delivered to the topic '{}' at {}: {}",
                             producer_->undelivered(), options_.text("topic"),
                             options_.text("brokers"), why.empty() ? "no answer in time" : why),
                 "brokers"};
  }

  Options options_;
  bool keyed_;
  std::vector<Reader> readers_;  // one an input
  RowOrder open_rows_;
  std::unique_ptr<KafkaProducer> producer_;
};

Result<Declaration> declare_kafka(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(properties_of(options));
  if (options.text("topic").empty() || options.text("brokers").empty())
    return option_error(options.text("topic").empty() ? "topic" : "brokers",
                        "say where records go: `brokers` and `topic`");
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  declaration.reads = DNSTORM_TRY(row_reads(options.list("fields"), inputs));
  for (const std::string& name : options.list("key"))
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      DNSTORM_CHECK(require_field(inputs[i], name, "key"));
      declaration.reads[i].push_back(name);
    }
  return declaration;
}

OptionSpec duration_spec(std::string name, std::string value, std::string help) {
  return {.name = std::move(name),
          .type = OptionType::duration,
          .default_text = std::move(value),
          .help = std::move(help),
          .min = 1e6,
          .max = 86'400e9};
}

std::vector<OptionSpec> kafka_specs() {
  return {
      {.name = "brokers",
       .type = OptionType::text,
       .default_text = "",
       .help = "where the cluster is first asked: HOST:PORT,HOST:PORT",
       .required = true},
      {.name = "topic",
       .type = OptionType::text,
       .default_text = "",
       .help = "of the records",
       .required = true},
      {"key", OptionType::list, "",
       "fields that make up the key of a record: equal keys go to one partition, in order"},
      {"fields", OptionType::list, "",
       "the fields of a record, in this order; if not given, all there are"},
      {"source", OptionType::flag, "false", "a first field `source`: the component of the row"},
      {.name = "compression",
       .type = OptionType::choice,
       .default_text = "none",
       .help = "of batches of records",
       .choices = {"none", "gzip", "snappy", "lz4", "zstd"}},
      {"settings", OptionType::list, "",
       "further ones of librdkafka, as name=value: security.protocol=SASL_SSL; env: and file: too"},
      {.name = "queue_rows",
       .type = OptionType::integer,
       .default_text = "100000",
       .help = "records that wait for delivery at most; then the topology waits",
       .min = 1,
       .max = 1e7},
      {.name = "queue_bytes",
       .type = OptionType::integer,
       .default_text = "64Mi",
       .help = "bytes that wait for delivery at most",
       .min = 1024,
       .max = 2e9},
      {.name = "linger",
       .type = OptionType::duration,
       .default_text = "5ms",
       .help = "how long a record may wait for others to go with",
       .max = 1e9},
      duration_spec("delivery_timeout", "5m",
                    "how long to try to deliver a record before it is given up"),
      duration_spec("start_timeout", "10s", "how long the cluster may take to answer at the start"),
      duration_spec("drain_timeout", "30s", "how long, at the end, to wait for what is on its way"),
      {"wait", OptionType::flag, "false", "begin even if the cluster does not answer yet"},
  };
}

}  // namespace

OperatorDef kafka_operator() {
  OperatorDef def;
  def.name = "kafka";
  def.kind = OperatorKind::sink;
  def.summary = "Writes rows as JSON records to a topic of Kafka.";
  def.options = kafka_specs();
  def.constructor = {"brokers", "topic"};
  def.example =
      "- id: events\n  className: kafka\n"
      "  properties: {brokers: \"kafka1:9092,kafka2:9092\", topic: dns, key: [qtype]}\n";
  def.declare = declare_kafka;
  def.make_bolt = [](const Options& options) { return std::make_unique<KafkaSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
