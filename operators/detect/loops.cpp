#include "operators/detect/loops.hpp"

#include <array>
#include <cstring>
#include <memory>

#include "operators/detect/distinct_sample.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

class Loops {
 public:
  static constexpr DetectorInfo info{
      "loops", "domain",
      "Look whether the name servers of the domain lie in domains whose name servers lie in this "
      "one; have one of the delegations corrected or taken out."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    std::uint64_t queries = 0;
    // Different questions, those of each client by themselves, and different clients.
    DistinctSample questions, clients;
    void clear() {
      questions.clear();
      clients.clear();
      queries = 0;
    }
    void save(StateWriter& out) const {
      put_layout(out, 1);
      questions.save(out);
      clients.save(out);
      out.put(queries);
    }
    bool restore(StateReader& in) {
      if (get_layout(in) == 0) return pass_over(in);
      if (!questions.restore(in) || !clients.restore(in)) return false;
      queries = in.get<std::uint64_t>();
      return in.ok();
    }
    // Of the layout before, which counted in other registers: begins anew.
    static bool pass_over(StateReader& in) {
      DistinctPart old_questions{10}, old_clients{8};
      if (!old_questions.restore(in) || !old_clients.restore(in)) return false;
      in.get<std::uint64_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          client(schema.ref<IpAddress>("client")),
          qname(schema.ref<Str>("qname")),
          qtype(schema.ref<std::uint16_t>("qtype")) {}
    FieldRef<bool> qr;
    FieldRef<IpAddress> client;
    FieldRef<Str> qname;
    FieldRef<std::uint16_t> qtype;
  };

  explicit Loops(const Options& options)
      : least_(options.number("queries")),
        factor_(options.number("factor")),
        learn_(options.duration("learn")),
        repeats_(options.number("repeats")) {}

  Key key() const { return FieldsKey({"domain"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    return !reader.qr.present() || !row.get(reader.qr);
  }
  void prefetch_value(const Value& value, const Reader&, const RowView&) const {
    prefetch_line_to_write(&value.clients);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    ++value.queries;
    std::uint64_t client = client_hash(row.get(reader.client));
    value.clients.add(client);
    value.questions.add(hash_combine(client, row.hash(reader.qname) + row.get(reader.qtype)));
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    auto queries = static_cast<double>(window.rows);
    usual.add_many(0, window.missed);
    double level = usual.level();
    double threshold = std::max(least_, factor_ * level);
    auto quiet = [&] {
      usual.add(queries);
      return std::nullopt;
    };
    if ((learn_ != 0 && window.age < learn_) || queries < threshold) return quiet();
    double questions = value.questions.estimate();
    double repeats = static_cast<double>(value.queries) / std::max(questions, 1.0);
    if (repeats < repeats_) return quiet();
    usual.add_alarming(queries);
    double score = queries / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"queries", queries},
                                  {"queries_per_s", queries / window.seconds()},
                                  {"questions", questions},
                                  {"repeats", repeats},
                                  {"clients", value.clients.estimate()},
                                  {"usual", level},
                                  {"threshold", threshold}})};
  }

 private:
  static std::uint64_t client_hash(const IpAddress& client) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), client.bytes.data(), sizeof words);
    return hash_combine(words[0], words[1]);
  }

  double least_;
  double factor_;
  DurationNs learn_;
  double repeats_;
};

Result<Declaration> declare_loops(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs,
      {{"domain", Type::str}, {"client", Type::ip}, {"qname", Type::str}, {"qtype", Type::u16}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declaration.light = false;
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef loops_operator() {
  OperatorDef def;
  def.name = "loops";
  def.summary = "Finds loops in delegations (TsuNAME): resolvers that ask the same over and over.";
  def.options = detector_options(
      {}, {{.name = "queries",
            .type = OptionType::number,
            .default_text = "200",
            .help = "for a domain in a window, from which on it can be in alarm",
            .min = 1},
           {.name = "factor",
            .type = OptionType::number,
            .default_text = "10",
            .help = "and at least so many times what is usual of the domain",
            .min = 1},
           {"learn", OptionType::duration, "60s", "nothing is told of before a run is so old"},
           {.name = "repeats",
            .type = OptionType::number,
            .default_text = "10",
            .help = "how often a client asks each question in a window, on an average",
            .min = 1}});
  def.example =
      "- id: loops\n"
      "  className: loops\n"
      "  properties: {queries: 200, factor: 10}\n";
  def.declare = declare_loops;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Loops>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
