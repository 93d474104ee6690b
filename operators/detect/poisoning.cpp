#include "operators/detect/poisoning.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/domain_key.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// Values of `difference`: the label table match_difference.
constexpr std::size_t difference_none = 0;
constexpr std::size_t differences = 5;
// Who sees ports and guesses ids has several ids for each of many ports. Reflected answers have few
// ports, or an id and a port of its own each.
constexpr double ids_per_port = 1.5;
constexpr double ports_least = 8;

// What is told of a domain and of a client alike.
class Poisoning {
 public:
  using Memory = Baseline;

  struct Value {
    std::array<std::uint64_t, differences> misses{};  // by difference
    std::uint64_t doubles = 0;                        // second answers that differ
    DistinctPart names{6}, clients{6};
    DistinctPart ids{8}, ports{8};  // of answers that are near to no query
    void clear() {
      misses = {};
      doubles = 0;
      names.clear();
      clients.clear();
      ids.clear();
      ports.clear();
    }
    void save(StateWriter& out) const {
      for (std::uint64_t count : misses) out.put(count);
      out.put(doubles);
      names.save(out);
      clients.save(out);
      ids.save(out);
      ports.save(out);
    }
    bool restore(StateReader& in) {
      for (std::uint64_t& count : misses) count = in.get<std::uint64_t>();
      doubles = in.get<std::uint64_t>();
      return names.restore(in) && clients.restore(in) && ids.restore(in) && ports.restore(in);
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : difference(schema.ref<std::uint8_t>("difference")),
          differs(schema.ref<bool>("differs")),
          qname(schema.ref<Str>("qname")),
          got_id(schema.ref<std::uint16_t>("got_id")),
          got_port(schema.ref<std::uint16_t>("got_client_port")),
          client(schema.ref<IpAddress>("client")) {}
    FieldRef<std::uint8_t> difference;
    FieldRef<bool> differs;
    FieldRef<Str> qname;
    FieldRef<std::uint16_t> got_id, got_port;
    FieldRef<IpAddress> client;
  };

  explicit Poisoning(const Options& options)
      : least_(options.number("answers")), factor_(options.number("factor")) {}

  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    return reader.difference.present() || row.get(reader.differs);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    if (!reader.difference.present())
      ++value.doubles;
    else if (std::uint8_t what = row.get(reader.difference); what < differences)
      ++value.misses[what];
    if (reader.difference.present() && row.get(reader.difference) == difference_none) {
      value.ids.add(hash_number(row.get(reader.got_id) + std::uint64_t{1}));
      value.ports.add(hash_number(row.get(reader.got_port) + std::uint64_t{1}));
    }
    value.names.add(row.hash(reader.qname));
    value.clients.add(address_hash(row.get(reader.client)));
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    auto of = [&](std::size_t what) { return static_cast<double>(value.misses[what]); };
    double ports = value.ports.estimate();
    bool guessed = ports >= ports_least && value.ids.estimate() >= ids_per_port * ports;
    double strays = guessed ? of(difference_none) : 0;
    auto doubles = static_cast<double>(value.doubles);
    double answers = of(1) + of(2) + of(3) + of(4) + strays + doubles;
    usual.add_many(0, window.missed);
    double level = usual.level();
    double threshold = std::max(least_, factor_ * level);
    if (answers < threshold) {
      usual.add(answers);
      return std::nullopt;
    }
    usual.add_alarming(answers);
    double score = answers / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"answers", answers},
                                  {"answers_per_s", answers / window.seconds()},
                                  {"other_id", of(1)},
                                  {"other_port", of(2) + of(3)},
                                  {"other_question", of(4)},
                                  {"second_answers", doubles},
                                  {"after_the_answer", strays},
                                  {"names", value.names.estimate()},
                                  {"clients", value.clients.estimate()},
                                  {"usual", level},
                                  {"threshold", threshold}})};
  }

 private:
  double least_;
  double factor_;
};

struct PoisonedDomain : Poisoning {
  using Poisoning::Poisoning;
  using Key = DomainKey;
  static constexpr DetectorInfo info{
      "poisoning", "domain",
      "Somebody sends forged answers about this domain to the resolver. Let it validate DNSSEC, "
      "choose ports at random, use cookies and 0x20, ask again over TCP after a near miss; flush "
      "the domain from its cache."};
  Key key() const { return DomainKey("qname"); }
};

struct PoisonedClient : Poisoning {
  using Poisoning::Poisoning;
  using Key = FieldsKey;
  static constexpr DetectorInfo info{
      "poisoning", "client",
      "Somebody sends forged answers to this resolver. Let it validate DNSSEC, choose ports at "
      "random, use cookies and 0x20, ask again over TCP after a near miss; flush the names in the "
      "samples from its cache."};
  Key key() const { return FieldsKey({"client"}); }
};

bool by_client(const Options& options) { return options.text("by") == "client"; }

Result<Declaration> declare_poisoning(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration =
      DNSTORM_TRY(declare_detector(options, inputs, {{"client", Type::ip}, {"qname", Type::str}}));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto has = [&](std::string_view name, Type type) {
      auto index = inputs[i].schema.find(name);
      return index && inputs[i].schema.field(*index).type == type;
    };
    if (has("difference", Type::u8) && has("got_id", Type::u16) &&
        has("got_client_port", Type::u16))
      for (const char* name : {"difference", "got_id", "got_client_port"})
        declaration.reads[i].emplace_back(name);
    else if (has("differs", Type::boolean))
      declaration.reads[i].emplace_back("differs");
    else
      return Error{ErrorKind::config,
                   fmt::format("stream '{}' of '{}' has neither 'difference' (of near_misses) nor "
                               "'differs' (of match)",
                               inputs[i].stream, inputs[i].component),
                   ""};
  }
  if (by_client(options))
    declare_key(declaration, PoisonedClient(options).key());
  else
    declare_key(declaration, PoisonedDomain(options).key());
  return declaration;
}

}  // namespace

OperatorDef poisoning_operator() {
  OperatorDef def;
  def.name = "poisoning";
  def.summary = "Finds attempts to poison a resolver's cache: answers that miss a query narrowly.";
  def.options = detector_options(
      {.admit = "1"},
      {{.name = "by",
        .type = OptionType::choice,
        .default_text = "domain",
        .help = "domain: that is attacked; client: the resolver",
        .choices = {"domain", "client"}},
       {.name = "answers",
        .type = OptionType::number,
        .default_text = "20",
        .help = "answers in a window that miss narrowly, or differ from an earlier one",
        .min = 1},
       {.name = "factor",
        .type = OptionType::number,
        .default_text = "8",
        .help = "and at least so many times what is usual of it",
        .min = 1}});
  def.example =
      "- id: poisoning\n"
      "  className: poisoning\n"
      "  properties: {answers: 20}\n";
  def.declare = declare_poisoning;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    if (by_client(options)) return std::make_unique<WindowDetector<PoisonedClient>>(options);
    return std::make_unique<WindowDetector<PoisonedDomain>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
