#include "operators/detect/lame_delegation.hpp"

#include <memory>

#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t servfail = 2;
constexpr std::uint64_t refused = 5;

class LameDelegation {
 public:
  static constexpr DetectorInfo info{
      "lame_delegation", "domain server",
      "The domain is delegated to this server, which does not serve it: correct the delegation at "
      "the parent, or the zone at the server. Resolvers lose time with it."};
  using Key = FieldsKey;
  using Memory = NoMemory;

  struct Value {
    std::uint64_t good = 0, refused = 0, servfail = 0, not_authoritative = 0;
    std::uint64_t bad() const { return refused + servfail + not_authoritative; }
    void clear() { *this = {}; }
    void save(StateWriter& out) const {
      for (std::uint64_t count : {good, refused, servfail, not_authoritative}) out.put(count);
    }
    bool restore(StateReader& in) {
      for (std::uint64_t* count : {&good, &refused, &servfail, &not_authoritative})
        *count = in.get<std::uint64_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rd(schema.ref<bool>("rd")),
          aa(schema.ref<bool>("aa")),
          ra(schema.ref<bool>("ra")),
          tc(schema.ref<bool>("tc")),
          rcode(schema, "rcode"),
          answers(schema, "answers"),
          authorities(schema, "authorities") {}
    FieldRef<bool> qr, rd, aa, ra, tc;
    NumberRef rcode, answers, authorities;
  };

  explicit LameDelegation(const Options& options)
      : least_(static_cast<std::uint64_t>(options.integer("answers"))),
        share_(options.number("good")) {}

  Key key() const { return FieldsKey({"domain", "server"}); }
  Value make() const { return {}; }

  // What a resolver asks an authority has no RD: answers to its own clients are passed over.
  bool wanted(const Reader& reader, const RowView& row) const {
    if (row.get(reader.rd) || (reader.qr.present() && !row.get(reader.qr))) return false;
    // Who offers recursion answers its clients out of its cache, with RD or without.
    bool cached = reader.ra.present() && row.get(reader.ra) && !row.get(reader.aa);
    return !cached || reader.rcode.get(row) != 0;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    std::uint64_t rcode = reader.rcode.get(row);
    if (rcode == refused)
      ++value.refused;
    else if (rcode == servfail)
      ++value.servfail;
    else if (rcode == 0 && !row.get(reader.aa) && !row.get(reader.tc) && !is_referral(reader, row))
      ++value.not_authoritative;
    else
      ++value.good;
  }
  std::optional<Finding> judge(const Value& value, Memory&, const JudgedWindow&) const {
    auto bad = static_cast<double>(value.bad());
    auto good = static_cast<double>(value.good);
    if (value.bad() + value.good < least_ || good >= share_ * (bad + good)) return std::nullopt;
    double score = bad / static_cast<double>(least_);
    return Finding{
        std::max(score, 1.0), severity_of(std::max(score, 1.0)),
        evidence_json({{"good", good},
                       {"refused", static_cast<double>(value.refused)},
                       {"servfail", static_cast<double>(value.servfail)},
                       {"not_authoritative", static_cast<double>(value.not_authoritative)}})};
  }

 private:
  // A server above the zone: it has no answer, but says who might.
  static bool is_referral(const Reader& reader, const RowView& row) {
    return reader.answers.get(row) == 0 && reader.authorities.get(row) != 0;
  }

  std::uint64_t least_;
  double share_;
};

Result<Declaration> declare_lame_delegation(const Options& options,
                                            const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"domain", Type::str},
                                                          {"server", Type::ip},
                                                          {"rd", Type::boolean},
                                                          {"aa", Type::boolean},
                                                          {"tc", Type::boolean},
                                                          {"rcode", Type::u8},
                                                          {"answers", Type::u16},
                                                          {"authorities", Type::u16}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    for (const char* name : {"qr", "ra"})
      if (inputs[i].schema.find(name)) declaration.reads[i].emplace_back(name);
  declare_key(declaration, FieldsKey({"domain", "server"}));
  return declaration;
}

}  // namespace

OperatorDef lame_delegation_operator() {
  OperatorDef def;
  def.name = "lame_delegation";
  def.summary = "Finds lame delegations: servers that do not answer for a zone they should have.";
  def.options = detector_options(
      {.admit = "5", .raise_after = "2"},
      {{.name = "answers",
        .type = OptionType::integer,
        .default_text = "20",
        .help = "of a server about a domain in a window, from which on they are judged",
        .min = 1,
        .max = 1e9},
       {.name = "good",
        .type = OptionType::number,
        .default_text = "0.05",
        .help = "the share of answers that serve, below which the server is lame",
        .min = 0,
        .max = 1}});
  def.example =
      "- id: lame\n"
      "  className: lame_delegation\n"
      "  properties: {answers: 20, good: 0.05}\n";
  def.declare = declare_lame_delegation;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<LameDelegation>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
