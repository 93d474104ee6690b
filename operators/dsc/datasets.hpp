// Datasets of DSC: a matrix of counts by two indexers of the messages that pass some filters. One
// line of DSC's configuration is one dataset:
//
//   NAME LAYER LABEL:INDEXER LABEL:INDEXER FILTER[,FILTER...] [min-count=N] [max-cells=N]
//   rcode_vs_replylen dns Rcode:rcode ReplyLen:msglen replies-only
//
// The layers `dns` and `ip` count the same messages, as DSC does. Pure functions, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/dsc/indexers.hpp"

namespace dnstorm::operators {

struct DscDimension {
  std::string label;
  DscIndexer indexer = DscIndexer::null;
};

struct DscDataset {
  std::string name;
  std::array<DscDimension, 2> dimensions;
  std::vector<std::string> filters;  // without `any`
  std::uint64_t min_count = 0;       // cells below are skipped; 0: none
  std::uint64_t max_cells = 0;       // of a row; 0: all

  bool uses(DscIndexer indexer) const {
    return dimensions[0].indexer == indexer || dimensions[1].indexer == indexer;
  }
};

// Filters that need no definition, by their place: the bit that stands for each.
const std::vector<std::string>& dsc_filters();

// The datasets of DSC's sample configuration: those that are active there, and those offered.
const std::vector<std::string>& dsc_default_lines();
const std::vector<std::string>& dsc_offered_lines();

// `own_filters`: names of qname filters. Fails with kind `config`.
Result<DscDataset> parse_dsc_dataset(std::string_view line,
                                     const std::vector<std::string>& own_filters);

// Each text is the name of one of the lines above, `default` for all that are active, or a line.
Result<std::vector<DscDataset>> parse_dsc_datasets(const std::vector<std::string>& texts,
                                                   const std::vector<std::string>& own_filters);

}  // namespace dnstorm::operators
