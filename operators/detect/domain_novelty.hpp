// How much of what is asked for below a domain is new: of the tunnel's domain nearly all, of others
// a few percent, however much that is. That is the unique query ratio of Nadler, Aminov and Shabtai
// (Detection of malicious and low throughput data exfiltration over the DNS protocol, Computers and
// Security 80, 2019), row by row.
//
//   if (is_new) return novelty.is_mostly_new(hash, time);    // a row with a label that is new
//   if (row_dice(time)) novelty.repeat(hash, time);          // any other row
//
// Domains with new labels are known, in bounded memory: those with most of them. Rows of an hour
// ago count half. What a row finds depends on the rows of its key group before it. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/api/key.hpp"
#include "engine/api/state.hpp"
#include "operators/detect/row_dice.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

class DomainNovelty {
 public:
  // `share`: of rows that bring something new. `width`: of windows; in the first one all is new.
  DomainNovelty(double share, DurationNs width) : share_(share), width_(width) {}

  void repeat(std::uint64_t domain, TimeNs time) {
    Group& group = groups_[key_group(domain)];
    if (group.domains.empty()) return;
    if (Domain* known = find(group, domain)) fade(*known, time), known->repeats += rows_of_dice;
  }
  bool is_mostly_new(std::uint64_t domain, TimeNs time) {
    Group& group = groups_[key_group(domain)];
    if (group.learns_from == time_max) group.learns_from = window_of(time, width_).end;
    if (time < group.learns_from) return true;
    if (group.domains.empty()) group.domains.resize(sets * ways);
    Domain* known = find(group, domain);
    if (known == nullptr) known = replace_least(group, domain, time);
    fade(*known, time);
    ++known->news;
    return known->news >= share_ * (known->news + known->repeats);
  }

  bool idle(std::uint32_t group) const { return groups_[group].learns_from == time_max; }
  void save_group(std::uint32_t number, StateWriter& out) const {
    const Group& group = groups_[number];
    out.put(group.learns_from);
    out.put(!group.domains.empty());
    for (const Domain& domain : group.domains) {
      out.put(domain.hash);
      out.put(domain.seen);
      out.put(domain.news);
      out.put(domain.repeats);
    }
  }
  bool restore_group(std::uint32_t number, StateReader& in) {
    Group& group = groups_[number];
    group.learns_from = in.get<TimeNs>();
    if (in.get<bool>()) group.domains.resize(sets * ways);
    for (Domain& domain : group.domains) {
      domain.hash = in.get<std::uint64_t>();
      domain.seen = in.get<TimeNs>();
      domain.news = in.get<double>();
      domain.repeats = in.get<double>();
      if (!(domain.news >= 0 && domain.repeats >= 0)) return false;
    }
    return in.ok();
  }

 private:
  static constexpr std::size_t sets = 32, ways = 8;
  static constexpr double half_life = 3600.0 * static_cast<double>(ns_per_s);
  struct Domain {
    std::uint64_t hash = 0;
    TimeNs seen = 0;
    double news = 0;  // 0: a free place
    double repeats = 0;
  };
  struct Group {
    TimeNs learns_from = time_max;
    std::vector<Domain> domains;
  };

  static Domain* set_of(Group& group, std::uint64_t domain) {
    return &group.domains[(domain >> 8 & (sets - 1)) * ways];
  }
  static Domain* find(Group& group, std::uint64_t domain) {
    Domain* set = set_of(group, domain);
    for (std::size_t i = 0; i < ways; ++i)
      if (set[i].hash == domain && set[i].news > 0) return &set[i];
    return nullptr;
  }
  static Domain* replace_least(Group& group, std::uint64_t domain, TimeNs time) {
    Domain* set = set_of(group, domain);
    for (std::size_t i = 0; i < ways; ++i) fade(set[i], time);
    Domain* least = std::min_element(
        set, set + ways, [](const Domain& a, const Domain& b) { return a.news < b.news; });
    *least = {domain, time, 0, 0};
    return least;
  }
  static void fade(Domain& domain, TimeNs time) {
    double kept = std::exp2(-static_cast<double>(time_from_to(domain.seen, time)) / half_life);
    domain.seen = std::max(domain.seen, time);
    domain.news *= kept;
    domain.repeats *= kept;
  }

  double share_;
  DurationNs width_;
  std::array<Group, key_groups> groups_;
};

}  // namespace dnstorm::operators
