// The options of `rssac002`. Pure functions for OperatorDef::declare.
#pragma once

#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "operators/enrich/prefix_set.hpp"
#include "operators/rssac002/day.hpp"

namespace dnstorm::operators {

inline constexpr DurationNs rssac_day = 86'400 * ns_per_s;

struct RssacSettings {
  // Error::subject names the option at fault.
  static Result<RssacSettings> of(const Options& options);
  bool wants(RssacMetric metric) const;

  std::string service;
  std::string version;  // "rssac002v5"
  std::vector<RssacMetric> metrics;
  PrefixSet own;
  bool own_given = false;  // otherwise every query is to the server
  bool malformed = false;  // these count, too
  bool partial = false;
  bool whole_days = false;  // the first and the last one, too
  DurationNs every = 0;     // 0: never in between
  DurationNs lateness = 0;
  RssacSources sources;
};

std::vector<OptionSpec> rssac_option_specs();

// Whether rows are pieces of another rssac002 rather than messages.
bool are_rssac_pieces(const Schema& schema);

Result<Declaration> declare_rssac(const Options& options, const std::vector<InputDecl>& inputs);

}  // namespace dnstorm::operators
