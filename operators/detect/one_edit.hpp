// Whether two words are one slip of the keyboard apart: a letter too many, one too few, another
// one, or two that have changed places (Damerau 1964). Pure functions.
#pragma once

#include <optional>
#include <string_view>

namespace dnstorm::operators {

enum class Slip { transposed, doubled, neighbour, missing, added, other };

// From `meant` to `typed`; nothing if they are equal or further apart. `doubled`: a letter twice
// instead of once or the other way round; `neighbour`: another key beside the right one (QWERTY).
std::optional<Slip> one_slip(std::string_view meant, std::string_view typed);

}  // namespace dnstorm::operators
