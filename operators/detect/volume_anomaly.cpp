#include "operators/detect/volume_anomaly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "operators/detect/volume_memory.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

class VolumeAnomaly {
 public:
  using Key = FieldsKey;
  using Memory = VolumeMemory;
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
        learn_(options.duration("learn")),
        hours_(static_cast<std::size_t>(options.integer("weeks")) * hours_per_week),
        ripe_(static_cast<int>(options.integer("ripe"))),
        file_(options.text("file")) {
    kind_text_ = by_.empty() ? "total" : fmt::format("{}", fmt::join(by_, " "));
    info = {"volume_anomaly", kind_text_,
            "More: look at which clients, names and types grew. Less: look whether the server, its "
            "route or the capture fails."};
  }
  // Its texts are views into itself.
  VolumeAnomaly(const VolumeAnomaly&) = delete;
  VolumeAnomaly& operator=(const VolumeAnomaly&) = delete;

  DetectorInfo info;

  Result<void> prepare(const TaskContext&) {
    start_ = DNSTORM_TRY(load_season_file("volume_anomaly", file_));
    return {};
  }

  Key key() const { return FieldsKey(by_); }
  Value make() const { return {}; }
  bool wanted(const Reader& reader, const RowView& row) const {
    return !reader.qr.present() || !row.get(reader.qr);
  }
  void add(Value&, const Reader&, const RowView&) const {}

  void begin(VolumeMemory& memory, std::string key, const JudgedWindow& window) const {
    if (hours_ == 0) return;
    // As `season` and `dnstorm advise` name it.
    if (by_.size() > 1) std::ranges::replace(key, ' ', '/');
    auto known = start_.find(key);
    memory.begin(hours_, known == start_.end() ? nullptr : &known->second, window.bounds.start);
  }
  std::optional<Finding> judge(const Value&, VolumeMemory& memory,
                               const JudgedWindow& window) const {
    return compare(static_cast<double>(window.rows), memory, window);
  }
  std::optional<Finding> judge_absent(VolumeMemory& memory, const JudgedWindow& window) const {
    return compare(0, memory, window);
  }

 private:
  std::optional<Finding> compare(double queries, VolumeMemory& memory,
                                 const JudgedWindow& window) const {
    Expectation normal = memory.expected(window.bounds, ripe_);
    double above = std::max(normal.level * more_, normal.level + deviations_ * normal.deviation);
    double below = std::min(normal.level / less_, normal.level - deviations_ * normal.deviation);
    bool more = queries >= std::max(above, least_);
    bool less = queries <= below && normal.level >= least_;
    bool alarm = normal.known && window.age >= learn_ && (more || less);
    memory.learn(window.bounds, queries, normal, alarm);
    if (!alarm) return std::nullopt;
    double score = more ? queries / std::max(above, least_) : below / std::max(queries, 1.0);
    return Finding{score, severity_of(score),
                   evidence_json({{"queries", queries},
                                  {"queries_per_s", queries / window.seconds()},
                                  {"expected", normal.level},
                                  {"deviation", normal.deviation},
                                  {"deviations", (queries - normal.level) / normal.deviation},
                                  {"weeks", normal.weeks}})};
  }

  std::vector<std::string> by_;
  double deviations_;
  double more_;
  double less_;
  double least_;
  DurationNs learn_;
  std::size_t hours_;
  int ripe_;
  std::string file_;
  Pasts start_;
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
  def.summary =
      "Finds servers that get far more or far fewer queries than is usual at that hour of the "
      "week.";
  def.options = detector_options(
      {.admit = "1", .keys_max = "1024", .raise_after = "2"},
      {{"by", OptionType::list, "server", "whose volume: the fields of the key; []: that of all"},
       number("deviations", "8", "so many standard deviations from what is usual"),
       number("more", "1.5", "and at least so many times what is usual"),
       number("less", "3", "or at most this part of it"),
       number("queries", "1000", "in a window; below nothing is in alarm"),
       {"learn", OptionType::duration, "5m",
        "so long after its start nothing is in alarm, for what is usual is not known"},
       {.name = "weeks",
        .type = OptionType::integer,
        .default_text = "8",
        .help = "whose hours are remembered of each key, 3.4 KB each; 0: only the last minutes",
        .min = 0,
        .max = 520},
       {.name = "ripe",
        .type = OptionType::integer,
        .default_text = "3",
        .help = "weeks of which hours must be known before the hour of the week is what is usual",
        .min = 1,
        .max = 520},
       {"file", OptionType::text, "",
        "a season file to start from, of `save` of season or of dnstorm advise"}});
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
