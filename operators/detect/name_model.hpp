// Whether a label was made by a program or by people: the ratio of two likelihoods.
//
// By people: a chain in which each character depends on the two before it, counted by
// scripts/train-name-model in names that people have made. By a program: the likeliest of three
// simple generators (letters at will; letters and digits at will; consonants and vowels that mostly
// alternate), each of lengths at will. No generator of any malware went into either.
//
// What a chain of three letters cannot see is what joins words of a list, or changes a few letters
// of a long name: DgaSuspicion looks at these.
#pragma once

#include <cstddef>
#include <string_view>

namespace dnstorm::operators {

// Letters, one class for all digits, the hyphen, and the end.
inline constexpr std::size_t name_model_classes = 29;
// Quarters of a nat from '@' on: how unlikely the third of three classes is after the first two.
extern const char
    name_model_table[name_model_classes * name_model_classes * name_model_classes + 1];

// Log odds in nats; above 0: rather a program. Lower case; characters other than letters, digits
// and hyphens do not count. Labels of less than five say little, and what they say is -3.
double generated_odds(std::string_view label);

}  // namespace dnstorm::operators
