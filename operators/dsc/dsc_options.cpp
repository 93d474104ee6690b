#include "operators/dsc/dsc_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "operators/dsc/results.hpp"

namespace dnstorm::operators {

namespace {

using Names = std::vector<std::string>;

std::vector<OptionSpec> counting_options() {
  return {
      {"datasets", OptionType::list, "default",
       "names of known datasets (`default`: the 21 of DSC's sample configuration), and lines of "
       "DSC's configuration: NAME LAYER LABEL:INDEXER LABEL:INDEXER FILTERS [min-count=N] "
       "[max-cells=N]"},
      {"interval", OptionType::duration, "60s", "width of the intervals, aligned to it", false, 1e9,
       86400e9},
      {.name = "compat",
       .type = OptionType::choice,
       .default_text = "correct",
       .help = "exact: with the defects of DSC 2.15, for files that go on an old series",
       .choices = {"correct", "exact"}},
      {"partial", OptionType::flag, "false",
       "each task counts its part of the messages, whatever the grouping; a second dsc with the "
       "same datasets adds the parts up"},
      {"lateness", OptionType::duration, "0s",
       "how far the watermark must be past an interval's end before it is closed"},
      {"server", OptionType::text, "", "name of the server: a field of the result"},
      {"node", OptionType::text, "", "name of the node: a field of the result"},
      {"interface", OptionType::text, "any", "name of the source in pcap_stats"},
  };
}

std::vector<OptionSpec> knowledge_options() {
  return {
      {"local_address", OptionType::list, "", "addresses and prefixes that are the server's own"},
      {"client_mask_v4", OptionType::integer, "24", "bits of a client subnet", false, 0, 32},
      {"client_mask_v6", OptionType::integer, "96", "bits of a client subnet", false, 0, 128},
      {"qname_filters", OptionType::list, "",
       "filters of names: NAME REGEX (POSIX extended, in any case of letters)"},
      {"known_tlds", OptionType::text, "",
       "file of the top-level domains that there are, one a line; by default those of the Public "
       "Suffix List"},
      {"tld_list", OptionType::text, "",
       "file of the names that count as one label, one a line; by default none"},
      {"country_database", OptionType::text, "", "file in MaxMind's format, for country"},
      {"asn_database", OptionType::text, "", "file in MaxMind's format, for asn"},
      {.name = "response_time_mode",
       .type = OptionType::choice,
       .default_text = "log10",
       .help = "buckets of response times: of one width, or by powers of 10 or 2 (microseconds)",
       .choices = {"bucket", "log10", "log2"}},
      {"response_time_bucket_size", OptionType::integer, "100", "width in microseconds", false, 1,
       1e9},
      {"response_time_max", OptionType::duration, "5s", "the longest response time", false, 1e6,
       3600e9},
      {"response_time_max_queries", OptionType::integer, "1000000",
       "queries that wait at once, where no match gives the response times", false, 1, 1e9},
      {.name = "response_time_full_mode",
       .type = OptionType::choice,
       .default_text = "drop_query",
       .help = "which one is dropped beyond: the new one or the oldest",
       .choices = {"drop_query", "drop_oldest"}},
      {.name = "response_time_max_mode",
       .type = OptionType::choice,
       .default_text = "ceil",
       .help = "what is longer counts as the longest, or as timed out",
       .choices = {"ceil", "timed_out"}},
  };
}

bool has_fields(const Schema& schema, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const char* name) { return schema.find(name).has_value(); });
}

std::optional<DscInput> kind_of(const Schema& schema) {
  if (has_fields(schema, {"dataset", "key1", "key2", "count"})) return DscInput::cells;
  if (has_fields(schema, {"outcome", "packets"})) return DscInput::packets;
  if (has_fields(schema, {"interface", "reason", "packets"})) return DscInput::drops;
  if (has_fields(schema, {"status", "latency_us"})) return DscInput::pairs;
  if (has_fields(schema, {"time"})) return DscInput::messages;
  return {};
}

