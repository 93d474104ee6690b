#include "operators/dsc/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "capture/dns/name.hpp"

namespace dnstorm::operators {

namespace {

using Names = std::vector<std::string>;

Error bad(const char* option, std::string why) {
  return {ErrorKind::config, std::move(why), option};
}

IpAddress mask_of(unsigned bits, bool v4) {
  IpAddress mask;
  mask.bytes.fill(0xff);
  for (unsigned bit = bits + (v4 ? 96U : 0U); bit < 128; ++bit)
    mask.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  return mask;
}

// The fields that a filter looks at, by its bit.
Names fields_of(unsigned bit) {
  static const std::vector<Names> fields = {{"qr"},
                                            {"qr"},
                                            {"rcode"},
                                            {"rcode"},
                                            {"qtype"},
                                            {"qname"},
                                            {"qtype"},
                                            {"qname"},
                                            {"qclass"},
                                            {"qtype", "qname"},
                                            {"ad"},
                                            {"edns", "edns_version"},
                                            {"edns", "edns_version", "cookie"},
                                            {"edns", "edns_version", "nsid"},
                                            {"edns", "edns_version", "ecs"},
                                            {"edns", "edns_version", "edns_options"}};
  if (bit == dsc_counted_bit) return {"malformed", "questions", "qname_length", "size"};
  return bit < fields.size() ? fields[bit] : Names{"qname"};
}

std::uint64_t bits_of(const DscDataset& dataset, const DscSettings& settings) {
  std::uint64_t bits = 0;
  for (const std::string& filter : dataset.filters) {
    const Names& known = dsc_filters();
    auto found = std::find(known.begin(), known.end(), filter);
    auto bit = static_cast<unsigned>(found - known.begin());
    if (found == known.end()) {
      const auto& own = settings.qname_filters;
      bit = dsc_qname_filter_bit;
      while (own[bit - dsc_qname_filter_bit].name() != filter) ++bit;
    }
    bits |= std::uint64_t{1} << bit;
  }
  return bits;
}

template <class T>
std::size_t place_of(std::vector<T>& list, const T& value) {
  auto found = std::find(list.begin(), list.end(), value);
  if (found == list.end()) found = list.insert(list.end(), value);
  return static_cast<std::size_t>(found - list.begin());
}

}  // namespace

Result<DscQnameFilter> DscQnameFilter::parse(const std::string& text) {
  std::size_t blank = text.find(' ');
  if (blank == std::string::npos || blank == 0)
    return bad("qname_filters",
               fmt::format("'{}' is no filter, which is written NAME REGEX", text));
  DscQnameFilter filter;
  filter.name_ = text.substr(0, blank);
  auto pattern = std::make_unique<regex_t>();
  int code = regcomp(pattern.get(), text.c_str() + text.find_first_not_of(' ', blank),
                     REG_EXTENDED | REG_ICASE | REG_NOSUB);
  if (code != 0) {
    char why[256];
    regerror(code, pattern.get(), why, sizeof why);
    return bad("qname_filters", fmt::format("the expression of '{}' is wrong: {}", text, why));
  }
  filter.pattern_ = std::shared_ptr<regex_t>(pattern.release(), Free{});
  return filter;
}

Result<DscTldList> DscTldList::read(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}; name a file with one name a line", path,
                             std::strerror(errno)),
                 ""};
  DscTldList list;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#') list.add(line.substr(0, line.find_first_of(" \t\r")));
  return list;
}

void DscTldList::add(std::string_view name) {
  auto normal = capture::dns::normal_name(name);
  if (!normal) return;
  nodes_[*normal] |= is_tld;
  for (std::size_t dot = normal->find('.'); dot != std::string::npos;
       dot = normal->find('.', dot + 1))
    nodes_[normal->substr(dot + 1)] |= has_children;
}

