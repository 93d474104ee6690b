#include "operators/detect/protected_names.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

#include "engine/api/batch.hpp"
#include "operators/detect/confusables.hpp"

namespace dnstorm::operators {

namespace {

std::string_view label_of(std::string_view domain) { return domain.substr(0, domain.find('.')); }

}  // namespace

// The label itself and the label without each of its letters, by hash: a polynomial, so that what
// remains is the sum of what stands before and behind.
template <class Use>
void ProtectedNames::each_remainder(std::string_view label, Use&& use) {
  constexpr std::uint64_t base = 0x9e3779b97f4a7c15ULL;
  std::array<std::uint64_t, label_max + 1> behind;  // hash of the letters from i on
  std::array<std::uint64_t, label_max + 1> power;   // base to the number of those letters
  std::size_t size = std::min(label.size(), label_max);
  auto value = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(label[i])} + 1;
  };
  behind[size] = 0;
  power[size] = 1;
  for (std::size_t i = size; i-- > 0;) {
    behind[i] = value(i) * power[i + 1] + behind[i + 1];
    power[i] = power[i + 1] * base;
  }
  use(hash_number(behind[0]));
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < size; ++i) {
    // Of two equal letters it does not matter which one goes.
    if (i == 0 || label[i] != label[i - 1]) use(hash_number(before * power[i + 1] + behind[i + 1]));
    before = before * base + value(i);
  }
}

ProtectedNames::ProtectedNames(std::vector<std::string> names) : names_(std::move(names)) {
  std::size_t remainders = 0;
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    own_.insert(label_of(names_[i]));
    Looks looks = looks_of(label_of(names_[i]));
    skeletons_.emplace(looks.skeleton, i);
    remainders += looks.plain.size() + 1;
    if (looks.plain.size() >= slip_min) note_size(looks.plain.size());
    plain_.push_back(std::move(looks.plain));
  }
  remainders_.resize(std::bit_ceil(std::max<std::size_t>(remainders * 2, 2)));
  for (std::uint32_t i = 0; i < names_.size(); ++i)
    if (plain_[i].size() >= slip_min) add_remainders(i);
}

// A slip adds or takes a letter at most.
void ProtectedNames::note_size(std::size_t size) {
  for (std::size_t near : {size - 1, size, size + 1}) sizes_[std::min(near, label_max)] = true;
}

void ProtectedNames::add_remainders(std::uint32_t number) {
  each_remainder(plain_[number], [&](std::uint64_t hash) {
    std::size_t mask = remainders_.size() - 1;
    std::size_t at = hash & mask;
    while (remainders_[at].number != 0) at = (at + 1) & mask;
    remainders_[at] = {hash, number + 1};
  });
}

std::optional<ProtectedNames::Likeness> ProtectedNames::find_slip(const std::string& plain) const {
  std::optional<Likeness> best;
  each_remainder(plain, [&](std::uint64_t hash) {
    std::size_t mask = remainders_.size() - 1;
    for (std::size_t at = hash & mask; remainders_[at].number != 0; at = (at + 1) & mask) {
      if (remainders_[at].hash != hash) continue;
      std::uint32_t number = remainders_[at].number - 1;
      auto slip = one_slip(plain_[number], plain);
      if (!slip) continue;
      if (!best || std::tie(*slip, number) < std::tie(best->slip, best->number))
        best = Likeness{number, false, false, *slip};
    }
  });
  return best;
}

std::optional<ProtectedNames::Likeness> ProtectedNames::find(std::string_view domain) const {
  std::string_view label = label_of(domain);
  if (names_.empty() || own_.contains(label)) return std::nullopt;
  Looks looks = looks_of(label);
  auto alike = skeletons_.find(looks.skeleton);
  if (alike != skeletons_.end()) return Likeness{alike->second, true, looks.international};
  std::size_t size = looks.plain.size();
  if (size < slip_min || !sizes_[std::min(size, label_max)]) return std::nullopt;
  auto likeness = find_slip(looks.plain);
  if (likeness) likeness->international = looks.international;
  return likeness;
}

}  // namespace dnstorm::operators
