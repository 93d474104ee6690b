#include "operators/detect/newly_observed.hpp"

#include <memory>

#include "operators/detect/known_domains.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

namespace {

class NewlyObserved {
 public:
  static constexpr DetectorInfo info{
      "newly_observed", "domain",
      "Many ask at once for a domain that nobody has asked for before: see who registered it and "
      "when, and hold it back at the resolver until that is clear."};
  using Key = FieldsKey;

  // How many rows a new domain has is all there is to know.
  struct Value {
    void clear() {}
    void save(StateWriter&) const {}
    bool restore(StateReader&) { return true; }
  };
  using Memory = Value;

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rcode(schema, "rcode"),
          domain(schema.ref<Str>("domain")),
          time(schema.ref<std::int64_t>("time")) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> domain;
    FieldRef<std::int64_t> time;
  };

  explicit NewlyObserved(const Options& options)
      : width_(options.duration("window")),
        warm_up_(options.duration("warm_up")),
        admit_(static_cast<double>(options.integer("admit"))),
        known_(static_cast<std::uint64_t>(options.integer("memory")), options.duration("window")) {}

  Key key() const { return FieldsKey({"domain"}); }
  Value make() const { return {}; }

  void prefetch(const Reader& reader, const RowView& row) const {
    known_.prefetch(row.hash(reader.domain));
  }
  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    if (reader.rcode.get(row) != 0) return false;
    TimeNs time = row.get(reader.time);
    // Before, nothing is told: that a domain is new is learned, and how many ask for it is not.
    return known_.is_new(row.hash(reader.domain), time) && time >= quiet_until_;
  }
  void add(Value&, const Reader&, const RowView&) const {}
  std::optional<Finding> judge(const Value&, Memory&, const JudgedWindow& window) const {
    if (window.bounds.start < begin_of_alarms()) return std::nullopt;
    auto rows = static_cast<double>(window.rows);
    double score = rows / admit_;
    return Finding{score, severity_of(score),
                   evidence_json({{"responses", rows},
                                  {"responses_per_s", rows / window.seconds()},
                                  {"threshold", admit_}})};
  }

  void reached(TimeNs now) {
    known_.reached(now);
    if (known_.begin() != time_max) quiet_until_ = window_of(begin_of_alarms(), width_).start;
  }
  bool idle(std::uint32_t group) const { return known_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const { known_.save_group(group, out); }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return known_.restore_group(group, in);
  }

 private:
  TimeNs begin_of_alarms() const { return add_time(known_.begin(), warm_up_); }

  DurationNs width_;
  DurationNs warm_up_;
  TimeNs quiet_until_ = time_min;  // as far as it is known
  double admit_;
  KnownDomains known_;
};

Result<Declaration> declare_newly_observed(const Options& options,
                                           const std::vector<InputDecl>& inputs) {
  Declaration declaration =
      DNSTORM_TRY(declare_detector(options, inputs, {{"domain", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef newly_observed_operator() {
  OperatorDef def;
  def.name = "newly_observed";
  def.summary = "Finds domains that nobody has asked for before, and that many ask for at once.";
  def.options = detector_options(
      {.window = "60s", .admit = "100", .keys_max = "4096"},
      {{"warm_up", OptionType::duration, "7d",
        "after the first message of all: learns what there is and says nothing"},
       {.name = "memory",
        .type = OptionType::integer,
        .default_text = "32Mi",
        .help = "bytes for remembering domains, a quarter of a byte for each cell of the filter",
        .min = 1 << 16,
        .max = 1e12}});
  def.example =
      "- id: new_domains\n"
      "  className: newly_observed\n"
      "  properties: {admit: 100, warm_up: 7d}\n";
  def.declare = declare_newly_observed;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<NewlyObserved>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
