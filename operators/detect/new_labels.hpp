// Which labels of names are new below their registered domain: nobody has asked for them lately.
// Only they carry information; "www" does not, nor does a name that others ask for, too. What has
// been seen is kept in a filter for each key group of the domain.
//
//   if (labels.meet(name, time)) ...                // has a new one; seen from the next window on
//   labels.each_new(name, [](hash, bytes) {...});   // of the row that was just met
//
// Short labels are sampled (threshold sampling; Duffield, Lund, Thorup: Learn more, sample less,
// IEEE Transactions on Information Theory 51, 2005): one of n bytes counts as `least_bytes` with
// the probability n / least_bytes, by its hash. The sum stays unbiased, and most clients of most
// domains need no memory. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/base/prefetch.hpp"
#include "operators/detect/grouped_seen.hpp"

namespace dnstorm::operators {

class NewLabels {
 public:
  static constexpr std::uint32_t least_bytes = 32;

  struct Name {
    std::string_view qname;
    std::uint64_t hash = 0;
    std::string_view domain;
    std::uint64_t domain_hash = 0;
  };

  // `memory`: bytes, for all key groups. `width`: of windows.
  NewLabels(std::uint64_t memory, DurationNs width);

  // Nearly always there is nothing to fetch.
  void prefetch(std::uint64_t hash, std::uint64_t domain_hash) const {
    std::uint64_t known = lately_[hash % lately_size] - in_window(hash, domain_hash);
    if (known > is_new_one) seen_.of(domain_hash).prefetch(hash_combine(domain_hash, hash));
  }
  // `name()`: the name with these hashes.
  template <class NameOf>
  bool meet(std::uint64_t hash, std::uint64_t domain_hash, TimeNs time, NameOf&& name) {
    SeenItems& seen = seen_.at(domain_hash, time);
    // Most names are asked for all the time, and one look at a small table tells: once a window
    // they must be met, or the filter forgets them. A new one is new for each client that asks for
    // it in the window.
    std::uint64_t& known = lately_[hash % lately_size];
    std::uint64_t here = in_window(hash, domain_hash);
    if (known - here <= is_new_one) return known != here;
    bool is_new = meet_rare(seen, name());
    known = here + (is_new ? is_new_one : 0);
    return is_new;
  }
  bool meet(const Name& name, TimeNs time) {
    return meet(name.hash, name.domain_hash, time, [&] { return name; });
  }
  template <class Use>
  void each_new(const Name& name, Use&& use) const {
    const SeenItems& seen = seen_.of(name.domain_hash);
    each_label(name, [&](std::uint64_t hash, std::string_view label) {
      if (seen.contains(hash)) return;
      if (std::uint32_t bytes = counted_bytes(hash, label)) use(hash, bytes);
    });
  }
  bool idle(std::uint32_t group) const { return seen_.idle(group); }
  void save_group(std::uint32_t group, StateWriter& out) const { seen_.save_group(group, out); }
  bool restore_group(std::uint32_t group, StateReader& in) {
    return seen_.restore_group(group, in);
  }

 private:
  template <class Use>
  static void each_label(const Name& name, Use&& use) {
    std::string_view rest = name.qname.substr(0, name.qname.size() - name.domain.size() - 1);
    while (!rest.empty()) {
      std::string_view label = rest.substr(0, rest.find('.'));
      use(hash_combine(name.domain_hash, hash_bytes(label)), label);
      rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    }
  }
  static constexpr std::size_t lately_size = 1 << 15;
  static constexpr std::uint64_t is_new_one = 1;
  // Stands for a name in the window that its key group is in.
  std::uint64_t in_window(std::uint64_t hash, std::uint64_t domain_hash) const {
    return hash + static_cast<std::uint64_t>(seen_.window_end(domain_hash));
  }
  static bool meet_rare(SeenItems& seen, const Name& name);
  static std::uint32_t counted_bytes(std::uint64_t hash, std::string_view label);

  GroupedSeen seen_;
  std::vector<std::uint64_t> lately_;  // names met in their window, and whether one is new
};

}  // namespace dnstorm::operators
