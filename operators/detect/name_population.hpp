// How the labels look that clients ask for and that do not exist, in this network: the shares of
// their kinds, learned from clients that are not suspected, and how many labels there are a day.
// What a label says of a client is said beside these.
//
//   population.begin(window);                     // before the clients of a window are looked at
//   LabelOdds odds = population.odds(kind);
//   population.add(kind, ordinary);
//
// The shares begin as those of lists of popular names of which a third is mistyped, which weigh as
// much as a thousand labels. What is learned in a window counts from the next one on, so the order
// of clients does not matter. A value, for each key group.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/api/state.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

// A label by its log odds (generated_odds()), and by its length and what it has in common with
// others of the client.
struct LabelKind {
  static constexpr std::size_t odds_kinds = 8;
  static constexpr std::size_t likeness_kinds = 7;
  static std::size_t odds_kind(double odds);
  // `alike`: parts, 0 to 2, that it shares with others. A label that is not `parted` has none.
  static std::size_t likeness_kind(bool parted, bool lengthy, int alike) {
    if (!parted) return 0;
    return (lengthy ? 4U : 1U) + static_cast<std::size_t>(alike);
  }
  std::size_t odds = 0;
  std::size_t likeness = 0;
};

// What a label says, in nats: how much more likely it is among names of a program than among those
// of clean clients.
struct LabelOdds {
  double random = 0;   // of programs that take letters and digits at will
  double halfway = 0;  // of programs whose names lie halfway between these and those of people
  double words = 0;    // of programs that put words together
};

class NamePopulation {
 public:
  NamePopulation();
  void begin(WindowBounds window);
  LabelOdds odds(const LabelKind& kind) const {
    return {random_[kind.odds], halfway_[kind.odds], words_[kind.likeness]};
  }
  // `ordinary`: of a client that is not suspected.
  void add(const LabelKind& kind, bool ordinary);
  // Of the windows before.
  double labels_a_day() const;

  bool idle() const { return window_ == time_min; }
  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  template <std::size_t n>
  using Counts = std::array<double, n>;
  void weigh();

  TimeNs window_ = time_min;  // its begin
  DurationNs width_ = 0;
  double windows_ = 0;  // that the rate is made of
  double rate_ = 0;     // labels a window
  double labels_ = 0;   // of this window
  Counts<LabelKind::odds_kinds> odds_{}, odds_of_window_{};
  Counts<LabelKind::likeness_kinds> likeness_{}, likeness_of_window_{};
  // Made of the counts.
  Counts<LabelKind::odds_kinds> random_{}, halfway_{};
  Counts<LabelKind::likeness_kinds> words_{};
};

}  // namespace dnstorm::operators
