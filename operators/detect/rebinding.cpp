#include "operators/detect/rebinding.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "operators/answer_addresses.hpp"
#include "operators/detect/names_by_window.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/enrich/prefix_set.hpp"
#include "operators/shape/registered_domain.hpp"

namespace dnstorm::operators {

namespace {

constexpr const char* private_networks =
    "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1,fe80::/10,fc00::/7";

// Lists by address answer with addresses of the own host to say that something stands on them.
bool is_list_lookup(std::string_view qname) {
  std::string_view label = qname.substr(0, qname.find('.'));
  return label.size() <= 3 &&
         label.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         std::count(qname.begin(), qname.end(), '.') >= 5;
}

// Names of a domain by their hashes, the least ones: which they are does not depend on the order in
// which they come.
class FewNames {
 public:
  void add(std::uint64_t hash) {
    auto at = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
    if (at != hashes_.end() && *at == hash) return;
    if (hashes_.size() == names_max) {
      if (at == hashes_.end()) return;
      hashes_.pop_back();
    }
    hashes_.insert(at, hash);
  }
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  void clear() { hashes_.clear(); }
  void save(StateWriter& out) const {
    out.put(std::uint64_t{hashes_.size()});
    for (std::uint64_t hash : hashes_) out.put(hash);
  }
  bool restore(StateReader& in) {
    std::uint64_t count = in.get_count(sizeof(std::uint64_t));
    if (count > names_max) return false;
    for (; count > 0; --count) add(in.get<std::uint64_t>());
    return in.ok();
  }

 private:
  static constexpr std::size_t names_max = 16;
  std::vector<std::uint64_t> hashes_;
};

class Rebinding {
 public:
  static constexpr DetectorInfo info{
      "rebinding", "domain",
      "Strip private addresses from answers for public names at the resolver (private-address in "
      "unbound, rebind protection elsewhere); allow the domains that really have them."};
  using Key = FieldsKey;
  using Memory = NoMemory;

  struct Value {
    std::uint64_t records = 0;
    std::uint64_t own_host = 0;
    std::uint32_t ttl = ~std::uint32_t{0};  // the least
    std::uint64_t domain = 0;               // its hash
    FewNames names;
    void clear() {
      records = own_host = domain = 0;
      ttl = ~std::uint32_t{0};
      names.clear();
    }
    void save(StateWriter& out) const {
      out.put(records);
      out.put(own_host);
      out.put(ttl);
      out.put(domain);
      names.save(out);
    }
    bool restore(StateReader& in) {
      records = in.get<std::uint64_t>();
      own_host = in.get<std::uint64_t>();
      ttl = in.get<std::uint32_t>();
      domain = in.get<std::uint64_t>();
      return names.restore(in) && in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : time(schema.ref<std::int64_t>("time")),
          addresses(schema.ref<Bytes>("addresses")),
          qname(schema.ref<Str>("qname")),
          domain(schema.ref<Str>("domain")) {}
    FieldRef<std::int64_t> time;
    FieldRef<Bytes> addresses;
    FieldRef<Str> qname, domain;
  };

  explicit Rebinding(const Options& options)
      : networks_(PrefixSet::parse(options.list("networks")).value()),
        allowed_(AllowList::parse(options.list("allow")).value()),
        short_ttl_(static_cast<std::uint32_t>(options.integer("short_ttl"))),
        flip_(options.duration("flip")),
        outside_(options.duration("window"), flip_) {}

  Key key() const { return FieldsKey({"domain"}); }
  Value make() const { return {}; }

