#include "operators/detect/dga.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "operators/detect/dga_suspicion.hpp"
#include "operators/detect/grouped_seen.hpp"
#include "operators/detect/name_population.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t nxdomain = 3;

// Top-level domains beside the DNS's own that malware uses (Namecoin, Emercoin, OpenNIC).
constexpr auto other_tlds =
    std::to_array<std::string_view>({"bazar", "bit", "coin", "emc", "lib", "ness"});

// The labels of a client in a window that it has not had before, those with the least hashes: which
// they are does not depend on the order in which they come.
class NewNames {
 public:
  void clear() { labels_.clear(), group_ = no_group; }
  void add(std::uint64_t hash, std::string_view label, std::uint32_t group) {
    group_ = group;
    auto at = std::lower_bound(labels_.begin(), labels_.end(), hash,
                               [](const auto& known, auto wanted) { return known.first < wanted; });
    if (at != labels_.end() && at->first == hash) return;
    if (labels_.size() == labels_max) {
      if (at == labels_.end()) return;
      labels_.pop_back();
    }
    labels_.emplace(at, hash, DgaLabel(label));
  }
  const auto& labels() const { return labels_; }
  // The key group of the client; no_group: not known from an old state.
  std::uint32_t group() const { return group_; }
  static constexpr std::uint32_t no_group = key_groups;

  void save(StateWriter& out) const {
    put_layout(out, 1);
    out.put(group_);
    out.put(std::uint64_t{labels_.size()});
    for (const auto& [hash, label] : labels_) {
      out.put(hash);
      out.put(label.odds);
      out.put(label.lengthy);
      out.put(label.head);
      out.put(label.tail);
    }
  }
  bool restore(StateReader& in) {
    bool old = get_layout(in) == 0;
    group_ = old ? no_group : in.get<std::uint32_t>();
    std::uint64_t count = in.get_count(sizeof(std::uint64_t));
    if (count > labels_max) return false;
    for (; count > 0; --count) {
      auto& [hash, label] = labels_.emplace_back();
      hash = in.get<std::uint64_t>();
      label.odds = in.get<float>();
      if (old)
        label.odds *= odds_of_weight;
      else
        label.lengthy = in.get<bool>();
      label.head = in.get<std::uint32_t>();
      label.tail = in.get<std::uint32_t>();
    }
    return in.ok() && group_ <= no_group;
  }

 private:
  static constexpr std::size_t labels_max = 128;
  static constexpr float odds_of_weight = 3;  // labels had a third of their odds before
  std::uint32_t group_ = no_group;
  std::vector<std::pair<std::uint64_t, DgaLabel>> labels_;  // by hash
};

