// Fields as people write them in options: NAME, NAME:TYPE or NAME:TYPE:ROLE, text where no type is
// given, and assignments to them. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/schema.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::operators {

// A field of type time has the role of it, if it is given none. `option` is named in errors.
Result<Field> parse_field(const std::string& text, const std::string& option);

// "A = B", both not empty and without blanks around; B may have more of =.
std::optional<std::pair<std::string, std::string>> parse_assignment(std::string_view text);

std::string_view without_blanks(std::string_view text);
// For a message: control characters as blanks, and cut where nobody reads on.
std::string one_line(std::string_view text);
// All parts between the separators, empty ones too.
std::vector<std::string> split_parts(const std::string& text, char separator);
Error refuse_option(const std::string& option, std::string what);
// Whether it can be a name: not empty, and without blanks in it.
bool is_word(std::string_view text);

}  // namespace dnstorm::operators
