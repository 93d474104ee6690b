#include "operators/detect/dga_suspicion.hpp"

#include <cmath>

#include "engine/api/batch.hpp"
#include "operators/detect/name_model.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t part_size = 5, parted_min = 8;
// Labels that people register are seldom that long: 1 in 120 of a list of popular domains.
constexpr std::size_t long_min = 20;
constexpr double half_life_s = 600;
// Stands where the level stood that was never below 0.
constexpr double three_tests = -3;

std::uint32_t part_hash(std::string_view part) {
  return static_cast<std::uint32_t>(hash_bytes(part)) | 1;  // 0: none
}

}  // namespace

DgaLabel::DgaLabel(std::string_view label) : odds(static_cast<float>(generated_odds(label))) {
  lengthy = label.size() >= long_min &&
            std::all_of(label.begin(), label.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (label.size() < parted_min) return;
  head = part_hash(label.substr(0, part_size));
  tail = part_hash(label.substr(label.size() - part_size));
}

int DgaSuspicion::repetitions(const DgaLabel& label) const {
  if (label.head == 0) return 0;
  auto holds = [](const auto& ring, std::uint32_t hash) {
    return std::find(ring.begin(), ring.end(), hash) != ring.end() ? 1 : 0;
  };
  return holds(heads_, label.head) + holds(tails_, label.tail);
}

LabelKind DgaSuspicion::add(const DgaLabel& label, const NamePopulation& population) {
  int alike = repetitions(label);
  LabelKind kind{LabelKind::odds_kind(label.odds),
                 LabelKind::likeness_kind(label.head != 0, label.lengthy, alike)};
  if (label.head != 0) {
    heads_[next_] = label.head;
    tails_[next_] = label.tail;
    next_ = (next_ + 1) % remembered;
  }
  LabelOdds says = population.odds(kind);
  ++labels_;
  suspicious_ += says.random > 0 ? 1 : 0;
  repeated_ += alike != 0 ? 1 : 0;
  std::array<double, tests> more = {says.random, says.halfway, says.words};
  for (std::size_t test = 0; test < tests; ++test)
    levels_[test] = std::clamp(levels_[test] + more[test], 0.0, level_max);
  if (level() <= 0) begin_anew();
  return kind;
}

// What people ask for repeats itself too, over days: only what is near counts.
void DgaSuspicion::begin_anew() {
  levels_ = {};
  labels_ = suspicious_ = repeated_ = 0;
}

void DgaSuspicion::fade(DurationNs passed) {
  double kept = std::exp2(-static_cast<double>(passed) / (half_life_s * ns_per_s));
  for (double& level : levels_) level *= kept;
  constexpr double nothing = 0.01;
  if (level() < nothing) begin_anew();
}

void DgaSuspicion::save(StateWriter& out) const {
  out.put(three_tests);
  for (double level : levels_) out.put(level);
  out.put(labels_);
  out.put(suspicious_);
  out.put(repeated_);
  out.put(next_);
  for (std::size_t i = 0; i < remembered; ++i) {
    out.put(heads_[i]);
    out.put(tails_[i]);
  }
}

bool DgaSuspicion::restore(StateReader& in) {
  auto first = in.get<double>();
  levels_ = {first, 0, 0};
  if (first == three_tests)
    for (double& level : levels_) level = in.get<double>();
  labels_ = in.get<std::uint64_t>();
  suspicious_ = in.get<std::uint64_t>();
  repeated_ = in.get<std::uint64_t>();
  next_ = in.get<std::uint32_t>();
  for (std::size_t i = 0; i < remembered; ++i) {
    heads_[i] = in.get<std::uint32_t>();
    tails_[i] = in.get<std::uint32_t>();
  }
  return in.ok() && next_ < remembered &&
         std::all_of(levels_.begin(), levels_.end(),
                     [](double level) { return level >= 0 && level <= level_max; });
}

}  // namespace dnstorm::operators
