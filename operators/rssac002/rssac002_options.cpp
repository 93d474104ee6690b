#include "operators/rssac002/rssac002_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "operators/rssac002/rows.hpp"

namespace dnstorm::operators {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

// The name becomes part of paths and stands in YAML as it is.
Result<void> check_service(const std::string& service, bool partial) {
  if (partial && service.empty()) return {};
  if (service.empty())
    return Error{ErrorKind::config,
                 "option 'service' is missing: the name that the documents have, for example "
                 "service: a.root-servers.net",
                 "service"};
  if (service.front() != '.' && service.front() != '-' &&
      std::all_of(service.begin(), service.end(), is_plain))
    return {};
  return Error{ErrorKind::config,
               fmt::format("option 'service': '{}' is no name of letters, digits, '.', '-' and '_'",
                           service),
               "service"};
}

Result<std::vector<RssacMetric>> parse_metrics(const std::vector<std::string>& names) {
  std::vector<RssacMetric> metrics;
  for (std::size_t i = 0; i < rssac_metric_count; ++i) {
    auto metric = static_cast<RssacMetric>(i);
    if (std::find(names.begin(), names.end(), rssac_metric_name(metric)) != names.end())
      metrics.push_back(metric);
  }
  for (const std::string& name : names) {
    auto is_named = [&](RssacMetric metric) { return name == rssac_metric_name(metric); };
    if (std::none_of(metrics.begin(), metrics.end(), is_named))
      return Error{ErrorKind::config,
                   fmt::format("option 'metrics' takes traffic-volume, traffic-sizes, "
                               "rcode-volume, unique-sources and label-count, not '{}'",
                               name),
                   "metrics"};
  }
  return metrics;
}

}  // namespace

Result<RssacSettings> RssacSettings::of(const Options& options) {
  RssacSettings settings;
  settings.service = options.text("service");
  settings.version = "rssac002v" + options.text("version");
  settings.partial = options.flag("partial");
  DNSTORM_CHECK(check_service(settings.service, settings.partial));
  settings.metrics = DNSTORM_TRY(parse_metrics(options.list("metrics")));
  auto own = PrefixSet::parse(options.list("server_addresses"));
  if (!own.ok()) return Error{ErrorKind::config, own.error().what, "server_addresses"};
  settings.own = *own;
  settings.own_given = !options.list("server_addresses").empty();
  settings.malformed = options.flag("malformed");
  settings.every = options.duration("every");
  if (settings.every != 0 && rssac_day % settings.every != 0)
    return Error{ErrorKind::config,
                 fmt::format("option 'every': a day is no multiple of {}; take 1h, 10m, 30s, ...",
                             format_duration(settings.every)),
                 "every"};
  settings.whole_days = options.flag("whole_days");
  settings.lateness = options.duration("lateness");
  if (options.text("sources") == "exact")
    settings.sources.exact_max = static_cast<std::uint64_t>(options.integer("exact_max"));
  settings.sources.precision = static_cast<std::uint8_t>(options.integer("precision"));
  return settings;
}

// Who makes days of parts chooses among all that there is.
bool RssacSettings::wants(RssacMetric metric) const {
  return partial || std::find(metrics.begin(), metrics.end(), metric) != metrics.end();
}

std::vector<OptionSpec> rssac_option_specs() {
  return {
      {"service", OptionType::text, "",
       "the name that the documents have, for example a.root-servers.net"},
      {.name = "version",
       .type = OptionType::choice,
       .default_text = "5",
       .help = "of RSSAC002, in the documents",
       .choices = {"3", "4", "5"}},
      {"metrics", OptionType::list, "traffic-volume,traffic-sizes,rcode-volume,unique-sources",
       "the documents; label-count, too, is known. Parts have what any of them needs"},
      {"server_addresses", OptionType::list, "",
       "addresses and prefixes of the server: only queries to them and responses from them count; "
       "none: all do"},
      {"malformed", OptionType::flag, "false",
       "messages of which only the header can be read count, too"},
      {.name = "sources",
       .type = OptionType::choice,
       .default_text = "exact",
       .help = "how sources are counted: in sets, or estimated by HyperLogLog",
       .choices = {"exact", "estimated"}},
      {.name = "exact_max",
       .type = OptionType::integer,
       .default_text = "64Mi",
       .help = "beyond so many IPv4 sources, IPv6 sources or networks their number is estimated",
       .min = 1,
       .max = 4e9},
      {.name = "precision",
       .type = OptionType::integer,
       .default_text = "16",
       .help = "HyperLogLog with 2^precision registers; standard error 1.04 / sqrt(2^precision)",
       .min = HyperLogLog::precision_min,
       .max = HyperLogLog::precision_max},
      {"every", OptionType::duration, "0s",
       "what there is of a day so far comes out so often, too; 0s: whole days only. With partial: "
       "true how often parts do",
       false, 0, static_cast<double>(rssac_day)},
      {"whole_days", OptionType::flag, "false",
       "the first day and the last one count as complete though the input begins or ends within"},
      {"partial", OptionType::flag, "false",
       "each task counts its part of the messages, whatever the grouping; a second rssac002 makes "
       "days of the parts"},
      {"lateness", OptionType::duration, "0s",
       "how far the watermark must be past a day's end before it is closed"},
  };
}

bool are_rssac_pieces(const Schema& schema) { return schema.find("pieces").has_value(); }

Result<Declaration> declare_rssac(const Options& options, const std::vector<InputDecl>& inputs) {
  RssacSettings settings = DNSTORM_TRY(RssacSettings::of(options));
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::partial;
  declaration.single_task = !settings.partial;
  for (const InputDecl& input : inputs) {
    std::vector<std::string> reads = {"window", "pieces"};
    if (!are_rssac_pieces(input.schema)) {
      reads = {"time", "qr", "ip_version", "transport", "size", "full_rcode", "malformed"};
      if (settings.wants(RssacMetric::unique_sources)) reads.emplace_back("client");
      if (settings.own_given) reads.emplace_back("server");
      if (settings.wants(RssacMetric::label_count)) reads.emplace_back("label_count");
    }
    for (const std::string& name : reads) {
      auto field = require_field(input, name, "");
      if (!field.ok())
        return Error{ErrorKind::config,
                     field.error().what +
                         "; messages of decode are wanted, or the rows of an "
                         "rssac002 with partial: true",
                     ""};
    }
    declaration.reads.push_back(std::move(reads));
  }
  declaration.outputs = {
      {"default", settings.partial ? rssac_piece_fields() : rssac_line_fields()}};
  return declaration;
}

}  // namespace dnstorm::operators
