#include "operators/enrich/geo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "operators/enrich/geo_database.hpp"
#include "operators/enrich/reload.hpp"
#include "operators/row_mapping.hpp"

namespace dnstorm::operators {

namespace {

// What may be added, and of which type it is.
struct Kind {
  const char* name;
  Type type;
  bool unbounded;
  const char* help;
};
constexpr Kind kinds[] = {
    {"country", Type::str, false, "ISO 3166 code of the country; unknown"},
    {"city", Type::str, true, "English name of the city; unknown"},
    {"asn", Type::u32, true, "number of the autonomous system; 0: unknown"},
    {"as_name", Type::str, true, "name of the autonomous system; unknown"},
};

class GeoMapping final : public RowMapping {
 public:
  explicit GeoMapping(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task, const Schema& in, const Schema& out) override {
    DNSTORM_CHECK(database_.open(options_.list("files")));
    for (const std::string& of : options_.list("of")) {
      Place place;
      place.address = in.ref<IpAddress>(of);
      place.country = out.ref<Str>(of + "_country");
      place.city = out.ref<Str>(of + "_city");
      place.asn = out.ref<std::uint32_t>(of + "_asn");
      place.as_name = out.ref<Str>(of + "_as_name");
      places_.push_back(place);
    }
    unknown_ = &task.counter("unknown");
    reload_.prepare(task, options_.duration("reload"));
    return {};
  }

  void begin_batch() override {
    if (!reload_.due()) return;
    GeoDatabase::Change change = database_.renew();
    if (change == GeoDatabase::Change::renewed) reload_.reloaded();
    if (change == GeoDatabase::Change::broken) reload_.broken();
  }

  void write(const RowView& in, RowWriter& out) override {
    for (const Place& place : places_) {
      const GeoRecord& found = database_.find(in.get(place.address));
      if (!found.known) unknown_->add();
      out.set_str(place.country, found.country, found.country_hash);
      out.set_str(place.city, found.city, found.city_hash);
      out.set(place.asn, found.asn);
      out.set_str(place.as_name, found.as_name, found.as_name_hash);
    }
  }

 private:
  struct Place {
    FieldRef<IpAddress> address;
    FieldRef<Str> country, city;
    FieldRef<std::uint32_t> asn;
    FieldRef<Str> as_name;
  };
  Options options_;
  GeoDatabase database_;
  std::vector<Place> places_;
  Reload reload_;
  Counter* unknown_ = nullptr;
};

Result<Declaration> declare_geo(const Options& options, const std::vector<InputDecl>& inputs) {
  std::vector<Field> added;
  for (const std::string& of : options.list("of")) {
    if (inputs.size() == 1) DNSTORM_CHECK(require_type(inputs[0], of, Type::ip, "of", "geo"));
    for (const std::string& what : options.list("add")) {
      auto kind = std::find_if(std::begin(kinds), std::end(kinds),
                               [&](const Kind& one) { return what == one.name; });
      if (kind == std::end(kinds))
        return Error{
            ErrorKind::config,
            fmt::format("'{}' is nothing that geo adds: country, city, asn, as_name", what), "add"};
      added.push_back({.name = of + "_" + what,
                       .type = kind->type,
                       .unbounded = kind->unbounded,
                       .help = kind->help});
    }
  }
  return declare_mapping("geo", inputs, options.list("of"), std::move(added));
}

}  // namespace

OperatorDef geo_operator() {
  OperatorDef def;
  def.name = "geo";
  def.summary = "Adds country, city and autonomous system of addresses, from files of your own.";
  def.options = {
      {.name = "files",
       .type = OptionType::list,
       .default_text = "",
       .help = "databases in MaxMind's format; the first that knows something is believed",
       .required = true},
      {.name = "of",
       .type = OptionType::list,
       .default_text = "client",
       .help = "fields with addresses; what is added is named client_country and so on"},
      {.name = "add",
       .type = OptionType::list,
       .default_text = "country,asn",
       .help = "what is added: country, city, asn, as_name"},
      {"reload", OptionType::duration, "10s",
       "how often it looks whether files have changed, in processing time; 0s: never"},
  };
  def.example =
      "- id: places\n"
      "  className: geo\n"
      "  properties: {files: [GeoLite2-Country.mmdb, GeoLite2-ASN.mmdb], of: [client]}\n";
  def.declare = declare_geo;
  def.make_bolt = [](const Options& options) {
    return make_mapping_bolt(std::make_unique<GeoMapping>(options));
  };
  return def;
}

}  // namespace dnstorm::operators
