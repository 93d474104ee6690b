#include "operators/detect/fan_out.hpp"

#include <algorithm>
#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// Values of `dnstap_type` (dnstap.proto).
constexpr std::uint8_t packet = 0;  // none
constexpr std::uint8_t resolver_query = 3;
constexpr std::uint8_t client_query = 5;

class FanOut {
 public:
  static constexpr DetectorInfo info{
      "fan_out", "domain",
      "Limit what the resolver asks for one query (max-fetch, NXNSAttack patches), and its queries "
      "to this domain; look for the domain that delegates to names in this one."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    std::uint64_t asked = 0;   // by clients
    DistinctPart names{8};     // that the resolver asks for
    std::uint64_t asking = 0;  // by the resolver
    void clear() {
      asked = asking = 0;
      names.clear();
    }
    void save(StateWriter& out) const {
      out.put(asked);
      out.put(asking);
      names.save(out);
    }
    bool restore(StateReader& in) {
      asked = in.get<std::uint64_t>();
      asking = in.get<std::uint64_t>();
      return names.restore(in);
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : dnstap_type(schema.ref<std::uint8_t>("dnstap_type")),
          qr(schema.ref<bool>("qr")),
          client(schema.ref<IpAddress>("client")),
          server(schema.ref<IpAddress>("server")),
          qname(schema.ref<Str>("qname")) {}
    FieldRef<std::uint8_t> dnstap_type;
    FieldRef<bool> qr;
    FieldRef<IpAddress> client, server;
    FieldRef<Str> qname;
  };

  explicit FanOut(const Options& options)
      : resolvers_(PrefixSet::parse(options.list("resolvers")).value()),
        least_(options.number("queries")),
        factor_(options.number("factor")),
        learn_(options.duration("learn")),
        ratio_(options.number("ratio")) {}

  Key key() const { return FieldsKey({"domain"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    return who_asks(reader, row) != Asks::nobody;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    if (who_asks(reader, row) == Asks::client) {
      ++value.asked;
      return;
    }
    ++value.asking;
    value.names.add(row.hash(reader.qname));
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    auto asked = static_cast<double>(value.asked);
    auto asking = static_cast<double>(value.asking);
    usual.add_many(0, window.missed);
    double level = usual.level();
    double threshold = std::max(least_, factor_ * level);
    double ratio = asking / std::max(asked, 1.0);
    if ((learn_ != 0 && window.age < learn_) || asking < threshold || ratio < ratio_) {
      usual.add(asking);
      return std::nullopt;
    }
    usual.add_alarming(asking);
    double score = asking / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"resolver_queries", asking},
                                  {"client_queries", asked},
                                  {"ratio", ratio},
                                  {"names", value.names.estimate()},
                                  {"usual", level},
                                  {"threshold", threshold}})};
  }

 private:
  enum class Asks : std::uint8_t { nobody, client, resolver };
  Asks who_asks(const Reader& reader, const RowView& row) const {
    if (row.get(reader.qr)) return Asks::nobody;
    switch (row.get(reader.dnstap_type)) {
      case client_query:
        return Asks::client;
      case resolver_query:
        return Asks::resolver;
      case packet:
        if (resolvers_.contains(row.get(reader.client))) return Asks::resolver;
        return resolvers_.contains(row.get(reader.server)) ? Asks::client : Asks::nobody;
      default:
        return Asks::nobody;
    }
  }

  PrefixSet resolvers_;
  double least_;
  double factor_;
  DurationNs learn_;
  double ratio_;
};

Result<Declaration> declare_fan_out(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(PrefixSet::parse(options.list("resolvers")));
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"domain", Type::str},
                                                          {"qname", Type::str},
                                                          {"client", Type::ip},
                                                          {"server", Type::ip},
                                                          {"qr", Type::boolean},
                                                          {"dnstap_type", Type::u8}}));
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef fan_out_operator() {
  OperatorDef def;
  def.name = "fan_out";
  def.summary = "Finds NXNS-like attacks: a resolver asks far more than its clients ask it.";
  def.options = detector_options(
      {}, {{"resolvers", OptionType::list, "",
            "networks of the resolvers whose packets are seen on both sides; dnstap needs none"},
           {.name = "queries",
            .type = OptionType::number,
            .default_text = "300",
            .help = "of the resolver for a domain in a window, from which on it can be in alarm",
            .min = 1},
           {.name = "factor",
            .type = OptionType::number,
            .default_text = "8",
            .help = "and at least so many times what is usual of the domain",
            .min = 1},
           {"learn", OptionType::duration, "60s", "nothing is told of before a run is so old"},
           {.name = "ratio",
            .type = OptionType::number,
            .default_text = "50",
            .help = "queries of the resolver for each one of a client",
            .min = 1}});
  def.example =
      "- id: fan_out\n"
      "  className: fan_out\n"
      "  properties: {queries: 300, ratio: 50}\n";
  def.declare = declare_fan_out;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<FanOut>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
