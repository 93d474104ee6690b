// Labels that attacks are made of. Pure functions of the randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/synth/random.hpp"

namespace dnstorm::capture::synth::attack {

inline constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
inline constexpr std::string_view letters_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view base32_digits = "abcdefghijklmnopqrstuvwxyz234567";

std::string random_label(Random& random, std::string_view alphabet, std::uint32_t shortest,
                         std::uint32_t longest);
// `size` letters of `alphabet` in labels of at most 63.
std::string random_labels(Random& random, std::string_view alphabet, std::size_t size);
// Word `number` of a list as scanners and generators of names have it; beyond its end, two words.
std::string word(std::size_t number);
std::size_t word_count();

}  // namespace dnstorm::capture::synth::attack
