// How much speaks for a client being infected by malware that looks for its master under generated
// names (DGA), from the names of its that do not exist. What is looked at is the label below the
// public suffix.
//
//   DgaSuspicion client;
//   client.add(DgaLabel(label));      // each label once
//   if (client.level() >= 8) ...
//   client.fade(window);
//
// Each label adds its weight (generated_odds() within bounds): ordinary names speak against, so
// that a client with many of them, a mail server say, is no suspect. Names made of words are seen
// by what they have in common: beginnings and ends that occur in several of the last 64 labels, and
// unusual length. The level is never below 0, and halves in ten minutes in which nothing happens.
//
// A value: 0.6 KB. Labels of one window are to be added in an order that does not depend on how
// they came.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/api/state.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

// What counts of a label.
struct DgaLabel {
  DgaLabel() = default;
  explicit DgaLabel(std::string_view label);
  float weight = 0;
  std::uint32_t head = 0;  // hash of the first five letters; 0: too short to say anything
  std::uint32_t tail = 0;  // of the last five
};

class DgaSuspicion {
 public:
  void add(const DgaLabel& label);
  void fade(DurationNs passed);
  double level() const { return level_; }
  // Labels since the level was last 0, and how many of them spoke for it.
  std::uint64_t labels() const { return labels_; }
  std::uint64_t suspicious() const { return suspicious_; }
  std::uint64_t repeated() const { return repeated_; }

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  static constexpr std::size_t remembered = 64;
  void begin_anew();
  int repetitions(const DgaLabel& label) const;

  double level_ = 0;
  std::uint64_t labels_ = 0;
  std::uint64_t suspicious_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint32_t next_ = 0;  // place in the rings
  std::array<std::uint32_t, remembered> heads_{};
  std::array<std::uint32_t, remembered> tails_{};
};

}  // namespace dnstorm::operators
