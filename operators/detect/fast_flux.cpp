#include "operators/detect/fast_flux.hpp"

#include <algorithm>
#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_aaaa = 28;

// What stands for who owns an address, where nothing better is known: its /16, or /32 of IPv6.
std::uint64_t network_hash(IpAddress address) {
  std::size_t kept = address.is_v4() ? 14 : 4;
  std::fill(address.bytes.begin() + static_cast<std::ptrdiff_t>(kept), address.bytes.end(),
            std::uint8_t{0});
  return address_hash(address);
}

class FastFlux {
 public:
  static constexpr DetectorInfo info{
      "fast_flux", "name",
      "Hosts all over the internet stand behind this name in turn, as in a botnet: block the name, "
      "look at the clients that ask for it; allow it if it is a service of many volunteers."};
  using Key = FieldsKey;
  // Addresses and networks.
  struct Hosts {
    DistinctPart addresses{7}, networks{7};
    void clear() {
      addresses.clear();
      networks.clear();
    }
    void merge(const Hosts& other) {
      addresses.merge(other.addresses);
      networks.merge(other.networks);
    }
    void save(StateWriter& out) const {
      addresses.save(out);
      networks.save(out);
    }
    bool restore(StateReader& in) { return addresses.restore(in) && networks.restore(in); }
  };

  // A window is shorter than the life of an answer: what has been seen is kept for one to two
  // spans.
  struct Memory {
    Hosts newer, older;
    TimeNs since = time_min;
    void turn(TimeNs now, DurationNs span) {
      if (since == time_min) since = now;
      DurationNs age = time_from_to(since, now);
      if (age < span) return;
      if (age < 2 * span)
        older = newer;
      else
        older.clear();
      newer.clear();
      since = now;
    }
    void save(StateWriter& out) const {
      newer.save(out);
      older.save(out);
      out.put(since);
    }
    bool restore(StateReader& in) {
      if (!newer.restore(in) || !older.restore(in)) return false;
      since = in.get<TimeNs>();
      return in.ok();
    }
  };

  struct Value {
    Hosts hosts;
    std::uint32_t ttl = ~std::uint32_t{0};  // the least
    void clear() {
      hosts.clear();
      ttl = ~std::uint32_t{0};
    }
    void save(StateWriter& out) const {
      hosts.save(out);
      out.put(ttl);
    }
    bool restore(StateReader& in) {
      if (!hosts.restore(in)) return false;
      ttl = in.get<std::uint32_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : type(schema.ref<std::uint16_t>("type")),
          ttl(schema.ref<std::uint32_t>("ttl")),
          section(schema.ref<Str>("section")),
          text(schema.ref<Str>("text")) {}
    FieldRef<std::uint16_t> type;
    FieldRef<std::uint32_t> ttl;
    FieldRef<Str> section, text;
  };

  explicit FastFlux(const Options& options)
      : addresses_(options.number("addresses")),
        networks_(options.number("networks")),
        ttl_(static_cast<std::uint32_t>(options.integer("ttl"))),
        span_(options.duration("span")) {}

  Key key() const { return FieldsKey({"qname"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    std::uint16_t type = row.get(reader.type);
    return (type == type_a || type == type_aaaa) && row.get(reader.ttl) <= ttl_ &&
           row.get(reader.section) == "answer";
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    auto address = parse_ip(row.get(reader.text));
    if (!address) return;
    value.hosts.addresses.add(address_hash(*address));
    value.hosts.networks.add(network_hash(*address));
    value.ttl = std::min(value.ttl, row.get(reader.ttl));
  }
  std::optional<Finding> judge(const Value& value, Memory& memory,
                               const JudgedWindow& window) const {
    memory.turn(window.bounds.start, span_);
    memory.newer.merge(value.hosts);
    Hosts all = memory.newer;
    all.merge(memory.older);
    double addresses = all.addresses.estimate();
    double networks = all.networks.estimate();
    double score = std::min(addresses / addresses_, networks / networks_);
    if (score < 1) return std::nullopt;
    return Finding{score, severity_of(score),
                   evidence_json({{"addresses", addresses},
                                  {"networks", networks},
                                  {"ttl", value.ttl},
                                  {"records", static_cast<double>(window.rows)}})};
  }

 private:
  double addresses_;
  double networks_;
  std::uint32_t ttl_;
  DurationNs span_;
};

Result<Declaration> declare_fast_flux(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"qname", Type::str},
                                                          {"section", Type::str},
                                                          {"type", Type::u16},
                                                          {"ttl", Type::u32},
                                                          {"text", Type::str}}));
  declare_key(declaration, FieldsKey({"qname"}));
  return declaration;
}

}  // namespace

OperatorDef fast_flux_operator() {
  OperatorDef def;
  def.name = "fast_flux";
  def.summary = "Finds fast flux: names with many short-lived addresses in many networks.";
  def.options = detector_options(
      {.admit = "3", .keys_max = "16384"},
      {{.name = "addresses",
        .type = OptionType::number,
        .default_text = "20",
        .help = "different addresses of a name within `span`",
        .min = 1},
       {.name = "networks",
        .type = OptionType::number,
        .default_text = "10",
        .help = "in so many different networks (/16, or /32 of IPv6)",
        .min = 1},
       {.name = "ttl",
        .type = OptionType::integer,
        .default_text = "600",
        .help = "seconds; records that live longer are not looked at",
        .min = 0,
        .max = 1e9},
       {.name = "span",
        .type = OptionType::duration,
        .default_text = "30m",
        .help = "for how long, up to twice that, addresses of a name are remembered",
        .min = 1e9}});
  def.example =
      "- id: flux\n"
      "  className: fast_flux\n"
      "  properties: {allow: [pool.ntp.org]}\n";
  def.declare = declare_fast_flux;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<FastFlux>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
