#include "operators/detect/random_subdomain.hpp"

#include <cmath>
#include <memory>
#include <optional>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/usual_count.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/detect/window_volume.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t servfail = 2;
constexpr std::uint64_t nxdomain = 3;
constexpr std::uint8_t unanswered = 1;  // of the label table match_status

bool is_transaction(const Schema& schema) {
  auto index = schema.find("status");
  return index && schema.field(*index).labels == "match_status";
}

// Whether a name looks looked up rather than made up: block lists by address, reverse trees and
// counters have names of digits, or of single letters, in the first label.
bool is_counted_name(std::string_view qname) {
  std::string_view label = qname.substr(0, qname.find('.'));
  return label.size() < 2 || label.find_first_not_of("0123456789-") == std::string_view::npos;
}

// What is usual of a domain. The last window counts when the one behind it was no alarm either:
// it may be the one that an attack begins within, whose part is too little for an alarm and would
// make the rest of it usual, most of all where nothing else is known yet.
struct Usual {
  Baseline level;
  std::optional<double> unsettled;

  void settle() {
    if (unsettled) level.add(*unsettled);
    unsettled.reset();
  }
  void save(StateWriter& out) const {
    level.save(out);
    out.put(unsettled.value_or(-1));
  }
  bool restore(StateReader& in) {
    if (!level.restore(in)) return false;
    auto last = in.get<double>();
    unsettled = last < 0 ? std::nullopt : std::optional(last);
    return in.ok() && std::isfinite(last);
  }
};

class RandomSubdomain {
 public:
  static constexpr DetectorInfo info{
      "random_subdomain", "domain",
      "Limit queries for names below this domain (rate limiting by name at resolvers, aggressive "
      "NSEC caching, RRL at the authority); look at which clients send them."};
  using Key = FieldsKey;
  using Memory = Usual;

  struct Value {
    void clear() { names.clear(); }
    void save(StateWriter& out) const { names.save(out); }
    bool restore(StateReader& in) { return names.restore(in); }
    DistinctPart names{10};
  };

  struct Reader {
    Reader(const FieldsKey& key, const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rcode(schema, "rcode"),
          qname(schema.ref<Str>("qname")),
          time(schema.ref<std::int64_t>("time")),
          domain(schema, key.fields()) {
      if (is_transaction(schema)) status = schema.ref<std::uint8_t>("status");
    }
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> qname;
    FieldRef<std::int64_t> time;
    KeyReader domain;
    FieldRef<std::uint8_t> status;
  };

  explicit RandomSubdomain(const Options& options)
      : by_(options.text("by")), rule_(options, "distinct"), volume_(options.duration("window")) {}

  Key key() const { return FieldsKey({by_}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    TimeNs time = row.get(reader.time);
    if (row_dice(time)) volume_.add(key_group(reader.domain.hash(row)), time);
    if (reader.status.present() && row.get(reader.status) == unanswered) return true;
    std::uint64_t rcode = reader.rcode.get(row);
    return rcode == nxdomain || rcode == servfail;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    if (!is_counted_name(row.get(reader.qname))) value.names.add(row.hash(reader.qname));
  }
  std::optional<Finding> judge(const Value& value, Usual& usual, const JudgedWindow& window) const {
    double distinct = value.names.estimate();
    if (window.missed != 0) usual.settle();
    usual.level.add_many(0, window.missed);
    double level = usual.level.level();
    double threshold = rule_.threshold(usual.level);
    double least_share = rule_.share() * volume_.rows(window.group, window.bounds);
    bool known = rule_.knows(window) || distinct >= least_share;
    if (distinct < threshold || !known) {
      usual.settle();
      usual.unsettled = distinct;
      return std::nullopt;
    }
    usual.unsettled.reset();
    usual.level.add_alarming(distinct);
    double score = distinct / threshold;
    auto rows = static_cast<double>(window.rows);
    return Finding{score, severity_of(score),
                   evidence_json({{"distinct", distinct},
                                  {"failed", rows},
                                  {"failed_per_s", rows / window.seconds()},
                                  {"usual_distinct", level},
                                  {"threshold", threshold}})};
  }

  // Of WindowDetector: what is known of all keys together.
  void reached(TimeNs now) { volume_.reached(now); }
  bool idle(std::uint32_t group) const { return volume_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    put_layout(out, 1);
    volume_.save_group(group, out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return get_layout(in) == 0 || volume_.restore_group(group, in);
  }

 private:
  std::string by_;
  UsualCount rule_;
  WindowVolume volume_;
};

Result<Declaration> declare_random_subdomain(const Options& options,
                                             const std::vector<InputDecl>& inputs) {
  const std::string& by = options.text("by");
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs, {{by, Type::str}, {"qname", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].schema.find("qr")) declaration.reads[i].push_back("qr");
    if (is_transaction(inputs[i].schema)) declaration.reads[i].push_back("status");
  }
  declare_key(declaration, FieldsKey({by}));
  return declaration;
}

}  // namespace

OperatorDef random_subdomain_operator() {
  OperatorDef def;
  def.name = "random_subdomain";
  def.summary = "Finds random-subdomain attacks: many different names below a domain that fail.";
  std::vector<OptionSpec> own = usual_count_options("8", "10");
  own.insert(own.begin(),
             {{"by", OptionType::text, "domain", "the field that holds the domain under attack"},
              {.name = "distinct",
               .type = OptionType::number,
               .default_text = "500",
               .help = "different failing names in a window from which on a domain is in alarm",
               .min = 1}});
  def.options = detector_options({}, std::move(own));
  def.example =
      "- id: water_torture\n"
      "  className: random_subdomain\n"
      "  properties: {distinct: 500, factor: 8}\n";
  def.declare = declare_random_subdomain;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<RandomSubdomain>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
