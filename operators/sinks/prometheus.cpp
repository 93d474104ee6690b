#include "operators/sinks/prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "operators/sinks/metric_table.hpp"
#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::string_view own_prefix = "dnstorm_";  // the engine's metrics

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error option_error(std::string subject, std::string what) {
  return {ErrorKind::config, std::move(what), std::move(subject)};
}

// What the fields of an input become.
class Naming {
 public:
  explicit Naming(const Options& options)
      : points_(PointOptions::of(options)),
        prefix_(options.text("prefix")),
        gauges_only_(options.text("type") == "gauge"),
        gauges_(options.list("gauges")) {}

  std::string measurement(const std::string& component, const std::string& stream) const {
    return points_.measurement.empty() ? default_measurement(component, stream)
                                       : points_.measurement;
  }
  // Whether points have it as a number.
  bool is_number(const Field& field) const {
    if (field.role != Role::value &&
        !(field.role == Role::plain && listed(points_.fields, field.name)))
      return false;
    bool text = field.type == Type::str || field.type == Type::bytes || field.type == Type::ip;
    return field.labels.empty() && !text;
  }
  bool is_text(const Field& field) const {
    return (field.role == Role::value || listed(points_.fields, field.name)) &&
           field.role != Role::key && !is_number(field);
  }
  MetricFamily family(const std::string& measurement, const Field& field) const {
    MetricFamily family;
    family.time = field.type == Type::time;
    bool flag = field.type == Type::boolean;
    family.whole = field.type != Type::f64 && !family.time;
    family.counter = family.whole && !flag && !gauges_only_ && !listed(gauges_, field.name);
    std::string name = measurement + "_" + field.name;
    if (!prefix_.empty()) name = prefix_ + "_" + name;
    if (family.time && !name.ends_with("_seconds")) name += "_seconds";
    if (family.counter && !name.ends_with("_total")) name += "_total";
    // Endings that tell scrapers of another type.
    for (const char* ending : {"_total", "_count", "_sum", "_bucket", "_created", "_info"})
      if (!family.counter && name.ends_with(ending)) {
        name += "_last";
        break;
      }
    family.name = metric_name(name);
    family.help = fmt::format("{}: {}", measurement, field.help.empty() ? field.name : field.help);
    return family;
  }
  void add(MetricFamilies& all, const std::string& component, const std::string& stream,
           const Schema& schema) const {
    std::string of = measurement(component, stream);
    for (const Field& field : schema.fields())
      if (is_number(field)) all.try_emplace({of, field.name}, family(of, field));
  }

 private:
  PointOptions points_;
  std::string prefix_;
  bool gauges_only_;
  std::vector<std::string> gauges_;
};

MetricTableSettings table_settings(const Options& options) {
  MetricTableSettings settings;
  settings.series_max = static_cast<std::size_t>(options.integer("series_max"));
  settings.labels = options.list("labels");
  for (const auto& [name, value] : PointOptions::of(options).tags)
    settings.constant_labels.push_back(name);
  return settings;
}

class PrometheusSink final : public Bolt {
 public:
  explicit PrometheusSink(const Options& options) : options_(options) {}

  Result<void> prepare(const TaskContext& task) override {
    points_.prepare(task, PointOptions::of(options_));
    shown_ = &task.counter("points_shown");
    folded_ = &task.counter("points_folded");
    refused_ = &task.counter("values_refused");
    MetricFamilies families;
    for (const Input& input : task.inputs)
      Naming(options_).add(families, input.component, input.stream, *input.schema);
    std::vector<std::string> names;
    for (const auto& [key, family] : families) names.push_back(family.name);
    table_ = std::make_shared<MetricTable>(families, table_settings(options_));
    std::shared_ptr<Exposition> exposition;
    if (task.resources != nullptr) exposition = task.resources->find<Exposition>(exposition_key);
    if (exposition) return exposition->add(task.component, names, table_);
    fmt::print(stderr,
               "dnstorm: prometheus: nobody can scrape '{}': start the run with --board, whose "
               "address serves /metrics\n",
               task.component);
    return {};
  }

  void execute(const InputBatch& in, Emitter&) override { points_.add(in); }

  void watermark(TimeNs now, Emitter&) override {
    std::vector<Point> points = points_.take(now);
    MetricTable::Shown shown = table_->show(points, now);
    shown_->add(points.size());
    folded_->add(shown.folded);
    refused_->add(shown.refused);
  }

  // Counters begin at 0 in every process, as scrapers expect it of them: one that went on from an
  // older number would look like one that has begun anew and counted up to there at once.
  Result<void> save(StateWriter& out) override {
    points_.save(out);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    points_.restore(in);
    return {};
  }

 private:
  Options options_;
  PointCollector points_;
  std::shared_ptr<MetricTable> table_;
  Counter* shown_ = nullptr;
  Counter* folded_ = nullptr;
  Counter* refused_ = nullptr;
};

