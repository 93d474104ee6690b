#include "operators/detect/dga_suspicion.hpp"

#include <algorithm>
#include <cmath>

#include "engine/api/batch.hpp"
#include "operators/detect/name_model.hpp"

namespace dnstorm::operators {

namespace {

// One name alone proves little in either direction, whatever its odds.
constexpr double odds_min = -3, odds_max = 4.5, odds_unit = 3;
constexpr std::size_t part_size = 5, parted_min = 8;
// What is made of words looks ordinary, so from this length on ordinary looks say less.
constexpr std::size_t words_min = 10;
constexpr double words_say = 0.3;
// Labels that people register are seldom that long: 1 in 120 of a list of popular domains.
constexpr std::size_t long_min = 20;
constexpr float long_says = 0.7F;
constexpr float repetition_says = 2;
// Enough to close an alarm within minutes of the last name.
constexpr double level_max = 40;
constexpr double half_life_s = 600;

std::uint32_t part_hash(std::string_view part) {
  return static_cast<std::uint32_t>(hash_bytes(part)) | 1;  // 0: none
}

}  // namespace

DgaLabel::DgaLabel(std::string_view label)
    : weight(
          static_cast<float>(std::clamp(generated_odds(label), odds_min, odds_max) / odds_unit)) {
  bool letters =
      std::all_of(label.begin(), label.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (letters && weight < 0 && label.size() >= words_min) weight *= static_cast<float>(words_say);
  if (letters && label.size() >= long_min) weight = std::max(weight, long_says);
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

void DgaSuspicion::add(const DgaLabel& label) {
  float weight = label.weight;
  int repeats = repetitions(label);
  if (repeats != 0) weight = std::max(weight, 0.0F) + repetition_says * static_cast<float>(repeats);
  if (label.head != 0) {
    heads_[next_] = label.head;
    tails_[next_] = label.tail;
    next_ = (next_ + 1) % remembered;
  }
  ++labels_;
  suspicious_ += weight > 0 ? 1 : 0;
  repeated_ += repeats != 0 ? 1 : 0;
  level_ = std::min(level_ + static_cast<double>(weight), level_max);
  if (level_ <= 0) begin_anew();
}

// What people ask for repeats itself too, over days: only what is near counts.
void DgaSuspicion::begin_anew() {
  level_ = 0;
  labels_ = suspicious_ = repeated_ = 0;
}

void DgaSuspicion::fade(DurationNs passed) {
  level_ *= std::exp2(-static_cast<double>(passed) / (half_life_s * ns_per_s));
  constexpr double nothing = 0.01;
  if (level_ < nothing) begin_anew();
}

void DgaSuspicion::save(StateWriter& out) const {
  out.put(level_);
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
  level_ = in.get<double>();
  labels_ = in.get<std::uint64_t>();
  suspicious_ = in.get<std::uint64_t>();
  repeated_ = in.get<std::uint64_t>();
  next_ = in.get<std::uint32_t>();
  for (std::size_t i = 0; i < remembered; ++i) {
    heads_[i] = in.get<std::uint32_t>();
    tails_[i] = in.get<std::uint32_t>();
  }
  return in.ok() && next_ < remembered && level_ >= 0 && level_ <= level_max;
}

}  // namespace dnstorm::operators
