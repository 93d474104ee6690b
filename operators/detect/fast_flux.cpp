#include "operators/detect/fast_flux.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "operators/answer_addresses.hpp"
#include "operators/detect/distinct_part.hpp"
#include "operators/detect/repeated_answers.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/enrich/geo_database.hpp"

namespace dnstorm::operators {

namespace {

// What stands for who owns an address, where nothing better is known: its /16, or /32 of IPv6.
std::uint64_t network_hash(const IpAddress& address) {
  IpAddress network;
  if (address.is_v4())
    std::memcpy(network.bytes.data(), address.bytes.data(), 14);
  else
    std::memcpy(network.bytes.data(), address.bytes.data(), 4);
  return address_hash(network);
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
    static constexpr std::uint8_t precision = 7;
    DistinctPart addresses{precision}, networks{precision};
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
        : time(schema.ref<std::int64_t>("time")),
          qname(schema.ref<Str>("qname")),
          addresses(schema.ref<Bytes>("addresses")) {}
    FieldRef<std::int64_t> time;
    FieldRef<Str> qname;
    FieldRef<Bytes> addresses;
  };

  explicit FastFlux(const Options& options)
      : addresses_(options.number("addresses")),
        networks_(options.number("networks")),
        ttl_(static_cast<std::uint32_t>(options.integer("ttl"))),
        span_(options.duration("span")),
        asn_file_(options.text("asn")),
        answers_(options.duration("window"), static_cast<std::uint32_t>(options.integer("admit"))) {
  }

  Result<void> prepare(const TaskContext&) {
    if (asn_file_.empty()) return {};
    systems_ = std::make_unique<GeoDatabase>();
    return systems_->open({asn_file_});
  }

  Key key() const { return FieldsKey({"qname"}); }
  Value make() const { return {}; }

  // Each address counts. An answer that has been let through with as many as admit its name has
  // been added, and brings nothing more.
  std::uint32_t rows(const Reader& reader, const RowView& row) {
    auto packed = row.get(reader.addresses);
    if (packed.empty()) return 0;
    AnswerSet set;
    for (const AnswerAddress& one : AnswerAddresses(packed))
      if (one.ttl <= ttl_) set.add(one.address, one.ttl);
    if (set.size == 0) return 0;
    return answers_.is_enough(row.hash(reader.qname), set, row.get(reader.time)) ? 0 : set.size;
  }
  void add(Value& value, const Reader& reader, const RowView& row) {
    for (const AnswerAddress& one : AnswerAddresses(row.get(reader.addresses))) {
      if (one.ttl > ttl_) continue;
      value.hosts.addresses.add(address_hash(one.address));
      value.hosts.networks.add(owner_hash(one.address));
      value.ttl = std::min(value.ttl, one.ttl);
    }
  }
  std::optional<Finding> judge(const Value& value, Memory& memory,
                               const JudgedWindow& window) const {
    memory.turn(window.bounds.start, span_);
    memory.newer.merge(value.hosts);
    // Nearly all names: as many addresses cannot be in so few registers.
    if (memory.newer.addresses.touched() + memory.older.addresses.touched() <= too_few_)
      return std::nullopt;
    double addresses = DistinctPart::estimate(memory.newer.addresses, memory.older.addresses);
    if (addresses < addresses_) return std::nullopt;
    double networks = DistinctPart::estimate(memory.newer.networks, memory.older.networks);
    double score = std::min(addresses / addresses_, networks / networks_);
    if (score < 1) return std::nullopt;
    return Finding{score, severity_of(score),
                   evidence_json({{"addresses", addresses},
                                  {"networks", networks},
                                  {"ttl", value.ttl},
                                  {"records", static_cast<double>(window.rows)}})};
  }

  bool idle(std::uint32_t group) const { return answers_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    put_layout(out, 1);
    answers_.save_group(group, out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return get_layout(in) == 0 || answers_.restore_group(group, in);
  }

 private:
  // Of the autonomous system, if it is known.
  std::uint64_t owner_hash(const IpAddress& address) {
    std::uint32_t system = systems_ ? systems_->find(address).asn : 0;
    constexpr std::uint64_t systems_begin = 0x9e3779b97f4a7c15ULL;
    return system != 0 ? hash_number(systems_begin + system) : network_hash(address);
  }

  // Touched registers that do not make an estimate of `addresses`, whatever is in them.
  std::uint32_t too_few() const {
    constexpr std::uint32_t registers = 1U << Hosts::precision;
    HyperLogLog::Ranks ranks{};
    ranks[0] = registers;
    std::uint32_t touched = 0;
    do {
      --ranks[0], ++ranks[HyperLogLog::rank_max(Hosts::precision)];
      ++touched;
    } while (ranks[0] != 0 && HyperLogLog::estimate_of(ranks, Hosts::precision) < addresses_);
    return touched - 1;
  }

  double addresses_;
  std::uint32_t too_few_ = too_few();
  double networks_;
  std::uint32_t ttl_;
  DurationNs span_;
  std::string asn_file_;
  RepeatedAnswers answers_;  // of names in this window
  std::unique_ptr<GeoDatabase> systems_;
};

Result<Declaration> declare_fast_flux(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(
      declare_detector(options, inputs, {{"qname", Type::str}, {"addresses", Type::bytes}}));
  declaration.light = false;
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
        .help =
            "in so many different networks (/16, or /32 of IPv6; autonomous systems with `asn`)",
        .min = 1},
       {"asn", OptionType::text, "",
        "a file in MaxMind's format with numbers of autonomous systems: networks are then those"},
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