// Two keys must not become one label, nor two fields one metric.
Result<void> check_labels(const Options& options, const InputDecl& input) {
  std::vector<std::pair<std::string, std::string>> labels;  // as they are shown, and as they were
  auto add = [&](const std::string& name) -> Result<void> {
    for (const auto& [label, other] : labels)
      if (label == label_name(name))
        return option_error("labels", fmt::format("'{}' and '{}' of '{}' are one label, {}: give "
                                                  "one of them another name",
                                                  other, name, input.component, label));
    labels.emplace_back(label_name(name), name);
    return {};
  };
  for (const auto& [name, value] : PointOptions::of(options).tags) DNSTORM_CHECK(add(name));
  for (const Field& field : input.schema.fields())
    if (field.role == Role::key || listed(options.list("labels"), field.name))
      DNSTORM_CHECK(add(field.name));
  return {};
}

Result<void> check_wanted(const Options& options, const std::vector<InputDecl>& inputs) {
  Naming naming(options);
  for (const auto& [option, wants_text] : {std::pair{"labels", true}, {"gauges", false}})
    for (const std::string& name : options.list(option)) {
      std::string known;
      bool found = false;
      for (const InputDecl& input : inputs)
        for (const Field& field : input.schema.fields()) {
          bool fits = wants_text ? naming.is_text(field) : naming.is_number(field);
          if (fits) known += (known.empty() ? "" : ", ") + field.name;
          found = found || (fits && field.name == name);
        }
      if (!found)
        return option_error(option, fmt::format("no input has a {} '{}' among its values; there "
                                                "are: {}",
                                                wants_text ? "text" : "number", name,
                                                known.empty() ? "none" : known));
    }
  return {};
}

// Inputs with one measurement share its families.
Result<void> check_shared(const Naming& naming, const MetricFamilies& families,
                          const InputDecl& input) {
  std::string of = naming.measurement(input.component, input.stream);
  for (const Field& field : input.schema.fields()) {
    auto shared = families.find({of, field.name});
    if (shared == families.end() || !naming.is_number(field)) continue;
    MetricFamily own = naming.family(of, field);
    if (shared->second.whole != own.whole || shared->second.time != own.time)
      return option_error("measurement",
                          fmt::format("'{}' of '{}' is of another kind than that of another input: "
                                      "use a component for each",
                                      field.name, input.component));
  }
  return {};
}

Result<void> check_families(const Options& options, const std::vector<InputDecl>& inputs) {
  MetricFamilies families;
  Naming naming(options);
  for (const InputDecl& input : inputs) {
    const auto& fields = input.schema.fields();
    if (std::none_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return naming.is_number(field); }))
      return option_error("fields", fmt::format("rows of '{}' have no number to show among {}",
                                                input.component, input.schema.names()));
    DNSTORM_CHECK(check_shared(naming, families, input));
    naming.add(families, input.component, input.stream, input.schema);
  }
  std::map<std::string, std::string> sources;
  for (const auto& [key, family] : families) {
    std::string source = key.first + "." + key.second;
    auto [other, is_new] = sources.try_emplace(family.name, source);
    if (!is_new)
      return option_error("measurement", fmt::format("{} and {} would be one metric, {}: use a "
                                                     "component for each, with its own `prefix`",
                                                     other->second, source, family.name));
    if (family.name.starts_with(own_prefix))
      return option_error("prefix", fmt::format("{} would stand among the metrics of the engine, "
                                                "which begin with {}: choose another `prefix`",
                                                family.name, own_prefix));
  }
  return {};
}

Result<Declaration> declare_prometheus(const Options& options,
                                       const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.single_task = true;
  declaration.reads = DNSTORM_TRY(point_reads(options, inputs, !options.flag("unbounded_tags")));
  DNSTORM_CHECK(check_wanted(options, inputs));
  DNSTORM_CHECK(check_families(options, inputs));
  for (const InputDecl& input : inputs) DNSTORM_CHECK(check_labels(options, input));
  return declaration;
}

std::vector<OptionSpec> metric_specs() {
  return {
      {.name = "type",
       .type = OptionType::choice,
       .default_text = "counter",
       .help =
           "counter: whole numbers add up from window to window; gauge: those of the newest one",
       .choices = {"counter", "gauge"}},
      {"gauges", OptionType::list, "", "whole numbers that have no sum (of distinct, quantiles)"},
      {"labels", OptionType::list, "", "values that are text (the item of a top) to be labels"},
      {"prefix", OptionType::text, "dns", "what the names of all metrics begin with"},
      {.name = "series_max",
       .type = OptionType::integer,
       .default_text = "1000",
       .help = "series of a metric at most; others are one, with the labels OTHER",
       .min = 1,
       .max = 1e6},
      {"unbounded_tags", OptionType::flag, "false",
       "allow names and addresses as labels: up to series_max series of each"},
  };
}

}  // namespace

OperatorDef prometheus_operator() {
  OperatorDef def;
  def.name = "prometheus";
  def.kind = OperatorKind::sink;
  def.summary = "Shows rows as metrics that Prometheus scrapes at /metrics of the board.";
  def.options = metric_specs();
  for (OptionSpec& spec : PointOptions::specs()) def.options.push_back(std::move(spec));
  def.example =
      "- id: metrics\n  className: prometheus\n  properties: {prefix: dns, tags: [server=ns1]}\n";
  def.declare = declare_prometheus;
  def.make_bolt = [](const Options& options) { return std::make_unique<PrometheusSink>(options); };
  return def;
}

}  // namespace dnstorm::operators
