#include "operators/detect/dnssec_failure.hpp"

#include <array>
#include <memory>
#include <span>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/state_layout.hpp"
#include "operators/detect/usual_count.hpp"
#include "operators/detect/window_detector.hpp"
#include "operators/detect/window_volume.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::uint64_t servfail = 2;
// RFC 8914: from "DNSSEC Bogus" to "NSEC Missing".
constexpr unsigned ede_option = 15;
constexpr unsigned ede_first = 6;
constexpr unsigned ede_last = 12;

unsigned two_bytes(std::span<const std::uint8_t> bytes) {
  return static_cast<unsigned>(bytes[0]) << 8 | bytes[1];
}

// The first extended error about DNSSEC among EDNS options as on the wire; 0: none.
unsigned dnssec_error(std::span<const std::uint8_t> options) {
  while (options.size() >= 4) {
    unsigned code = two_bytes(options);
    std::size_t length = two_bytes(options.subspan(2));
    options = options.subspan(4);
    if (length > options.size()) return 0;
    if (code == ede_option && length >= 2) {
      unsigned error = two_bytes(options);
      if (error >= ede_first && error <= ede_last) return error;
    }
    options = options.subspan(length);
  }
  return 0;
}

class DnssecFailure {
 public:
  static constexpr DetectorInfo info{
      "dnssec_failure", "domain",
      "Check signatures, keys and DS of the domain (expired, rolled too early, missing); if it is "
      "not yours and the owner knows, a negative trust anchor helps until it is repaired."};
  using Key = FieldsKey;
  using Memory = Baseline;

  struct Value {
    DistinctPart clients{8};
    std::array<std::uint64_t, ede_last + 1> errors{};  // by extended error; 0: none
    void clear() {
      clients.clear();
      errors = {};
    }
    void save(StateWriter& out) const {
      clients.save(out);
      for (std::uint64_t count : errors) out.put(count);
    }
    bool restore(StateReader& in) {
      if (!clients.restore(in)) return false;
      for (std::uint64_t& count : errors) count = in.get<std::uint64_t>();
      return in.ok();
    }
  };

  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rcode(schema, "rcode"),
          domain(schema, {"domain"}),
          client(schema.ref<IpAddress>("client")),
          time(schema.ref<std::int64_t>("time")),
          options(schema.ref<Bytes>("edns_options")) {}
    FieldRef<bool> qr;
    NumberRef rcode;
    KeyReader domain;
    FieldRef<IpAddress> client;
    FieldRef<std::int64_t> time;
    FieldRef<Bytes> options;
  };

  explicit DnssecFailure(const Options& options)
      : rule_(options, "clients"), volume_(options.duration("window")) {}

  Key key() const { return FieldsKey({"domain"}); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) {
    if (reader.qr.present() && !row.get(reader.qr)) return false;
    TimeNs time = row.get(reader.time);
    if (row_dice(time)) volume_.add(key_group(reader.domain.hash(row)), time);
    return reader.rcode.get(row) == servfail || dnssec_error(row.get(reader.options)) != 0;
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    value.clients.add(address_hash(row.get(reader.client)));
    ++value.errors[dnssec_error(row.get(reader.options))];
  }
  std::optional<Finding> judge(const Value& value, Baseline& usual,
                               const JudgedWindow& window) const {
    double clients = value.clients.estimate();
    usual.add_many(0, window.missed);
    double level = usual.level();
    double threshold = rule_.threshold(usual);
    double least_rows = rule_.share() * volume_.rows(window.group, window.bounds);
    bool known = rule_.knows(window) || static_cast<double>(window.rows) >= least_rows;
    if (clients < threshold || !known) {
      usual.add(clients);
      return std::nullopt;
    }
    usual.add_alarming(clients);
    double score = clients / threshold;
    std::uint64_t signed_errors = 0;
    std::size_t most = ede_first;
    for (std::size_t error = ede_first; error <= ede_last; ++error) {
      signed_errors += value.errors[error];
      if (value.errors[error] > value.errors[most]) most = error;
    }
    return Finding{
        score, severity_of(score),
        evidence_json({{"clients", clients},
                       {"failed", static_cast<double>(window.rows)},
                       {"dnssec_errors", static_cast<double>(signed_errors)},
                       {"extended_error", signed_errors == 0 ? 0 : static_cast<double>(most)},
                       {"usual_clients", level},
                       {"threshold", threshold}})};
  }

  // Of WindowDetector: what is known of all keys together.
  void reached(TimeNs now) { volume_.reached(now); }
  bool idle(std::uint32_t group) const { return volume_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const {
    put_layout(out, 1);
    volume_.save_group(group, out);
  }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return get_layout(in) == 0 || volume_.restore_group(group, in);
  }

 private:
  UsualCount rule_;
  WindowVolume volume_;
};

Result<Declaration> declare_dnssec_failure(const Options& options,
                                           const std::vector<InputDecl>& inputs) {
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"domain", Type::str},
                                                          {"client", Type::ip},
                                                          {"rcode", Type::u8},
                                                          {"edns_options", Type::bytes}}));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].schema.find("qr")) declaration.reads[i].emplace_back("qr");
  declare_key(declaration, FieldsKey({"domain"}));
  return declaration;
}

}  // namespace

OperatorDef dnssec_failure_operator() {
  OperatorDef def;
  def.name = "dnssec_failure";
  def.summary = "Finds zones that fail for many clients: DNSSEC errors and SERVFAIL.";
  std::vector<OptionSpec> own = usual_count_options("5", "2");
  own.insert(own.begin(), {.name = "clients",
                           .type = OptionType::number,
                           .default_text = "20",
                           .help = "different clients in a window for which a domain fails",
                           .min = 1});
  def.options = detector_options({.admit = "5"}, std::move(own));
  def.example =
      "- id: bogus\n"
      "  className: dnssec_failure\n"
      "  properties: {clients: 20, factor: 5}\n";
  def.declare = declare_dnssec_failure;
  def.make_bolt = [](const Options& options) {
    return std::make_unique<WindowDetector<DnssecFailure>>(options);
  };
  return def;
}

}  // namespace dnstorm::operators
