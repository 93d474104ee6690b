#include "operators/detect/name_population.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dnstorm::operators {

namespace {

// Where kinds of log odds begin, but for the first.
constexpr std::array<double, LabelKind::odds_kinds - 1> odds_bounds = {-6, -3, 0, 3, 6, 9, 12};
// Of 30,000 popular names of which a third was mistyped.
constexpr std::array<double, LabelKind::odds_kinds> clean_odds = {0.33, 0.19, 0.27, 0.09,
                                                                  0.05, 0.03, 0.02, 0.02};
// Shorter than eight letters; longer, with 0 to 2 parts of others; the same of at least 20 letters.
constexpr std::array<double, LabelKind::likeness_kinds> clean_likeness = {
    0.43, 0.535, 0.0248, 0.0034, 0.0065, 0.0003, 0.00004};
// Of programs: own choice. Random letters are seldom taken for words.
constexpr std::array<double, LabelKind::odds_kinds> random_odds = {0.005, 0.015, 0.03, 0.05,
                                                                   0.07,  0.09,  0.1,  0.64};
constexpr std::array<double, LabelKind::likeness_kinds> words_likeness = {0.05,  0.228, 0.2,  0.142,
                                                                          0.152, 0.133, 0.095};
// Of the names of an infected client, those that the malware asks for; so no other name clears it.
constexpr double of_malware = 0.7;
constexpr double labels_of_start = 1000;
constexpr double labels_max = 20'000;  // older ones then count half
constexpr double windows_max = 360;    // an hour of windows of 10 s

template <class Counts>
double sum_of(const Counts& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0);
}

template <class Counts>
Counts shares_of(const Counts& counts, const Counts& start) {
  double all = labels_of_start + sum_of(counts);
  Counts shares{};
  for (std::size_t i = 0; i < counts.size(); ++i)
    shares[i] = (counts[i] + labels_of_start * start[i]) / all;
  return shares;
}

template <class Counts>
void take_in(Counts& counts, Counts& of_window) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += of_window[i];
  of_window = {};
  if (sum_of(counts) <= labels_max) return;
  for (double& count : counts) count /= 2;
}

template <class Counts>
void put_counts(StateWriter& out, const Counts& counts) {
  for (double count : counts) out.put(count);
}

template <class Counts>
bool get_counts(StateReader& in, Counts& counts) {
  for (double& count : counts) {
    count = in.get<double>();
    if (!(count >= 0 && count <= 1e18)) return false;
  }
  return in.ok();
}

}  // namespace

std::size_t LabelKind::odds_kind(double odds) {
  return static_cast<std::size_t>(std::upper_bound(odds_bounds.begin(), odds_bounds.end(), odds) -
                                  odds_bounds.begin());
}

NamePopulation::NamePopulation() { weigh(); }

void NamePopulation::begin(WindowBounds window) {
  if (window.start == window_) return;
  if (window_ != time_min) {
    // Those between had no label.
    auto passed = static_cast<double>(time_from_to(window_, window.start) / width_);
    double labels = rate_ * windows_ + labels_;
    windows_ += std::max(passed, 1.0);
    rate_ = labels / windows_;
    windows_ = std::min(windows_, windows_max);
  }
  window_ = window.start;
  width_ = window.end - window.start;
  labels_ = 0;
  take_in(odds_, odds_of_window_);
  take_in(likeness_, likeness_of_window_);
  weigh();
}

void NamePopulation::add(const LabelKind& kind, bool ordinary) {
  ++labels_;
  if (!ordinary) return;
  ++odds_of_window_[kind.odds];
  ++likeness_of_window_[kind.likeness];
}

double NamePopulation::labels_a_day() const {
  constexpr double day = 86400.0 * static_cast<double>(ns_per_s);
  return width_ == 0 ? 0 : rate_ * day / static_cast<double>(width_);
}

void NamePopulation::weigh() {
  auto among_others = [](double by_program, double by_people) {
    return std::log(of_malware * by_program / by_people + (1 - of_malware));
  };
  Counts<LabelKind::odds_kinds> people = shares_of(odds_, clean_odds);
  Counts<LabelKind::odds_kinds> middle{};
  for (std::size_t i = 0; i < people.size(); ++i) {
    random_[i] = among_others(random_odds[i], people[i]);
    middle[i] = std::sqrt(random_odds[i] * people[i]);
  }
  double all = sum_of(middle);
  for (std::size_t i = 0; i < people.size(); ++i)
    halfway_[i] = std::log(middle[i] / all / people[i]);
  Counts<LabelKind::likeness_kinds> alike = shares_of(likeness_, clean_likeness);
  for (std::size_t i = 0; i < alike.size(); ++i)
    words_[i] = among_others(words_likeness[i], alike[i]);
}

void NamePopulation::save(StateWriter& out) const {
  out.put(window_);
  out.put(width_);
  out.put(windows_);
  out.put(rate_);
  out.put(labels_);
  put_counts(out, odds_);
  put_counts(out, odds_of_window_);
  put_counts(out, likeness_);
  put_counts(out, likeness_of_window_);
}

bool NamePopulation::restore(StateReader& in) {
  window_ = in.get<TimeNs>();
  width_ = in.get<DurationNs>();
  windows_ = in.get<double>();
  rate_ = in.get<double>();
  labels_ = in.get<double>();
  if (!in.ok() || width_ < 0 || (width_ == 0) != (window_ == time_min)) return false;
  if (!(windows_ >= 0 && windows_ <= windows_max && rate_ >= 0 && rate_ <= 1e18 && labels_ >= 0 &&
        labels_ <= 1e18))
    return false;
  if (!get_counts(in, odds_) || !get_counts(in, odds_of_window_) || !get_counts(in, likeness_) ||
      !get_counts(in, likeness_of_window_))
    return false;
  weigh();
  return true;
}

}  // namespace dnstorm::operators
