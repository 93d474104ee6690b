#include "operators/detect/dga.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "operators/detect/dga_suspicion.hpp"
#include "operators/detect/grouped_seen.hpp"
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
  void clear() { labels_.clear(); }
  void add(std::uint64_t hash, std::string_view label) {
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

  void save(StateWriter& out) const {
    out.put(std::uint64_t{labels_.size()});
    for (const auto& [hash, label] : labels_) {
      out.put(hash);
      out.put(label.weight);
      out.put(label.head);
      out.put(label.tail);
    }
  }
  bool restore(StateReader& in) {
    std::uint64_t count = in.get_count(sizeof(std::uint64_t));
    if (count > labels_max) return false;
    for (; count > 0; --count) {
      auto& [hash, label] = labels_.emplace_back();
      hash = in.get<std::uint64_t>();
      label.weight = in.get<float>();
      label.head = in.get<std::uint32_t>();
      label.tail = in.get<std::uint32_t>();
    }
    return in.ok();
  }

 private:
  static constexpr std::size_t labels_max = 128;
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
    value.add(hash_bytes(label), label);
  }
  std::optional<Finding> judge(const Value& value, DgaSuspicion& client,
                               const JudgedWindow& window) const {
    client.fade(static_cast<DurationNs>(window.missed + 1) *
                (window.bounds.end - window.bounds.start));
    double highest = client.level();
    for (const auto& [hash, label] : value.labels()) {
      client.add(label);
      highest = std::max(highest, client.level());
    }
    if (highest < level_) return std::nullopt;
    double score = highest / level_;
    return Finding{score, severity_of(score),
                   evidence_json({{"level", highest},
                                  {"names", static_cast<double>(client.labels())},
                                  {"generated", static_cast<double>(client.suspicious())},
                                  {"alike", static_cast<double>(client.repeated())},
                                  {"threshold", level_}})};
  }

  bool idle(std::uint32_t group) const { return seen_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const { seen_.save_group(group, out); }
  bool restore_group(std::uint32_t group, StateReader& in) {
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

  double level_;
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
        .default_text = "8",
        .help = "suspicion of a client that is an alarm; a generated name adds 1.5 at most",
        .min = 1,
        .max = 40},
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
