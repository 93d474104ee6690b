#include "operators/detect/rebinding.hpp"

#include <algorithm>
#include <memory>

#include "operators/detect/domain_key.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_aaaa = 28;
constexpr const char* private_networks =
    "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,::1,fe80::/10,fc00::/7";

// Lists by address answer with addresses of the own host to say that something stands on them.
bool is_list_lookup(std::string_view qname) {
  std::string_view label = qname.substr(0, qname.find('.'));
  return label.size() <= 3 &&
         label.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         std::count(qname.begin(), qname.end(), '.') >= 5;
}

class Rebinding {
 public:
  static constexpr DetectorInfo info{
      "rebinding", "domain",
      "Strip private addresses from answers for public names at the resolver (private-address in "
      "unbound, rebind protection elsewhere); allow the domains that really have them."};
  using Key = DomainKey;
  using Memory = NoMemory;

  struct Value {
    std::uint64_t records = 0;
    std::uint64_t own_host = 0;
    std::uint32_t ttl = ~std::uint32_t{0};  // the least
    void clear() { *this = {}; }
    void save(StateWriter& out) const {
      out.put(records);
      out.put(own_host);
      out.put(ttl);
    }
    bool restore(StateReader& in) {
      records = in.get<std::uint64_t>();
      own_host = in.get<std::uint64_t>();
      ttl = in.get<std::uint32_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : type(schema.ref<std::uint16_t>("type")),
          ttl(schema.ref<std::uint32_t>("ttl")),
          section(schema.ref<Str>("section")),
          text(schema.ref<Str>("text")),
          qname(schema.ref<Str>("qname")) {}
    FieldRef<std::uint16_t> type;
    FieldRef<std::uint32_t> ttl;
    FieldRef<Str> section, text, qname;
  };

  explicit Rebinding(const Options& options)
      : networks_(PrefixSet::parse(options.list("networks")).value()),
        allowed_(AllowList::parse(options.list("allow")).value()),
        short_ttl_(static_cast<std::uint32_t>(options.integer("short_ttl"))) {}

  Key key() const { return DomainKey("qname"); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    std::uint16_t type = row.get(reader.type);
    if (type != type_a && type != type_aaaa) return false;
    if (row.get(reader.section) != "answer") return false;
    auto address = parse_ip(row.get(reader.text));
    if (!address || !networks_.contains(*address)) return false;
    std::string_view qname = row.get(reader.qname);
    return is_public(qname) && !is_list_lookup(qname) && !allowed_.contains(qname);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    std::string_view text = row.get(reader.text);
    ++value.records;
    if (text == "127.0.0.1" || text == "::1") ++value.own_host;
    value.ttl = std::min(value.ttl, row.get(reader.ttl));
  }
  // A browser has to ask anew while a page is open: what is kept for long rebinds nothing.
  std::optional<Finding> judge(const Value& value, Memory&, const JudgedWindow&) const {
    double score = value.ttl <= short_ttl_ ? 5 : 1;
    return Finding{score, severity_of(score),
                   evidence_json({{"records", static_cast<double>(value.records)},
                                  {"own_host", static_cast<double>(value.own_host)},
                                  {"ttl", value.ttl}})};
  }

 private:
  // Below a top-level domain that there is: not of printer.lan, nas, router.home.arpa.
  bool is_public(std::string_view qname) const {
    std::size_t dot = qname.rfind('.');
    if (dot == std::string_view::npos) return false;
    std::string_view top = qname.substr(dot + 1);
    return top != "arpa" && domains_.is_top_level(top);
  }

  RegisteredDomain domains_;
  PrefixSet networks_;
  AllowList allowed_;  // parts of domains, too
  std::uint32_t short_ttl_;
};

Result<Declaration> declare_rebinding(const Options& options,
                                      const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(PrefixSet::parse(options.list("networks")));
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"qname", Type::str},
                                                          {"section", Type::str},
                                                          {"type", Type::u16},
                                                          {"ttl", Type::u32},
                                                          {"text", Type::str}}));
  declare_key(declaration, DomainKey("qname"));
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
        .max = 1e9}});
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
