#include "operators/detect/open_resolver.hpp"

#include <fmt/format.h>

#include <memory>

#include "operators/detect/distinct_part.hpp"
#include "operators/detect/window_detector.hpp"

namespace dnstorm::operators {

namespace {

enum class LookFor : std::uint8_t {
  open_resolvers,   // servers that recurse and are not known to, or for others than their clients
  other_resolvers,  // clients that ask others than the known ones
  recursion,        // clients that ask authorities for recursion
};

LookFor look_for(const Options& options) {
  const std::string& text = options.text("look_for");
  if (text == "open_resolvers") return LookFor::open_resolvers;
  return text == "recursion" ? LookFor::recursion : LookFor::other_resolvers;
}

FieldsKey key_of(LookFor what) {
  return FieldsKey({what == LookFor::open_resolvers ? "server" : "client"});
}

// What all three have in common; their keys differ, and so do how events present themselves.
template <LookFor what>
class Recursion {
 public:
  using Key = FieldsKey;
  using Memory = NoMemory;
  struct Value {
    DistinctPart peers{6};  // the other ends
    DistinctPart names{6};
    void clear() {
      peers.clear();
      names.clear();
    }
    void save(StateWriter& out) const {
      peers.save(out);
      names.save(out);
    }
    bool restore(StateReader& in) { return peers.restore(in) && names.restore(in); }
  };
  struct Reader {
    explicit Reader(const Schema& schema)
        : qr(schema.ref<bool>("qr")),
          rd(schema.ref<bool>("rd")),
          ra(schema.ref<bool>("ra")),
          rcode(schema, "rcode"),
          answers(schema, "answers"),
          client(schema.ref<IpAddress>("client")),
          server(schema.ref<IpAddress>("server")),
          qname(schema.ref<Str>("qname")) {}
    FieldRef<bool> qr, rd, ra;
    NumberRef rcode, answers;
    FieldRef<IpAddress> client, server;
    FieldRef<Str> qname;
  };

  explicit Recursion(const Options& options)
      : servers_(PrefixSet::parse(options.list("servers")).value()),
        clients_(PrefixSet::parse(options.list("clients")).value()),
        any_server_(options.list("servers").empty()),
        any_client_(options.list("clients").empty()),
        least_(options.number("messages")) {}

  Key key() const { return key_of(what); }
  Value make() const { return {}; }

  bool wanted(const Reader& reader, const RowView& row) const {
    bool response = row.get(reader.qr);
    if constexpr (what == LookFor::open_resolvers)
      return response && row.get(reader.ra) && reader.rcode.get(row) == 0 &&
             reader.answers.get(row) != 0 && is_strange(reader, row);
    if (response || !row.get(reader.rd)) return false;
    return servers_.contains(row.get(reader.server)) == (what == LookFor::recursion);
  }
  void add(Value& value, const Reader& reader, const RowView& row) const {
    constexpr bool by_server = what == LookFor::open_resolvers;
    value.peers.add(address_hash(row.get(by_server ? reader.client : reader.server)));
    value.names.add(row.hash(reader.qname));
  }
  std::optional<Finding> judge(const Value& value, Memory&, const JudgedWindow& window) const {
    double score = static_cast<double>(window.rows) / least_;
    if (score < 1) return std::nullopt;
    return Finding{score, severity_of(score),
                   evidence_json({{"messages", static_cast<double>(window.rows)},
                                  {what == LookFor::open_resolvers ? "clients" : "servers",
                                   value.peers.estimate()},
                                  {"names", value.names.estimate()}})};
  }

 private:
  // An unknown resolver, or a known one that serves somebody from outside.
  bool is_strange(const Reader& reader, const RowView& row) const {
    return (!any_server_ && !servers_.contains(row.get(reader.server))) ||
           (!any_client_ && !clients_.contains(row.get(reader.client)));
  }

  PrefixSet servers_, clients_;
  bool any_server_, any_client_;
  double least_;
};

struct OpenResolvers : Recursion<LookFor::open_resolvers> {
  using Recursion::Recursion;
  static constexpr DetectorInfo info{
      "open_resolver", "server",
      "This server answers recursively and is no known resolver, or serves clients from outside: "
      "close it to them, or take it off the network."};
};

struct OtherResolvers : Recursion<LookFor::other_resolvers> {
  using Recursion::Recursion;
  static constexpr DetectorInfo info{
      "open_resolver", "client",
      "This client asks other resolvers than the known ones: malware, a changed configuration or a "
      "user's choice. Look at it; block or redirect port 53 to others."};
};

struct RecursionAtAuthority : Recursion<LookFor::recursion> {
  using Recursion::Recursion;
  static constexpr DetectorInfo info{
      "open_resolver", "client",
      "This client takes an authority for its resolver: a wrong configuration, or somebody who "
      "looks for open resolvers. Let the server refuse it, limit its rate."};
};

Result<Declaration> declare_open_resolver(const Options& options,
                                          const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(PrefixSet::parse(options.list("servers")));
  DNSTORM_CHECK(PrefixSet::parse(options.list("clients")));
  bool open = look_for(options) == LookFor::open_resolvers;
  if (options.list("servers").empty() && (!open || options.list("clients").empty()))
    return Error{ErrorKind::config,
                 open ? "neither 'servers' nor 'clients' says what is known"
                      : "without 'servers' every server is an unknown one",
                 "servers"};
  Declaration declaration = DNSTORM_TRY(declare_detector(options, inputs,
                                                         {{"client", Type::ip},
                                                          {"server", Type::ip},
                                                          {"qname", Type::str},
                                                          {"qr", Type::boolean},
                                                          {"rd", Type::boolean},
                                                          {"ra", Type::boolean},
                                                          {"rcode", Type::u8},
                                                          {"answers", Type::u16}}));
  declare_key(declaration, key_of(look_for(options)));
  return declaration;
}

std::unique_ptr<Bolt> make_open_resolver(const Options& options) {
  switch (look_for(options)) {
    case LookFor::open_resolvers:
      return std::make_unique<WindowDetector<OpenResolvers>>(options);
    case LookFor::other_resolvers:
      return std::make_unique<WindowDetector<OtherResolvers>>(options);
    case LookFor::recursion:
      break;
  }
  return std::make_unique<WindowDetector<RecursionAtAuthority>>(options);
}

}  // namespace

OperatorDef open_resolver_operator() {
  OperatorDef def;
  def.name = "open_resolver";
  def.summary =
      "Finds resolvers that nobody knows of, those who use them, and RD=1 at authorities.";
  def.options = detector_options(
      {.admit = "10"},
      {{.name = "look_for",
        .type = OptionType::choice,
        .default_text = "other_resolvers",
        .help = "open_resolvers: servers that recurse and are not in 'servers', or for others than "
                "'clients'; other_resolvers: clients that ask others; recursion: clients that ask "
                "'servers' for recursion",
        .choices = {"open_resolvers", "other_resolvers", "recursion"}},
       {"servers", OptionType::list, "",
        "networks of the known resolvers; recursion: of the authorities"},
       {"clients", OptionType::list, "", "open_resolvers: networks that may be served"},
       {.name = "messages",
        .type = OptionType::number,
        .default_text = "20",
        .help = "in a window, from which on a server or client is in alarm",
        .min = 1}});
  def.example =
      "- id: other_resolvers\n"
      "  className: open_resolver\n"
      "  properties: {look_for: other_resolvers, servers: [192.0.2.53, 2001:db8::/32]}\n";
  def.declare = declare_open_resolver;
  def.make_bolt = make_open_resolver;
  return def;
}

}  // namespace dnstorm::operators
