// What the options of `dsc` come to: the datasets, which indexers and filters they need of which
// input, and what those need to know. Made once a task; not changed while it runs.
#pragma once

#include <regex.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/api/options.hpp"
#include "operators/dsc/datasets.hpp"
#include "operators/enrich/prefix_set.hpp"

namespace dnstorm::operators {

// A filter that the user defines: POSIX extended, in any case of letters.
class DscQnameFilter {
 public:
  // "NAME REGEX". Fails with kind `config`.
  static Result<DscQnameFilter> parse(const std::string& text);
  const std::string& name() const { return name_; }
  bool passes(const char* qname) const {
    return regexec(pattern_.get(), qname, 0, nullptr, 0) == 0;
  }

 private:
  struct Free {
    void operator()(regex_t* pattern) const {
      regfree(pattern);
      delete pattern;
    }
  };
  std::string name_;
  std::shared_ptr<regex_t> pattern_;
};

// The list of what counts as a top-level domain (DSC's tld_list).
class DscTldList {
 public:
  // One name a line; lines that begin with # and empty ones are left out. Fails with kind
  // `no_input`.
  static Result<DscTldList> read(const std::string& path);
  void add(std::string_view name);
  bool has(std::string_view name) const {
    auto node = nodes_.find(name);
    return node != nodes_.end() && (node->second & is_tld) != 0;
  }
  // How many bytes of the name's end are its top-level domain: the longest entry, else the last
  // label.
  std::size_t tld_size(std::string_view qname) const;

 private:
  enum : std::uint8_t { is_tld = 1, has_children = 2 };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, std::uint8_t, Hash, std::equal_to<>> nodes_;
};

struct DscSettings {
  std::vector<DscDataset> datasets;
  bool exact = false;  // with the defects of DSC 2.15
  bool has_local = false;
  PrefixSet local;
  IpAddress mask_v4, mask_v6;
  std::vector<DscQnameFilter> qname_filters;
  DscBuckets buckets;
  std::size_t open_queries = 0;  // of response times
  bool drop_oldest = false;
  bool pairs_given = false;  // response times come from `match`, else from the messages themselves

  // The dataset of response times; DSC has one at most. The number of datasets: none.
  std::size_t response_times() const;

  // What can be known without reading a file. Fails with kind `config`.
  static Result<DscSettings> of(const Options& options);
};

struct DscSlotsWanted;

// What of the datasets one kind of input counts.
struct DscPlan {
  // Rows that pass some filters: those of another selection that pass a few more.
  struct Selection {
    std::uint64_t filters = 0;  // all of them, as bits
    std::uint64_t added = 0;    // to those of the base
    std::size_t base = 0;       // a selection before this one; of the first one, itself: all rows
  };
  // An indexer that is used, and the rows for which it is: those that pass a selection. There may
  // be several of an indexer that has a table, which they share.
  struct Slot {
    DscIndexer indexer;
    std::size_t selection;
    std::size_t table;  // number of its table in the window, if it has one
  };
  struct Use {
    std::size_t dataset;
    std::size_t selection;
    std::array<std::size_t, 2> slots;
  };
  std::vector<Slot> slots;
  std::vector<Selection> selections;  // the first one has no filter
  std::vector<Use> uses;
  std::uint64_t filters = 0;  // all that are used
  std::size_t tables = 0;
  std::size_t other_slot = 0;  // the other dimension of response_time
  std::size_t tld_slot = 0;    // where query_classification finds the top-level domain

  // `pairs`: of matched queries and responses (response_time), else of messages.
  DscPlan() = default;
  DscPlan(const DscSettings& settings, bool pairs);
  std::vector<std::string> reads(const DscSettings& settings) const;

 private:
  bool pairs_ = false;
  void add_selections(std::vector<std::uint64_t> filters);
  void add_slots(const DscSlotsWanted& wanted);
  std::size_t slot_of(DscIndexer indexer, std::uint64_t filters) const;
  std::size_t selection_of(std::uint64_t bits) const;
};

// Bits of filters: dsc_filters(), then qname filters, and last whether DSC would count the message
// at all.
inline constexpr unsigned dsc_qname_filter_bit = 32;
inline constexpr unsigned dsc_counted_bit = 63;
inline constexpr std::size_t dsc_qname_filters_max = dsc_counted_bit - dsc_qname_filter_bit;

}  // namespace dnstorm::operators
