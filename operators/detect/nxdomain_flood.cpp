#include "operators/detect/nxdomain_flood.hpp"

#include <fmt/format.h>

#include <memory>

#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t nxdomain = 3;

NetworkKey key_of(const Options& options, const NetworkKey*) {
  return {"client", static_cast<unsigned>(options.integer("v4")),
          static_cast<unsigned>(options.integer("v6"))};
}
FieldsKey key_of(const Options& options, const FieldsKey*) {
  return FieldsKey({options.text("by")});
}

template <class KeyType>
class NxdomainFlood {
 public:
  static constexpr bool by_network = std::is_same_v<KeyType, NetworkKey>;
  static constexpr DetectorInfo info{
      "nxdomain_flood", by_network ? "network" : "domain",
      by_network
          ? "Look at what this network asks for; limit its queries or its NXDOMAIN responses "
            "(RRL); ask its operator for a broken resolver or a worm."
          : "Look at which clients ask for it; limit queries for names below it; let "
            "resolvers use NSEC (RFC 8198) for what does not exist."};
  using Key = KeyType;
  using Memory = Baseline;

  struct Value {
    void clear() {}
    void save(StateWriter&) const {}
    bool restore(StateReader&) { return true; }
  };
  struct Reader {
    explicit Reader(const Schema& schema) : qr(schema.ref<bool>("qr")), rcode(schema, "rcode") {}
    FieldRef<bool> qr;
    NumberRef rcode;
  };

  explicit NxdomainFlood(const Options& options)
      : key_(key_of(options, static_cast<KeyType*>(nullptr))),
        least_(options.number("nxdomain")),
        factor_(options.number("factor")),
        deviations_(options.number("deviations")),
        admit_(static_cast<double>(options.integer("admit"))),
        learn_(options.duration("learn")) {}

  Key key() const { return key_; }
  Value make() const { return {}; }
  bool wanted(const Reader& reader, const RowView& row) const {
    return reader.rcode.get(row) == nxdomain && (!reader.qr.present() || row.get(reader.qr));
  }
  void add(Value&, const Reader&, const RowView&) const {}

  std::optional<Finding> judge(const Value&, Baseline& usual, const JudgedWindow& window) const {
    usual.add_many(std::min(admit_, usual.level()), window.missed);
    auto count = static_cast<double>(window.rows);
    double level = usual.level();
    // Who was not there while others were learned had less than is admitted.
    double threshold = std::max(least_, factor_ * std::max(level, admit_));
    if (usual.warm()) threshold = std::max(threshold, level + deviations_ * usual.deviation());
    if (count < threshold || window.age < learn_) {
      usual.add(count);
      return std::nullopt;
    }
    usual.add_alarming(count);
    double score = count / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"nxdomain", count},
                                  {"nxdomain_per_s", count / window.seconds()},
                                  {"usual", level},
                                  {"deviation", usual.deviation()},
                                  {"threshold", threshold}})};
  }

 private:
  Key key_;
  double least_;
  double factor_;
  double deviations_;
  double admit_;
  DurationNs learn_;
};

bool by_network(const Options& options) { return options.text("by") == "network"; }

Result<Declaration> declare_flood(const Options& options, const std::vector<InputDecl>& inputs) {
  Field key =
      by_network(options) ? Field{"client", Type::ip} : Field{options.text("by"), Type::str};
  Declaration declaration =
      DNSTORM_TRY(declare_detector(options, inputs, {key, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].push_back("qr");
  if (by_network(options))
    declare_key(declaration, key_of(options, static_cast<NetworkKey*>(nullptr)));
  else
    declare_key(declaration, key_of(options, static_cast<FieldsKey*>(nullptr)));
  return declaration;
}

}  // namespace

OperatorDef nxdomain_flood_operator() {
  OperatorDef def;
  def.name = "nxdomain_flood";
  def.summary =
      "Finds floods of NXDOMAIN, measured by what is usual of a client network or domain.";
  def.options = detector_options(
      {.keys_max = "8192", .raise_after = "2"},
      {{"by", OptionType::text, "network",
        "network: that of the client; or a field that holds a domain"},
       {.name = "v4",
        .type = OptionType::integer,
        .default_text = "24",
        .help = "bits of the network of an IPv4 address",
        .min = 1,
        .max = 32},
       {.name = "v6",
        .type = OptionType::integer,
        .default_text = "56",
        .help = "bits of the network of an IPv6 address",
        .min = 1,
        .max = 128},
       {.name = "nxdomain",
        .type = OptionType::number,
        .default_text = "1000",
        .help = "responses in a window below which nothing is in alarm",
        .min = 1},
       {.name = "factor",
        .type = OptionType::number,
        .default_text = "3",
        .help = "at least so many times what is usual",
        .min = 1},
       {.name = "deviations",
        .type = OptionType::number,
        .default_text = "6",
        .help = "and so many standard deviations above it",
        .min = 1},
       {"learn", OptionType::duration, "5m",
        "so long after its start nobody is in alarm, for what is usual is not known"}});
  def.example =
      "- id: nxdomain_networks\n"
      "  className: nxdomain_flood\n"
      "  properties: {by: network, v4: 24, v6: 56}\n";
  def.declare = declare_flood;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    if (by_network(options))
      return std::make_unique<WindowDetector<NxdomainFlood<NetworkKey>>>(options);
    return std::make_unique<WindowDetector<NxdomainFlood<FieldsKey>>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