Names reads_of(DscInput kind, const DscSettings& settings) {
  Names reads;
  switch (kind) {
    case DscInput::cells:
      return {"window", "dataset", "key1", "key2", "count"};
    case DscInput::packets:
      return {"time", "outcome", "packets"};
    case DscInput::drops:
      return {"time", "interface", "reason", "packets"};
    case DscInput::pairs:
      reads = DscPlan(settings, true).reads(settings);
      for (const char* name : {"status", "latency_us"})
        if (std::find(reads.begin(), reads.end(), name) == reads.end()) reads.emplace_back(name);
      break;
    case DscInput::messages:
      reads = DscPlan(settings, false).reads(settings);
  }
  if (std::find(reads.begin(), reads.end(), "time") == reads.end()) reads.emplace_back("time");
  return reads;
}

bool open_keys(const DscSettings& settings) {
  for (const DscDataset& dataset : settings.datasets)
    for (const DscDimension& dimension : dataset.dimensions)
      if (dsc_indexer(dimension.indexer).form != DscForm::number) return true;
  return false;
}

// Response times out of the messages themselves.
Result<void> check_response_times(const Options& options, const DscSettings& settings) {
  std::size_t place = settings.response_times();
  if (settings.pairs_given || place == settings.datasets.size()) return {};
  const DscDataset& dataset = settings.datasets[place];
  auto refused = [&](const char* why) {
    return Error{ErrorKind::config,
                 fmt::format("dataset '{}': {}; feed the rows of a match, too", dataset.name, why),
                 "datasets"};
  };
  if (options.flag("partial")) return refused("one task must see a query and its response");
  for (const DscDimension& dimension : dataset.dimensions)
    if (dsc_indexer(dimension.indexer).form != DscForm::number ||
        dimension.indexer == DscIndexer::dns_source_port)
      return refused("beside response_time there are numbers other than ports, and classes");
  for (std::size_t i = place + 1; i < settings.datasets.size(); ++i)
    if (settings.datasets[i].uses(DscIndexer::response_time))
      return refused("there is another one by response_time");
  return {};
}

// DSC's shift of source ports depends on the order in which they come.
Result<void> check_partial(const Options& options, const DscSettings& settings) {
  if (!options.flag("partial") || !settings.exact) return {};
  for (const DscDataset& dataset : settings.datasets)
    if (dataset.uses(DscIndexer::dns_source_port))
      return Error{ErrorKind::config,
                   fmt::format("dataset '{}': with compat: exact, dns_source_port depends on the "
                               "order of all messages; leave partial: true out",
                               dataset.name),
                   "partial"};
  return {};
}

}  // namespace

std::vector<OptionSpec> dsc_option_specs() {
  std::vector<OptionSpec> specs = counting_options();
  for (OptionSpec& spec : knowledge_options()) specs.push_back(std::move(spec));
  return specs;
}

Result<DscInput> dsc_input_kind(const InputDecl& input) {
  if (auto kind = kind_of(input.schema)) return *kind;
  return Error{ErrorKind::config,
               fmt::format("stream '{}' of '{}' is none that it counts: messages or packets of "
                           "decode, drops of pcap, rows of match or of another dsc",
                           input.stream, input.component),
               ""};
}

DscInput dsc_input_kind(const Schema& pruned) {
  auto kind = kind_of(pruned);
  DNSTORM_ASSERT(kind.has_value(), "an input has lost the fields that tell what it is",
                 pruned.names());
  return *kind;
}

Result<Declaration> declare_dsc(const Options& options, const std::vector<InputDecl>& inputs) {
  DscSettings settings = DNSTORM_TRY(DscSettings::of(options));
  DNSTORM_CHECK(check_partial(options, settings));
  bool messages = false;
  for (const InputDecl& input : inputs) {
    DscInput kind = DNSTORM_TRY(dsc_input_kind(input));
    messages = messages || kind == DscInput::messages;
    settings.pairs_given = settings.pairs_given || kind == DscInput::pairs;
  }
  if (messages) DNSTORM_CHECK(check_response_times(options, settings));
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::partial;
  declaration.single_task = !options.flag("partial");
  for (const InputDecl& input : inputs) {
    Names reads = reads_of(DNSTORM_TRY(dsc_input_kind(input)), settings);
    for (const std::string& name : reads) (void)DNSTORM_TRY(require_field(input, name, "datasets"));
    declaration.reads.push_back(std::move(reads));
  }
  declaration.outputs = {{"default", dsc_cell_fields(open_keys(settings))},
                         {"arrays", dsc_array_fields()}};
  return declaration;
}

}  // namespace dnstorm::operators
