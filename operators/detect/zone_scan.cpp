#include "operators/detect/zone_scan.hpp"

#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/name_order.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t nxdomain = 3;

// How a client's names follow each other: who walks along NSEC records asks in the zone's order.
// Looks at the first names of a window only, so that a busy resolver costs no more than a scanner.
class Walk {
 public:
  static constexpr std::uint32_t steps_max = 256;
  // By chance half of the steps go up: that 95 of 100 do is no chance.
  static constexpr double up_share_least = 0.95;
  void add(std::string_view qname) {
    if (over_) return;
    int order = compare_names(last_, qname);
    if (order == 0) return;
    if (!last_.empty()) ++(order < 0 ? up_ : down_);
    last_ = qname;
    over_ = is_over();
  }
  void prefetch() const {
    if (!over_) prefetch_line_to_write(last_.data());
  }
  double steps() const { return up_ + down_; }
  double up_share() const { return steps() > 0 ? up_ / steps() : 0; }
  void clear() {
    up_ = down_ = 0;
    over_ = false;
    last_.clear();
  }
  void save(StateWriter& out) const {
    out.put(up_);
    out.put(down_);
    out.put_bytes(last_);
  }
  void restore(StateReader& in) {
    up_ = std::min(in.get<std::uint32_t>(), steps_max);
    down_ = std::min(in.get<std::uint32_t>(), steps_max);
    last_ = in.get_bytes();
    over_ = is_over();
  }

 private:
  static constexpr auto downs_max =
      static_cast<std::uint32_t>(static_cast<double>(steps_max) * (1 - up_share_least));
  // Who goes down so often does not walk, whatever comes.
  bool is_over() const { return up_ + down_ >= steps_max || down_ > downs_max; }
  bool over_ = false;
  std::uint32_t up_ = 0;
  std::uint32_t down_ = 0;
  std::string last_;
};

class ZoneScan {
 public:
  static constexpr DetectorInfo info{
      "zone_scan", "client",
      "The client reads the zone: by NSEC records if names follow each other, else by trying "
      "names. "
      "Limit its queries; NSEC3 with white lies or NSEC with black lies (RFC 9824) ends walking."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    void clear() {
      names.clear();
      walk.clear();
      rows = failed = 0;
    }
    void save(StateWriter& out) const {
      names.save(out);
      walk.save(out);
      out.put(rows);
      out.put(failed);
    }
    bool restore(StateReader& in) {
      if (!names.restore(in)) return false;
      walk.restore(in);
      rows = in.get<std::uint64_t>();
      failed = in.get<std::uint64_t>();
      return in.ok();
    }
    // What most rows touch comes first.
    std::uint64_t rows = 0;
    std::uint64_t failed = 0;
    Walk walk = {};
    DistinctPart names{8};
  };
  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")), rcode(schema, "rcode"), qname(schema.ref<Str>("qname")) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> qname;
  };

  explicit ZoneScan(const Options& options)
      : steps_(options.number("steps")),
        least_(options.number("distinct")),
        factor_(options.number("factor")),
        admit_(static_cast<double>(options.integer("admit"))),
        learn_(options.duration("learn")) {}

  Key key() const { return FieldsKey({"client"}); }
  Value make() const { return {}; }
  bool wanted(const Reader& reader, const RowView& row) const {
    return !reader.qr.present() || row.get(reader.qr);
  }
  void prefetch_value(const Value& value, const Reader&, const RowView&) const {
    value.walk.prefetch();
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    ++value.rows;
    if (reader.rcode.get(row) == nxdomain) ++value.failed;
    std::uint64_t name = row.hash(reader.qname);
    if (sampled(name)) value.names.add(name);
    value.walk.add(row.get(reader.qname));
  }

  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    usual.add_many(0, window.missed);
    auto rows = static_cast<double>(value.rows);
    double distinct = std::min(sampled_of * value.names.estimate(), rows);
    double failed = static_cast<double>(value.failed) / std::max(rows, 1.0);
    double threshold = std::max(least_, factor_ * std::max(usual.level(), admit_));
    double walked = value.walk.up_share() >= Walk::up_share_least ? value.walk.steps() / steps_ : 0;
    bool tried = distinct >= threshold && distinct >= unique_least * rows &&
                 failed >= failed_least && window.age >= learn_;
    if (walked < 1 && !tried) {
      usual.add(distinct);
      return std::nullopt;
    }
    usual.add_alarming(distinct);
    double score = std::max(walked, tried ? distinct / threshold : 0);
    return Finding{score, severity_of(score),
                   evidence_json({{"distinct", distinct},
                                  {"responses", static_cast<double>(window.rows)},
                                  {"nxdomain_share", failed},
                                  {"steps", value.walk.steps()},
                                  {"steps_up_share", value.walk.up_share()},
                                  {"usual_distinct", usual.level()}})};
  }

 private:
  // One name of eight is counted, by its hash, in bits that the sketch does not look at before the
  // last: nearly all clients then touch its memory seldom.
  static constexpr double sampled_of = 8;
  static bool sampled(std::uint64_t hash) { return hash >> 61 == 0; }
  static constexpr double unique_least = 0.8;
  static constexpr double failed_least = 0.5;
  double steps_;
  double least_;
  double factor_;
  double admit_;
  DurationNs learn_;
};

Result<Declaration> declare_zone_scan(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs, {{"client", Type::ip}, {"qname", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].push_back("qr");
  declaration.light = false;
  declare_key(declaration, FieldsKey({"client"}));
  return declaration;
}

}  // namespace

OperatorDef zone_scan_operator() {
  OperatorDef def;
  def.name = "zone_scan";
  def.summary = "Finds clients that read a zone: along its NSEC records, or by trying names.";
  def.options = detector_options(
      {.admit = "20", .keys_max = "4096"},
      {{.name = "steps",
        .type = OptionType::number,
        .default_text = "50",
        .help = "names in a window that follow each other in the order of the zone",
        .min = 10,
        .max = Walk::steps_max},
       {.name = "distinct",
        .type = OptionType::number,
        .default_text = "1000",
        .help = "different names in a window, most of which do not exist",
        .min = 1},
       {.name = "factor",
        .type = OptionType::number,
        .default_text = "8",
        .help = "and at least so many times what is usual of the client",
        .min = 1},
       {"learn", OptionType::duration, "5m",
        "so long after its start nobody is in alarm for the number of names"}});
  def.example =
      "- id: scans\n"
      "  className: zone_scan\n"
      "  properties: {steps: 50, distinct: 1000}\n";
  def.declare = declare_zone_scan;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<ZoneScan>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
