#include "operators/detect/name_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace dnstorm::operators {

namespace {

constexpr std::size_t label_min = 5;
constexpr double too_short = -3;

constexpr std::size_t class_end = 0, class_digit = 27, class_hyphen = 28;
constexpr std::size_t no_class = name_model_classes;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  classes.fill(no_class);
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] = static_cast<std::uint8_t>(c - 'a' + 1);
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] = class_digit;
  classes['-'] = class_hyphen;
  return classes;
}
constexpr std::array<std::uint8_t, 256> classes = make_classes();

constexpr bool is_vowel(std::size_t letter) {
  constexpr std::uint32_t vowels = 1U << 1 | 1U << 5 | 1U << 9 | 1U << 15 | 1U << 21 | 1U << 25;
  return (vowels >> letter & 1) != 0;
}

// What is common to the three generators, counted in one pass.
struct Parts {
  std::size_t size = 0, digits = 0, hyphens = 0;
  std::uint32_t by_people = 0;   // in quarters of a nat
  std::size_t alternations = 0;  // from vowel to consonant or back
  std::size_t repetitions = 0;   // vowel after vowel, consonant after consonant
  std::size_t vowels = 0;
};

Parts parts_of(std::string_view label) {
  Parts parts;
  std::size_t before = class_end, last = class_end;
  auto step = [&](std::size_t next) {
    std::size_t at = (before * name_model_classes + last) * name_model_classes + next;
    parts.by_people += static_cast<std::uint32_t>(name_model_table[at] - '@');
    before = last;
    last = next;
  };
  for (char c : label) {
    std::size_t next = classes[static_cast<unsigned char>(c)];
    if (next == no_class) continue;
    if (parts.size != 0)
      ++(is_vowel(last) != is_vowel(next) ? parts.alternations : parts.repetitions);
    ++parts.size;
    parts.digits += next == class_digit ? 1U : 0U;
    parts.hyphens += next == class_hyphen ? 1U : 0U;
    parts.vowels += is_vowel(next) ? 1U : 0U;
    step(next);
  }
  step(class_end);
  return parts;
}

double by_program(const Parts& parts) {
  auto size = static_cast<double>(parts.size);
  auto vowels = static_cast<double>(parts.vowels);
  // Of ten programs three use digits, six letters, one syllables.
  double best = std::log(0.3) - size * std::log(36);
  if (parts.digits == 0) {
    best = std::max(best, std::log(0.6) - size * std::log(26));
    double kinds = std::log(0.5) + static_cast<double>(parts.alternations) * std::log(0.75) +
                   static_cast<double>(parts.repetitions) * std::log(0.25);
    best = std::max(best,
                    std::log(0.1) + kinds - vowels * std::log(6) - (size - vowels) * std::log(20));
  }
  // Programs make names of 5 to 32 letters, and rarely a hyphen.
  return best - std::log(28) - 6 * static_cast<double>(parts.hyphens);
}

}  // namespace

double generated_odds(std::string_view label) {
  Parts parts = parts_of(label);
  if (parts.size < label_min) return too_short;
  return by_program(parts) + parts.by_people * 0.25;
}

}  // namespace dnstorm::operators
