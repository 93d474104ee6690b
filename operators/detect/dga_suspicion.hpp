// How much speaks for a client being infected by malware that looks for its master under generated
// names (DGA), from the names of its that do not exist. What is looked at is the label below the
// public suffix.
//
//   DgaSuspicion client;
//   client.add(DgaLabel(label), population);      // each label once
//   if (client.level() >= 7) ...
//   client.fade(window);
//
// Three sequential tests, one for each way in which programs make names (NamePopulation): each adds
// up what labels say, in nats, and is never below 0 (CUSUM; Page, Continuous inspection schemes,
// Biometrika 41, 1954). Labels of clean clients bring one of them to h at most once in e^h labels,
// however they are divided among clients (Lorden, Annals of Mathematical Statistics 42, 1971), as
// far as the population is theirs. So a client with many ordinary names, a mail server say, is no
// suspect. Names made of words are seen by what they have in common: beginnings and ends that occur
// in several of the last 64 labels, and unusual length. The level halves in ten minutes in which
// nothing happens.
//
// A value: 0.6 KB. Labels of one window are to be added in an order that does not depend on how
// they came.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "engine/api/state.hpp"
#include "engine/base/time.hpp"
#include "operators/detect/name_population.hpp"

namespace dnstorm::operators {

// What counts of a label.
struct DgaLabel {
  DgaLabel() = default;
  explicit DgaLabel(std::string_view label);
  float odds = 0;          // generated_odds()
  bool lengthy = false;    // of letters alone, and longer than what people register
  std::uint32_t head = 0;  // hash of the first five letters; 0: too short to say anything
  std::uint32_t tail = 0;  // of the last five
};

class DgaSuspicion {
 public:
  static constexpr double level_max = 40;

  LabelKind add(const DgaLabel& label, const NamePopulation& population);
  void fade(DurationNs passed);
  // Of the test that has most.
  double level() const { return *std::max_element(levels_.begin(), levels_.end()); }
  // Labels since the level was last 0, how many of them spoke for a program that takes letters at
  // will, and how many had parts of others.
  std::uint64_t labels() const { return labels_; }
  std::uint64_t suspicious() const { return suspicious_; }
  std::uint64_t repeated() const { return repeated_; }

  void save(StateWriter& out) const;
  // Also what was saved when there was one test.
  bool restore(StateReader& in);

 private:
  static constexpr std::size_t remembered = 64;
  static constexpr std::size_t tests = 3;
  void begin_anew();
  int repetitions(const DgaLabel& label) const;

  std::array<double, tests> levels_{};
  std::uint64_t labels_ = 0;
  std::uint64_t suspicious_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint32_t next_ = 0;  // place in the rings
  std::array<std::uint32_t, remembered> heads_{};
  std::array<std::uint32_t, remembered> tails_{};
};

}  // namespace dnstorm::operators