  // A name with addresses outside is remembered, if they may have changed before that is forgotten.
  std::uint32_t rows(const Reader& reader, const RowView& row) {
    auto packed = row.get(reader.addresses);
    if (packed.empty()) return 0;
    std::uint32_t inside = 0;
    bool short_lived = false;
    for (const AnswerAddress& one : AnswerAddresses(packed)) {
      if (networks_.contains(one.address))
        ++inside;
      else
        short_lived = short_lived || DurationNs{one.ttl} * ns_per_s <= flip_;
    }
    if (short_lived)
      outside_.add(row.hash(reader.domain), row.hash(reader.qname), row.get(reader.time));
    if (inside == 0) return 0;
    std::string_view qname = row.get(reader.qname);
    return is_public(qname) && !is_list_lookup(qname) && !allowed_.contains(qname) ? inside : 0;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    for (const AnswerAddress& one : AnswerAddresses(row.get(reader.addresses))) {
      if (!networks_.contains(one.address)) continue;
      ++value.records;
      if (one.address == own_host_v4() || one.address == own_host_v6()) ++value.own_host;
      value.ttl = std::min(value.ttl, one.ttl);
    }
    value.domain = row.hash(reader.domain);
    value.names.add(row.hash(reader.qname));
  }
  // A browser has to ask anew while a page is open: what is kept for long rebinds nothing. A name
  // that was outside a moment ago does nothing else.
  std::optional<Finding> judge(const Value& value, Memory&, const JudgedWindow& window) const {
    WindowBounds lately{add_time(window.bounds.start, -flip_), window.bounds.end};
    auto flips = std::count_if(
        value.names.hashes().begin(), value.names.hashes().end(),
        [&](std::uint64_t name) { return outside_.contains(value.domain, name, lately); });
    double score = flips != 0 ? flipped_score : value.ttl <= short_ttl_ ? short_score : 1;
    return Finding{score, severity_of(score),
                   evidence_json({{"records", static_cast<double>(value.records)},
                                  {"own_host", static_cast<double>(value.own_host)},
                                  {"flips", static_cast<double>(flips)},
                                  {"ttl", value.ttl}})};
  }

  void reached(TimeNs now) { outside_.reached(now); }
  bool idle(std::uint32_t group) const { return outside_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const { outside_.save_group(group, out); }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return outside_.restore_group(group, in);
  }

 private:
  static constexpr double short_score = 5;
  static constexpr double flipped_score = 10;
  static IpAddress own_host_v4() {
    constexpr std::uint8_t bytes[] = {127, 0, 0, 1};
    return IpAddress::v4(bytes);
  }
  static IpAddress own_host_v6() {
    IpAddress address;
    address.bytes[15] = 1;
    return address;
  }
  // Below a top-level domain that there is: not of printer.lan, nas, router.home.arpa.
  bool is_public(std::string_view qname) {
    std::size_t dot = qname.rfind('.');
    if (dot == std::string_view::npos) return false;
    std::string_view top = qname.substr(dot + 1);
    return top != "arpa" && domains_.is_top_level(top);
  }

  RegisteredDomain domains_;
  PrefixSet networks_;
  AllowList allowed_;  // parts of domains, too
  std::uint32_t short_ttl_;
  DurationNs flip_;
  NamesByWindow outside_;  // names with addresses outside
};

Result<Declaration> declare_rebinding(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(PrefixSet::parse(options.list("networks")));
  Declaration declaration = DNSTORM_TRY(declare_detector(
      options, inputs, {{"domain", Type::str}, {"qname", Type::str}, {"addresses", Type::bytes}}));
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef rebinding_operator() {
  OperatorDef def;
  def.name = "rebinding";
  def.summary = "Finds DNS rebinding: public names that answer with private addresses.";
  def.options = detector_options(
      {.admit = "1"},
      {{"networks", OptionType::list, private_networks, "addresses that no public name has"},
       {.name = "short_ttl",
        .type = OptionType::integer,
        .default_text = "60",
        .help = "seconds; an answer that is kept no longer is a grave one",
        .min = 0,
        .max = 1e9},
       {.name = "flip",
        .type = OptionType::duration,
        .default_text = "2m",
        .help = "a name that had an address outside no longer ago: a graver one still",
        .min = 1e9,
        .max = 600e9}});
  def.example =
      "- id: rebinding\n"
      "  className: rebinding\n"
      "  properties: {allow: [corp.example.com]}\n";
  def.declare = declare_rebinding;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Rebinding>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
