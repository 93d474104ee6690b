// Totals and windows of topologies, out of what their workers tell. Pure: time comes in. Used by
// one thread at a time.
//
// Workers count from 0 each time they begin; the totals here go on: what an incarnation tells is
// added to what those before it had counted. A window's numbers are what the totals have grown by
// since a sample of about that age; there are sixty samples a window, and one a second at most, so
// its beginning is off by a sixtieth of it, or a second. Where a topology is younger than a window,
// all of it is in it.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "cluster/control/worker_stats.hpp"
#include "cluster/model/report.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

using ComponentCounts = std::map<std::string, Counts>;  // by component

class StatsBook {
 public:
  static constexpr DurationNs recent = 10 * ns_per_s;  // that rates are taken over
  static constexpr DurationNs all_time = 0;
  static constexpr std::array<DurationNs, 4> windows = {recent, 600 * ns_per_s, 10'800 * ns_per_s,
                                                        86'400 * ns_per_s};

  struct Window {
    ComponentCounts components;
    double seconds = 0;  // that they are over
  };
  struct Task {
    std::string node;
    std::uint64_t incarnation = 0;
    Counts worker;     // what its worker has told last
    Counts total;      // over all incarnations
    TimeNs begun = 0;  // when it was first heard of in this incarnation
    TimeNs told = 0;
    Counts before;           // what its worker has told before that, in this incarnation
    TimeNs told_before = 0;  // 0: nothing

    // The share of the last seconds that `time` of its counts has grown by, 0 to 1.
    double share(std::uint64_t Counts::*time) const;
  };
  struct Worker {
    std::uint64_t incarnation = 0;
    ProcessStats now;
    ProcessStats before;  // in this incarnation
    TimeNs told = 0;
    TimeNs told_before = 0;  // 0: nothing
    // By the second, over the last seconds; 0 of a link that was not there.
    double cores() const;
    double sent_per_second(const LinkNumbers& link) const;
    double received_per_second(const LinkNumbers& link) const;
  };
  using Tasks = std::map<std::pair<std::string, std::uint32_t>, Task>;  // by (component, index)

  void take(const WorkerNews& news, TimeNs now);
  // `length` is one of `windows`, or all_time.
  Window window(std::string_view topology, DurationNs length, TimeNs now) const;
  const Tasks& tasks(std::string_view topology) const;
  const Worker* worker(std::string_view topology, std::string_view node) const;  // or null
  // Forgets the topologies that `is_there` does not know.
  template <class F>
  void keep(F is_there) {
    std::erase_if(topologies_, [&](const auto& entry) { return !is_there(entry.first); });
  }
  std::uint64_t unreadable() const { return unreadable_; }  // texts that were no numbers

 private:
  struct Sample {
    TimeNs at = 0;
    ComponentCounts totals;
  };
  struct Topology {
    TimeNs begun = 0;
    Tasks tasks;
    std::map<std::string, Worker, std::less<>> workers;  // by node
    std::array<std::deque<Sample>, windows.size()> samples;
  };
  static void take_process(Topology& topology, const WorkerNews& news, TimeNs now);
  static ComponentCounts totals_of(const Topology& topology);
  static void sample(Topology& topology, TimeNs now);

  std::map<std::string, Topology, std::less<>> topologies_;  // by id
  std::uint64_t unreadable_ = 0;
};

}  // namespace dnstorm::cluster
