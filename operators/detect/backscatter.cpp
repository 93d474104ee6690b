#include "operators/detect/backscatter.hpp"

#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// "Port unreachable" (RFC 792, RFC 4443).
bool is_port_unreachable(bool v6, std::uint8_t type, std::uint8_t code) {
  return v6 ? type == 1 && code == 4 : type == 3 && code == 3;
}

class Backscatter {
 public:
  static constexpr DetectorInfo info{
      "backscatter", "client",
      "Answers in the name of this server reach closed ports of the client: somebody tries to "
      "poison its cache, or the client gives up early. Tell its operator; the names are in the "
      "samples."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    DistinctPart ids{8}, ports{8}, names{8};
    void clear() {
      ids.clear();
      ports.clear();
      names.clear();
    }
    void save(StateWriter& out) const {
      ids.save(out);
      ports.save(out);
      names.save(out);
    }
    bool restore(StateReader& in) {
      return ids.restore(in) && ports.restore(in) && names.restore(in);
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : type(schema.ref<std::uint8_t>("type")),
          code(schema.ref<std::uint8_t>("code")),
          ip_version(schema.ref<std::uint8_t>("ip_version")),
          qr(schema.ref<bool>("qr")),
          dst_port(schema.ref<std::uint16_t>("dst_port")),
          id(schema.ref<std::uint16_t>("id")),
          qname(schema.ref<Str>("qname")) {}
    FieldRef<std::uint8_t> type, code, ip_version;
    FieldRef<bool> qr;
    FieldRef<std::uint16_t> dst_port, id;
    FieldRef<Str> qname;
  };

  explicit Backscatter(const Options& options)
      : least_(options.number("errors")), factor_(options.number("factor")) {}

  Key key() const { return FieldsKey({"dst"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    return row.get(reader.qr) && is_port_unreachable(row.get(reader.ip_version) == 6,
                                                     row.get(reader.type), row.get(reader.code));
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    value.ids.add(hash_number(row.get(reader.id) + std::uint64_t{1}));
    value.ports.add(hash_number(row.get(reader.dst_port) + std::uint64_t{1}));
    value.names.add(row.hash(reader.qname));
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    auto errors = static_cast<double>(window.rows);
    usual.add_many(0, window.missed);
    double level = usual.level();
    double threshold = std::max(least_, factor_ * level);
    if (errors < threshold) {
      usual.add(errors);
      return std::nullopt;
    }
    usual.add_alarming(errors);
    double score = errors / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"errors", errors},
                                  {"errors_per_s", errors / window.seconds()},
                                  {"ids", value.ids.estimate()},
                                  {"ports", value.ports.estimate()},
                                  {"names", value.names.estimate()},
                                  {"usual", level},
                                  {"threshold", threshold}})};
  }

 private:
  double least_;
  double factor_;
};

Result<Declaration> declare_backscatter(const Options& options,
                                        const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"type", Type::u8},
                                                          {"code", Type::u8},
                                                          {"ip_version", Type::u8},
                                                          {"qr", Type::boolean},
                                                          {"dst", Type::ip},
                                                          {"dst_port", Type::u16},
                                                          {"id", Type::u16},
                                                          {"qname", Type::str}}));
  declare_key(declaration, FieldsKey({"dst"}));
  return declaration;
}

}  // namespace

OperatorDef backscatter_operator() {
  OperatorDef def;
  def.name = "backscatter";
  def.summary = "Finds clients that refuse answers in a server's name: forged ones, as it seems.";
  def.options = detector_options(
      {.admit = "5"}, {{.name = "errors",
                        .type = OptionType::number,
                        .default_text = "20",
                        .help = "ICMP port unreachables in a window that quote answers to a client",
                        .min = 1},
                       {.name = "factor",
                        .type = OptionType::number,
                        .default_text = "8",
                        .help = "and at least so many times what is usual of the client",
                        .min = 1}});
  def.example =
      "- id: backscatter\n"
      "  className: backscatter\n"
      "  properties: {errors: 20}\n";
  def.declare = declare_backscatter;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Backscatter>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
