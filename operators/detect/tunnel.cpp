#include "operators/detect/tunnel.hpp"

#include <fmt/format.h>

#include <memory>
#include <unordered_set>

#include "operators/detect/distinct_bytes.hpp"
#include "operators/detect/domain_client_key.hpp"
#include "operators/detect/domain_novelty.hpp"
#include "operators/detect/information_level.hpp"
#include "operators/detect/known_carriers.hpp"
#include "operators/detect/new_labels.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t nxdomain = 3;

class Tunnel {
 public:
  static constexpr DetectorInfo info{
      "tunnel", "domain client",
      "Look at what the client runs. Block the domain at the resolver if it is not known to carry "
      "data in names; allow it (allow) if it is."};
  using Key = DomainClientKey;
  using Memory = InformationLevel;

  struct Value {
    void clear() { labels.clear(); }
    void save(StateWriter& out) const { labels.save(out); }
    bool restore(StateReader& in) { return labels.restore(in); }
    DistinctBytes labels;
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rcode(schema, "rcode"),
          qname(schema.ref<Str>("qname")),
          domain(schema.ref<Str>("domain")),
          time(schema.ref<std::int64_t>("time")) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> qname, domain;
    FieldRef<std::int64_t> time;
  };

  explicit Tunnel(const Options& options)
      : settings_{options.number("bytes"), options.number("leak")},
        take_nxdomain_(options.flag("nxdomain")),
        labels_(static_cast<std::uint64_t>(options.integer("memory")), options.duration("window")),
        novelty_(options.number("share") / 100, options.duration("window")) {
    if (!options.flag("known")) return;
    for (std::string_view rest = known_carriers; !rest.empty();) {
      std::string_view domain = rest.substr(0, rest.find(' '));
      known_.insert(hash_bytes(domain));
      rest.remove_prefix(std::min(rest.size(), domain.size() + 1));
    }
  }

  Key key() const { return {}; }
  Value make() const { return {}; }

  void prefetch(const Reader& reader, const RowView& row) const {
    labels_.prefetch(row.hash(reader.qname), row.hash(reader.domain));
  }
  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    std::uint64_t rcode = reader.rcode.get(row);
    if (rcode != 0 && !(rcode == nxdomain && take_nxdomain_)) return false;
    TimeNs time = row.get(reader.time);
    std::uint64_t domain = row.hash(reader.domain);
    if (!labels_.meet(row.hash(reader.qname), domain, time, [&] { return name_of(reader, row); })) {
      if (row_dice(time)) novelty_.repeat(domain, time);
      return false;
    }
    return !known_.contains(domain) && novelty_.is_mostly_new(domain, time);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    labels_.each_new(name_of(reader, row),
                     [&](std::uint64_t hash, std::uint32_t size) { value.labels.add(hash, size); });
  }
  std::optional<Finding> judge(const Value& value, InformationLevel& level,
                               const JudgedWindow& window) const {
    double bytes = value.labels.estimate();
    level.add(window.bounds.end, bytes, settings_);
    if (level.bytes() < settings_.threshold) return std::nullopt;
    double score = level.total() / settings_.threshold;
    double seconds = static_cast<double>(time_from_to(level.first(), window.bounds.end)) / ns_per_s;
    return Finding{score, severity_of(score),
                   evidence_json({{"bytes", level.total()},
                                  {"bytes_per_s", level.total() / (seconds + window.seconds())},
                                  {"window_bytes", bytes},
                                  {"window_names", static_cast<double>(window.rows)},
                                  {"threshold", settings_.threshold}})};
  }

  // Of WindowDetector: what is known of all keys together.
  bool idle(std::uint32_t group) const { return labels_.idle(group) && novelty_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    put_layout(out, 1);
    novelty_.save_group(group, out);
    labels_.save_group(group, out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    std::uint32_t layout = get_layout(in);
    if (layout > 1 || (layout == 1 && !novelty_.restore_group(group, in))) return false;
    return labels_.restore_group(group, in);
  }

 private:
  static NewLabels::Name name_of(const Reader& reader, const RowView& row) {
    return {row.get(reader.qname), row.hash(reader.qname), row.get(reader.domain),
            row.hash(reader.domain)};
  }

  InformationLevel::Settings settings_;
  bool take_nxdomain_;
  NewLabels labels_;
  DomainNovelty novelty_;
  std::unordered_set<std::uint64_t> known_;  // by hash
};

Result<Declaration> declare_tunnel(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs,
      {{"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declaration.light = false;
  declare_key(declaration, DomainClientKey());
  return declaration;
}

}  // namespace

OperatorDef tunnel_operator() {
  OperatorDef def;
  def.name = "tunnel";
  def.summary = "Finds tunnels: information that a client sends to a domain in names.";
  def.options = detector_options(
      {.admit = "1", .keys_max = "32768", .clear = "10m"},
      {{.name = "bytes",
        .type = OptionType::number,
        .default_text = "1500",
        .help = "bytes of new labels of a client below a domain that are a tunnel",
        .min = 100},
       {.name = "leak",
        .type = OptionType::number,
        .default_text = "0.25",
        .help = "bytes per second that are forgiven: slower tunnels are not found",
        .min = 0},
       {.name = "share",
        .type = OptionType::number,
        .default_text = "10",
        .help = "percent of the names asked for below a domain that are new: where fewer are, the "
                "domain is no tunnel's",
        .min = 0,
        .max = 100},
       {"nxdomain", OptionType::flag, "false", "count names that do not exist, too"},
       {"known", OptionType::flag, "true",
        "leave out the domains that are known to carry information harmlessly (tunnel.md)"},
       {.name = "memory",
        .type = OptionType::integer,
        .default_text = "24Mi",
        .help = "bytes for remembering which labels have been seen",
        .min = 1 << 20,
        .max = 1e12}});
  def.example =
      "- id: tunnels\n"
      "  className: tunnel\n"
      "  properties: {allow: [antivirus.example]}\n";
  def.declare = declare_tunnel;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Tunnel>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
