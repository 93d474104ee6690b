// Which labels of names are new below their registered domain: nobody has asked for them lately.
// Only they carry information; "www" does not, nor does a name that others ask for, too. What has
// been seen is kept in a filter for each key group of the domain.
//
//   if (labels.meet(name)) ...                      // has a new one; remembered from now on
//   labels.each_new(name, [](hash, bytes) {...});   // in the same window
//   labels.turn();                                  // at its end
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

  // `memory`: bytes, for all key groups.
  explicit NewLabels(std::uint64_t memory);

  void prefetch(std::uint64_t hash, std::uint64_t domain_hash) const {
    __builtin_prefetch(&lately_[hash % lately_size]);
    seen_.of(domain_hash).prefetch(hash_combine(domain_hash, hash));
  }
  bool meet(const Name& name) {
    // Most names are asked for all the time, and one look at a small table tells.
    std::uint64_t& known = lately_[name.hash % lately_size];
    if (known == name.hash) return false;
    bool is_new = meet_rare(name);
    // A new one is looked at for each client that asks for it in the window.
    if (!is_new) known = name.hash;
    return is_new;
  }
  template <class Use>
  void each_new(const Name& name, Use&& use) const {
    const SeenItems& seen = seen_.of(name.domain_hash);
    each_label(name, [&](std::uint64_t hash, std::string_view label) {
      if (seen.contains(hash)) return;
      if (std::uint32_t bytes = counted_bytes(hash, label)) use(hash, bytes);
    });
  }
  void turn();

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
  static constexpr std::size_t lately_size = 1 << 14;
  bool meet_rare(const Name& name);
  static std::uint32_t counted_bytes(std::uint64_t hash, std::string_view label);

  GroupedSeen seen_;
  std::vector<std::uint64_t> lately_;  // names without a new label in this window, by hash
};

}  // namespace dnstorm::operators
