#include "operators/detect/latency_degradation.hpp"

#include <memory>

#include "operators/count/quantile_sketch.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// Values of `status`: the label table match_status.
constexpr std::uint8_t answered = 0;
constexpr std::uint8_t unanswered = 1;

constexpr double us_per_ms = 1000;
// Quantiles of a few dozen numbers jump: what lies within this many deviations is usual.
constexpr double least_deviations = 6;

class LatencyDegradation {
 public:
  static constexpr DetectorInfo info{
      "latency_degradation", "server",
      "Look at load, drops and the path to the server; drain it if others have room."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    // Within 1.6 %.
    QuantileSketch times{5, 64};
    std::uint64_t unanswered = 0;
    void clear() {
      times.clear();
      unanswered = 0;
    }
    void save(StateWriter& out) const {
      times.save(out);
      out.put(unanswered);
    }
    bool restore(StateReader& in) {
      if (!times.restore(in)) return false;
      unanswered = in.get<std::uint64_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : status(schema.ref<std::uint8_t>("status")),
          latency_us(schema.ref<std::uint64_t>("latency_us")),
          time(schema.ref<std::int64_t>("time")),
          query_time(schema.ref<std::int64_t>("query_time")) {}
    FieldRef<std::uint8_t> status;
    FieldRef<std::uint64_t> latency_us;
    FieldRef<std::int64_t> time, query_time;
  };

  explicit LatencyDegradation(const Options& options)
      : quantile_(options.number("quantile")),
        least_(static_cast<std::uint64_t>(options.integer("queries"))),
        factor_(options.number("factor")),
        least_rise_us_(static_cast<double>(options.duration("least_rise")) / ns_per_us),
        rise_us_(static_cast<double>(options.duration("rise")) / ns_per_us) {}

  Key key() const { return FieldsKey({"server"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    std::uint8_t status = row.get(reader.status);
    return status == answered || status == unanswered;
  }
  // A query without an answer has waited at least so long.
  void add(Value& value, const Reader& reader, const RowView& row) const {
    if (row.get(reader.status) == answered)
      return value.times.add(static_cast<double>(row.get(reader.latency_us)));
    ++value.unanswered;
    value.times.add(static_cast<double>(
        std::max<DurationNs>(0, time_from_to(row.get(reader.query_time), row.get(reader.time))) /
        ns_per_us));
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual, const JudgedWindow&) const {
    std::uint64_t count = value.times.count();
    if (count < least_) return std::nullopt;
    double time = value.times.at_rank(rank(count));
    double level = usual.level();
    double threshold =
        std::min(std::max(factor_ * level, level + least_rise_us_), level + rise_us_);
    if (time < threshold || usual.score(time) < least_deviations) {
      usual.add(time);
      return std::nullopt;
    }
    usual.add_alarming(time);
    double score = time / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"time_ms", time / us_per_ms},
                                  {"usual_ms", level / us_per_ms},
                                  {"threshold_ms", threshold / us_per_ms},
                                  {"queries", static_cast<double>(count)},
                                  {"unanswered", static_cast<double>(value.unanswered)}})};
  }

 private:
  std::uint64_t rank(std::uint64_t count) const {
    auto place = static_cast<std::uint64_t>(std::ceil(quantile_ * static_cast<double>(count)));
    return std::clamp<std::uint64_t>(place, 1, count);
  }

  double quantile_;
  std::uint64_t least_;
  double factor_;
  double least_rise_us_;
  double rise_us_;
};

Result<Declaration> declare_latency_degradation(const Options& options,
                                                const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"server", Type::ip},
                                                          {"status", Type::u8},
                                                          {"latency_us", Type::u64},
                                                          {"query_time", Type::time}}));
  declare_key(declaration, FieldsKey({"server"}));
  return declaration;
}

}  // namespace

OperatorDef latency_degradation_operator() {
  OperatorDef def;
  def.name = "latency_degradation";
  def.summary = "Finds servers that answer more slowly than is usual of them.";
  def.options = detector_options(
      {.admit = "1", .raise_after = "2"},
      {{.name = "quantile",
        .type = OptionType::number,
        .default_text = "0.5",
        .help = "which quantile of the response times of a window is judged",
        .min = 0.01,
        .max = 0.999},
       {.name = "queries",
        .type = OptionType::integer,
        .default_text = "30",
        .help = "to a server in a window, from which on it is judged",
        .min = 1,
        .max = 1e9},
       {.name = "factor",
        .type = OptionType::number,
        .default_text = "2",
        .help = "so many times what is usual of the server is slow",
        .min = 1},
       {"least_rise", OptionType::duration, "150us", "but no rise less than this"},
       {"rise", OptionType::duration, "50ms", "a rise that is slow whatever is usual"}});
  def.example =
      "- id: slow\n"
      "  className: latency_degradation\n"
      "  properties: {quantile: 0.5, factor: 2}\n";
  def.declare = declare_latency_degradation;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<LatencyDegradation>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