std::size_t DscTldList::tld_size(std::string_view qname) const {
  if (qname.size() <= 1) return qname.size();  // the root is a dot
  std::size_t found = 0;
  std::size_t last = 0;
  for (std::size_t end = qname.size();;) {
    std::size_t dot = end == 0 ? std::string_view::npos : qname.rfind('.', end - 1);
    std::size_t from = dot == std::string_view::npos ? 0 : dot + 1;
    if (last == 0) last = qname.size() - from;
    auto node = nodes_.find(qname.substr(from));
    if (node == nodes_.end()) break;
    // A name that is an entry as a whole has no label of its own before it.
    if ((node->second & is_tld) != 0 && from != 0) found = qname.size() - from;
    if ((node->second & has_children) == 0 || from == 0) break;
    end = dot;
  }
  return found != 0 ? found : last;
}

Result<DscSettings> DscSettings::of(const Options& options) {
  DscSettings made;
  Names own;
  for (const std::string& text : options.list("qname_filters")) {
    made.qname_filters.push_back(DNSTORM_TRY(DscQnameFilter::parse(text)));
    own.push_back(made.qname_filters.back().name());
  }
  if (own.size() > dsc_qname_filters_max)
    return bad("qname_filters", fmt::format("there are at most {}", dsc_qname_filters_max));
  made.datasets = DNSTORM_TRY(parse_dsc_datasets(options.list("datasets"), own));
  made.exact = options.text("compat") == "exact";
  const Names& local = options.list("local_address");
  made.has_local = !local.empty();
  auto prefixes = PrefixSet::parse(local);
  if (!prefixes.ok()) return bad("local_address", prefixes.error().what);
  made.local = *prefixes;
  made.mask_v4 = mask_of(static_cast<unsigned>(options.integer("client_mask_v4")), true);
  made.mask_v6 = mask_of(static_cast<unsigned>(options.integer("client_mask_v6")), false);
  const std::string& mode = options.text("response_time_mode");
  made.buckets.mode = mode == "bucket" ? DscBuckets::Mode::linear
                      : mode == "log2" ? DscBuckets::Mode::log2
                                       : DscBuckets::Mode::log10;
  made.buckets.width_us = static_cast<std::uint64_t>(options.integer("response_time_bucket_size"));
  made.buckets.max_us =
      static_cast<std::uint64_t>(options.duration("response_time_max") / ns_per_us);
  made.buckets.timed_out_above_max = options.text("response_time_max_mode") == "timed_out";
  made.buckets.exact = made.exact;
  made.open_queries = static_cast<std::size_t>(options.integer("response_time_max_queries"));
  made.drop_oldest = options.text("response_time_full_mode") == "drop_oldest";
  return made;
}

std::size_t DscSettings::response_times() const {
  std::size_t place = 0;
  while (place < datasets.size() && !datasets[place].uses(DscIndexer::response_time)) ++place;
  return place;
}

// The indexers that are used, with the filters that pick their rows: what the datasets of an
// indexer have in common. Of one that keeps a table of addresses or texts only rows that some
// dataset counts are looked at, so such an indexer may come twice; `tld` does not, for others look
// at it.
struct DscSlotsWanted {
  std::vector<std::pair<DscIndexer, std::uint64_t>> slots;

  void add(DscIndexer indexer, std::uint64_t bits) {
    bool apart = dsc_indexer(indexer).form != DscForm::number && indexer != DscIndexer::tld;
    for (auto& [known, common] : slots) {
      std::uint64_t shared = common & bits;
      if (known == indexer && (!apart || shared == common || shared == bits)) {
        common = shared;
        return;
      }
    }
    slots.emplace_back(indexer, bits);
  }
};

