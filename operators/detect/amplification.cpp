#include "operators/detect/amplification.hpp"

#include <array>
#include <memory>

#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

// Header, type, class and an OPT record: a query has these and its name.
constexpr std::uint64_t query_overhead = 27;

// The bytes that fell to each of a few names: those that have most are among them, with at least
// their true share but for what was taken from them (Misra, Gries 1982).
class HeavyNames {
 public:
  static constexpr std::size_t names_max = 8;
  void add(std::uint64_t hash, std::uint64_t bytes) {
    Name* least = &names_[0];
    for (Name& name : names_) {
      if (name.hash == hash && name.bytes != 0) {
        name.bytes += bytes;
        return;
      }
      if (name.bytes < least->bytes) least = &name;
    }
    // A free place is one of 0 bytes: nothing is taken then.
    std::uint64_t taken = std::min(bytes, least->bytes);
    for (Name& name : names_) name.bytes -= taken;
    if (bytes > taken) *least = {hash, bytes - taken};
  }
  // Bytes of the `count` heaviest, never too many.
  double heaviest(std::size_t count) const {
    auto sorted = names_;
    std::sort(sorted.begin(), sorted.end(),
              [](const Name& a, const Name& b) { return a.bytes > b.bytes; });
    double sum = 0;
    for (std::size_t i = 0; i < std::min(count, names_max); ++i)
      sum += static_cast<double>(sorted[i].bytes);
    return sum;
  }
  void save(StateWriter& out) const {
    for (const Name& name : names_) out.put(name.hash), out.put(name.bytes);
  }
  void restore(StateReader& in) {
    for (Name& name : names_) {
      name.hash = in.get<std::uint64_t>();
      name.bytes = in.get<std::uint64_t>();
    }
  }

 private:
  struct Name {
    std::uint64_t hash = 0;
    std::uint64_t bytes = 0;
  };
  std::array<Name, names_max> names_;
};

class Amplification {
 public:
  static constexpr DetectorInfo info{
      "amplification", "network",
      "The network is probably the victim: its address is forged in queries. Switch on response "
      "rate "
      "limiting, answer ANY minimally, limit UDP responses to 1232 bytes; tell its operator."};
  using Key = NetworkKey;
  using Memory = NoMemory;

  struct Value {
    void clear() { *this = {}; }
    void save(StateWriter& out) const {
      out.put(response_bytes);
      out.put(query_bytes);
      names.save(out);
    }
    bool restore(StateReader& in) {
      response_bytes = in.get<std::uint64_t>();
      query_bytes = in.get<std::uint64_t>();
      names.restore(in);
      return in.ok();
    }
    std::uint64_t response_bytes = 0;
    std::uint64_t query_bytes = 0;
    HeavyNames names;
  };
  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          transport(schema.ref<std::uint8_t>("transport")),
          size(schema, "size"),
          qname_length(schema, "qname_length"),
          qname(schema.ref<Str>("qname")) {}
    FieldRef<bool> qr;
    FieldRef<std::uint8_t> transport;
    NumberRef size, qname_length;
    FieldRef<Str> qname;
    std::uint64_t query_bytes(const RowView& row) const {
      return qname_length.get(row) + query_overhead;
    }
  };

  explicit Amplification(const Options& options)
      : key_("client", static_cast<unsigned>(options.integer("v4")),
             static_cast<unsigned>(options.integer("v6"))),
        rate_(options.number("bits_per_s") / 8),
        ratio_(static_cast<std::uint64_t>(options.integer("ratio"))),
        names_(static_cast<std::size_t>(options.integer("names"))),
        share_(options.number("share")) {}

  Key key() const { return key_; }
  Value make() const { return {}; }
  bool wanted(const Reader& reader, const RowView& row) const {
    constexpr std::uint8_t udp = 17;
    return reader.size.get(row) >= ratio_ * reader.query_bytes(row) &&
           row.get(reader.transport) == udp && row.get(reader.qr);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    std::uint64_t size = reader.size.get(row);
    value.response_bytes += size;
    value.query_bytes += reader.query_bytes(row);
    value.names.add(row.hash(reader.qname), size);
  }
  std::optional<Finding> judge(const Value& value, NoMemory&, const JudgedWindow& window) const {
    auto sent = static_cast<double>(value.response_bytes);
    auto asked = static_cast<double>(value.query_bytes);
    double threshold = rate_ * window.seconds();
    double share = sent > 0 ? value.names.heaviest(names_) / sent : 0;
    if (sent - asked < threshold || share < share_) return std::nullopt;
    double score = (sent - asked) / threshold;
    return Finding{score, severity_of(score),
                   evidence_json({{"response_bytes", sent},
                                  {"query_bytes", asked},
                                  {"bits_per_s", (sent - asked) * 8 / window.seconds()},
                                  {"ratio", sent / std::max(asked, 1.0)},
                                  {"responses", static_cast<double>(window.rows)},
                                  {"names_share", share}})};
  }

 private:
  Key key_;
  double rate_;
  std::uint64_t ratio_;
  std::size_t names_;
  double share_;
};

Result<Declaration> declare_amplification(const Options& options,
                                          const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"qr", Type::boolean},
                                                          {"client", Type::ip},
                                                          {"transport", Type::u8},
                                                          {"size", Type::u32},
                                                          {"qname", Type::str},
                                                          {"qname_length", Type::u16}}));
  declare_key(declaration, NetworkKey("client", 24, 48));
  return declaration;
}

OptionSpec whole(std::string name, std::string default_text, std::string help, double max) {
  return {.name = std::move(name),
          .type = OptionType::integer,
          .default_text = std::move(default_text),
          .help = std::move(help),
          .min = 1,
          .max = max};
}

}  // namespace

OperatorDef amplification_operator() {
  OperatorDef def;
  def.name = "amplification";
  def.summary = "Finds networks that are flooded with large responses by forged queries.";
  def.options = detector_options(
      {.admit = "20", .keys_max = "8192"},
      {whole("v4", "24", "bits of a victim's network, IPv4", 32),
       whole("v6", "48", "bits of a victim's network, IPv6", 128),
       {.name = "bits_per_s",
        .type = OptionType::number,
        .default_text = "5e5",
        .help = "how much more it gets than it asked with, by large responses",
        .min = 1},
       whole("ratio", "10", "a response is large with so many times the bytes of its query", 1000),
       whole("names", "3", "so many names have most of the bytes", HeavyNames::names_max),
       {.name = "share",
        .type = OptionType::number,
        .default_text = "0.8",
        .help = "most: this share",
        .min = 0,
        .max = 1}});
  def.example =
      "- id: amplification\n"
      "  className: amplification\n"
      "  properties: {bits_per_s: 5e5, ratio: 10}\n";
  def.declare = declare_amplification;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<Amplification>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
