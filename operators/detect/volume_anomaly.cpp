#include "operators/detect/volume_anomaly.hpp"

#include <fmt/format.h>

#include <memory>

#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// What a number of queries is compared with.
struct Expectation {
  bool known = false;
  double level = 0;
  double deviation = 1;
};

class VolumeAnomaly {
 public:
  using Key = FieldsKey;
  using Memory = Baseline;
  struct Value {
    void clear() {}
    void save(StateWriter&) const {}
    bool restore(StateReader&) { return true; }
  };
  struct Reader {
    explicit Reader(const Schema& schema) : qr(schema.ref<bool>("qr")) {}
    FieldRef<bool> qr;
  };

  explicit VolumeAnomaly(const Options& options)
      : by_(options.list("by")),
        deviations_(options.number("deviations")),
        more_(options.number("more")),
        less_(options.number("less")),
        least_(options.number("queries")),
        learn_(options.duration("learn")) {
    kind_text_ = by_.empty() ? "total" : fmt::format("{}", fmt::join(by_, " "));
    info = {"volume_anomaly", kind_text_,
            "More: look at which clients, names and types grew. Less: look whether the server, its "
            "route or the capture fails."};
  }
  // Its texts are views into itself.
  VolumeAnomaly(const VolumeAnomaly&) = delete;
  VolumeAnomaly& operator=(const VolumeAnomaly&) = delete;

  DetectorInfo info;

  Key key() const { return FieldsKey(by_); }
  Value make() const { return {}; }
  bool wanted(const Reader& reader, const RowView& row) const {
    return !reader.qr.present() || !row.get(reader.qr);
  }
  void add(Value&, const Reader&, const RowView&) const {}

  std::optional<Finding> judge(const Value&, Baseline& usual, const JudgedWindow& window) const {
    return compare(static_cast<double>(window.rows), usual, window);
  }
  std::optional<Finding> judge_absent(Baseline& usual, const JudgedWindow& window) const {
    return compare(0, usual, window);
  }

 private:
  // The one place that knows where an expectation comes from.
  static Expectation expected(const Baseline& usual, const JudgedWindow&) {
    return {usual.warm(), usual.level(), usual.deviation()};
  }

  std::optional<Finding> compare(double queries, Baseline& usual,
                                 const JudgedWindow& window) const {
    Expectation normal = expected(usual, window);
    double above = std::max(normal.level * more_, normal.level + deviations_ * normal.deviation);
    double below = std::min(normal.level / less_, normal.level - deviations_ * normal.deviation);
    bool more = queries >= std::max(above, least_);
    bool less = queries <= below && normal.level >= least_;
    if (!normal.known || window.age < learn_ || (!more && !less)) {
      usual.add(queries);
      return std::nullopt;
    }
    usual.add_alarming(queries);
    double score = more ? queries / std::max(above, least_) : below / std::max(queries, 1.0);
    return Finding{score, severity_of(score),
                   evidence_json({{"queries", queries},
                                  {"queries_per_s", queries / window.seconds()},
                                  {"expected", normal.level},
                                  {"deviation", normal.deviation},
                                  {"deviations", (queries - normal.level) / normal.deviation}})};
  }

  std::vector<std::string> by_;
  double deviations_;
  double more_;
  double less_;
  double least_;
  DurationNs learn_;
  std::string kind_text_;
};

Result<Declaration> declare_volume(const Options& options, const std::vector<InputDecl>& inputs) {
  const auto& by = options.list("by");
  std::vector<Field> fields;
  for (const std::string& name : by) {
    if (inputs.empty()) break;
    Field field = DNSTORM_TRY(require_field(inputs[0], name, "by"));
    fields.push_back({field.name, field.type});
  }
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs, fields));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].push_back("qr");
  declare_key(declaration, FieldsKey(by));
  return declaration;
}

OptionSpec number(std::string name, std::string default_text, std::string help) {
  return {.name = std::move(name),
          .type = OptionType::number,
          .default_text = std::move(default_text),
          .help = std::move(help),
          .min = 1};
}

}  // namespace

OperatorDef volume_anomaly_operator() {
  OperatorDef def;
  def.name = "volume_anomaly";
  def.summary = "Finds servers that get far more or far fewer queries than is usual.";
  def.options = detector_options(
      {.admit = "1", .keys_max = "1024", .raise_after = "2"},
      {{"by", OptionType::list, "server", "whose volume: the fields of the key; []: that of all"},
       number("deviations", "8", "so many standard deviations from what is usual"),
       number("more", "1.5", "and at least so many times what is usual"),
       number("less", "3", "or at most this part of it"),
       number("queries", "1000", "in a window; below nothing is in alarm"),
       {"learn", OptionType::duration, "5m",
        "so long after its start nothing is in alarm, for what is usual is not known"}});
  def.example =
      "- id: volume\n"
      "  className: volume_anomaly\n"
      "  properties: {by: [server]}\n";
  def.declare = declare_volume;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<VolumeAnomaly>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