DscPlan::DscPlan(const DscSettings& settings, bool pairs) : pairs_(pairs) {
  DscSlotsWanted wanted;
  std::vector<std::pair<std::size_t, std::uint64_t>> counted;
  for (std::size_t i = 0; i < settings.datasets.size(); ++i) {
    const DscDataset& dataset = settings.datasets[i];
    bool of_pairs = settings.pairs_given && dataset.uses(DscIndexer::response_time);
    if (of_pairs != pairs) continue;
    std::uint64_t bits = bits_of(dataset, settings);
    if (settings.exact && !pairs) bits |= std::uint64_t{1} << dsc_counted_bit;
    filters |= bits;
    counted.emplace_back(i, bits);
    // What another looks at stands before it.
    std::array<DscIndexer, 2> order = {dataset.dimensions[0].indexer,
                                       dataset.dimensions[1].indexer};
    if (order[0] == DscIndexer::response_time) std::swap(order[0], order[1]);
    for (DscIndexer indexer : order) {
      if (indexer == DscIndexer::query_classification) wanted.add(DscIndexer::tld, bits);
      wanted.add(indexer, bits);
    }
  }
  std::vector<std::uint64_t> all = {0};
  for (const auto& [indexer, bits] : wanted.slots) all.push_back(bits);
  for (const auto& [dataset, bits] : counted) all.push_back(bits);
  add_selections(std::move(all));
  add_slots(wanted);
  for (const auto& [dataset, bits] : counted) {
    const auto& dimensions = settings.datasets[dataset].dimensions;
    uses.push_back({dataset,
                    selection_of(bits),
                    {slot_of(dimensions[0].indexer, bits), slot_of(dimensions[1].indexer, bits)}});
    if (dimensions[1].indexer == DscIndexer::response_time) other_slot = uses.back().slots[0];
    if (dimensions[0].indexer == DscIndexer::response_time) other_slot = uses.back().slots[1];
  }
}

void DscPlan::add_slots(const DscSlotsWanted& wanted) {
  for (const auto& [indexer, bits] : wanted.slots) {
    std::size_t table = 0;
    if (dsc_indexer(indexer).form != DscForm::number) {
      auto same = std::find_if(slots.begin(), slots.end(),
                               [&](const Slot& slot) { return slot.indexer == indexer; });
      table = same != slots.end() ? same->table : tables++;
    }
    slots.push_back({indexer, selection_of(bits), table});
    if (indexer == DscIndexer::tld) tld_slot = slots.size() - 1;
  }
}

std::size_t DscPlan::slot_of(DscIndexer indexer, std::uint64_t bits) const {
  std::size_t slot = 0;
  while (slots[slot].indexer != indexer || (selections[slots[slot].selection].filters & ~bits) != 0)
    ++slot;
  return slot;
}

// Each one from the one before it that leaves the fewest rows, as far as can be told.
void DscPlan::add_selections(std::vector<std::uint64_t> filters_of) {
  std::sort(filters_of.begin(), filters_of.end(), [](std::uint64_t a, std::uint64_t b) {
    return std::pair(std::popcount(a), a) < std::pair(std::popcount(b), b);
  });
  filters_of.erase(std::unique(filters_of.begin(), filters_of.end()), filters_of.end());
  for (std::uint64_t bits : filters_of) {
    std::size_t base = 0;
    for (std::size_t i = 0; i < selections.size(); ++i)
      if ((selections[i].filters & ~bits) == 0) base = i;
    selections.push_back({bits, bits & ~(selections.empty() ? 0 : selections[base].filters), base});
  }
}

std::size_t DscPlan::selection_of(std::uint64_t bits) const {
  std::size_t place = 0;
  while (selections[place].filters != bits) ++place;
  return place;
}

Names DscPlan::reads(const DscSettings& settings) const {
  Names names;
  for (const Slot& slot : slots) {
    // Without an own address every packet goes elsewhere.
    if (slot.indexer == DscIndexer::ip_direction && !settings.has_local) continue;
    if (slot.indexer == DscIndexer::response_time && !pairs_) {
      for (const char* field : {"qr", "txn"}) place_of(names, std::string(field));
      continue;
    }
    for (const std::string& field : dsc_indexer(slot.indexer).reads) place_of(names, field);
  }
  for (unsigned bit = 0; bit < 64; ++bit)
    if ((filters >> bit & 1) != 0)
      for (const std::string& field : fields_of(bit)) place_of(names, field);
  return names;
}

}  // namespace dnstorm::operators