class Dga {
 public:
  static constexpr DetectorInfo info{
      "dga", "client",
      "The client looks for many generated domains, as malware does: examine it; the domains that "
      "it looks for at the same time and that exist lead to its master."};
  using Key = FieldsKey;
  using Value = NewNames;
  using Memory = DgaSuspicion;

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rcode(schema, "rcode"),
          qname(schema.ref<Str>("qname")),
          domain(schema.ref<Str>("domain")),
          time(schema.ref<std::int64_t>("time")),
          client(schema, {"client"}) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    FieldRef<Str> qname, domain;
    FieldRef<std::int64_t> time;
    KeyReader client;
  };

  explicit Dga(const Options& options)
      : level_(options.number("level")),
        events_a_day_(options.number("false_per_day")),
        seen_(static_cast<std::uint64_t>(options.integer("memory")), options.duration("window")) {
    for (const std::string& suffix : options.list("suffixes")) suffixes_.insert(hash_bytes(suffix));
  }

  Key key() const { return FieldsKey({"client"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.rcode.get(row) != nxdomain) return false;
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    std::string_view label = label_of(reader, row);
    if (label.empty()) return false;
    std::uint64_t client = reader.client.hash(row);
    std::uint64_t item = hash_combine(client, hash_bytes(label));
    SeenItems& seen = seen_.at(client, row.get(reader.time));
    if (seen.meet(item)) return false;
    seen.add(item);
    return true;
  }
  void add(Value& value, const Reader& reader, const RowView& row) {
    std::string_view label = label_of(reader, row);
    value.add(hash_bytes(label), label, key_group(reader.client.hash(row)));
  }
  std::optional<Finding> judge(const Value& value, DgaSuspicion& client,
                               const JudgedWindow& window) {
    NamePopulation& population = populations_[value.group()];
    population.begin(window.bounds);
    client.fade(static_cast<DurationNs>(window.missed + 1) *
                (window.bounds.end - window.bounds.start));
    // Of whom is suspected nothing is learned, and of nobody much.
    std::size_t learned = client.level() < level_ / 2 ? learned_max : 0;
    double highest = client.level();
    for (const auto& [hash, label] : value.labels()) {
      LabelKind kind = client.add(label, population);
      population.add(kind, learned != 0);
      learned -= learned == 0 ? 0 : 1;
      highest = std::max(highest, client.level());
    }
    double threshold = threshold_of(population);
    if (highest < threshold) return std::nullopt;
    double score = highest / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"level", highest},
                                  {"names", static_cast<double>(client.labels())},
                                  {"generated", static_cast<double>(client.suspicious())},
                                  {"alike", static_cast<double>(client.repeated())},
                                  {"threshold", threshold}})};
  }

  bool idle(std::uint32_t group) const { return seen_.idle(group) && populations_[group].idle(); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    put_layout(out, 1);
    populations_[group].save(out);
    seen_.save_group(group, out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    std::uint32_t layout = get_layout(in);
    if (layout > 1 || (layout == 1 && !populations_[group].restore(in))) return false;
    return seen_.restore_group(group, in);
  }

 private:
  // The label below the public suffix; empty: no name that could be registered, or the name of a
  // host, which says nothing of its domain.
  std::string_view label_of(const Reader& reader, const RowView& row) {
    std::string_view domain = row.get(reader.domain);
    std::string_view qname = row.get(reader.qname);
    std::string_view host = qname.substr(0, qname.size() - std::min(qname.size(), domain.size()));
    if (suffixes_.contains(row.hash(reader.domain))) {
      if (host.empty()) return {};
      host.remove_suffix(1);                    // the dot
      return host.substr(host.rfind('.') + 1);  // all of it where there is none
    }
    if (!host.empty() && host != "www.") return {};
    std::size_t dot = domain.rfind('.');
    if (dot == std::string_view::npos || !is_top_level(domain.substr(dot + 1))) return {};
    return domain.substr(0, domain.find('.'));
  }
  // What leaks from home and company networks, and what browsers make up, ends otherwise.
  bool is_top_level(std::string_view tld) {
    if (tld == "arpa") return false;
    if (std::find(other_tlds.begin(), other_tlds.end(), tld) != other_tlds.end()) return true;
    return domains_.is_top_level(tld);
  }

  // Where clean clients bring a test once in e^level labels, each key group may have its part of
  // the false events of a day.
  double threshold_of(const NamePopulation& population) const {
    double labels = population.labels_a_day() * key_groups;
    return std::clamp(std::log(std::max(labels / events_a_day_, 1.0)), level_, highest_);
  }

  static constexpr std::size_t learned_max = 4;  // labels of a client in a window
  static constexpr double highest_ = DgaSuspicion::level_max * 0.75;
  double level_;
  double events_a_day_;
  // One more, of labels whose group is not known.
  std::vector<NamePopulation> populations_ = std::vector<NamePopulation>(key_groups + 1);
  std::unordered_set<std::uint64_t> suffixes_;  // by hash
  RegisteredDomain domains_;
  GroupedSeen seen_;                                      // labels of clients
};

Result<Declaration> declare_dga(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs,
      {{"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str}, {"rcode", Type::u8}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declare_key(declaration, FieldsKey({"client"}));
  return declaration;
}

}  // namespace

OperatorDef dga_operator() {
  OperatorDef def;
  def.name = "dga";
  def.summary = "Finds clients that look for generated names (DGA), by those that do not exist.";
  def.options = detector_options(
      {.admit = "1", .keys_max = "16384", .clear = "10m"},
      {{.name = "level",
        .type = OptionType::number,
        .default_text = "7",
        .help =
            "suspicion of a client, in nats, that is an alarm; a generated name adds 3.6 at most",
        .min = 1,
        .max = 30},
       {.name = "false_per_day",
        .type = OptionType::number,
        .default_text = "1",
        .help = "false events a day by chance: the more names, the more suspicion is an alarm",
        .min = 1e-6,
        .max = 1e6},
       {"suffixes", OptionType::list,
        "chickenkiller.com,crabdance.com,dynserv.com,ignorelist.com,jumpingcrab.com,mooo.com,"
        "strangled.net,twilightparadox.com,us.to,yi.org",
        "domains below which anybody has a name, and that the Public Suffix List does not have"},
       {.name = "memory",
        .type = OptionType::integer,
        .default_text = "6Mi",
        .help = "bytes for remembering which names a client has looked for",
        .min = 1 << 20,
        .max = 1e12}});
  def.example =
      "- id: infected\n"
      "  className: dga\n"
      "  properties: {allow: [192.0.2.25]}\n";
  def.declare = declare_dga;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Dga>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
