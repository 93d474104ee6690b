// What a label looks like: letters of other scripts that look like Latin ones, letters with marks,
// and what is mistaken for another in ASCII are folded together (the skeletons of Unicode Technical
// Standard 39, of the letters that IDNA 2008 permits). Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace dnstorm::operators {

struct Looks {
  std::string plain;           // other scripts and marks folded: "paypal" of "раyраl"
  std::string skeleton;        // and "rn" for "m", "0" for "o", ...: equal ones look alike
  bool international = false;  // had such letters
};

// `label` is lower case, as in DNS: "xn--..." is decoded first (RFC 3492); one that cannot be is
// taken as it stands.
Looks looks_of(std::string_view label);

}  // namespace dnstorm::operators
