#include "operators/detect/confusables.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace dnstorm::operators {

namespace {

struct Fold {
  std::string_view letters;  // ASCII
  std::u32string_view alike;
};

// By what they look like, not by what they sound like. Marks above and below are not seen at a
// glance, so letters with them stand with those without.
constexpr std::array folds = std::to_array<Fold>({
    {"a", U"àáâãäåāăąǎǟǡǻȁȃȧḁẚạảấầẩẫậắằẳẵặɑαаӑӓ"},
    {"ae", U"æǽӕ"},
    {"b", U"ƀɓƃḃḅḇьЬъвβ"},
    {"c", U"çćĉċčƈȼḉсϲҫ"},
    {"d", U"ďđɖɗḋḍḏḑḓԁժ"},
    {"e", U"èéêëēĕėęěȅȇȩɇḕḗḙḛḝẹẻẽếềểễệеёєҽεə"},
    {"f", U"ƒḟẝſ"},
    {"g", U"ĝğġģǥǧǵɠɡḡցԍ"},
    {"h", U"ĥħȟɦḣḥḧḩḫẖһհн"},
    {"i", U"ìíîïĩīĭįıǐȉȋɨḭḯỉịіїιί"},
    {"j", U"ĵǰɉјϳ"},
    {"k", U"ķĸƙǩḱḳḵкκқ"},
    {"l", U"ĺļľŀłƚḷḹḻḽӏוļ"},
    {"m", U"ḿṁṃмɱ"},
    {"n", U"ñńņňŉŋǹṅṇṉṋпηոռ"},
    {"o", U"òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợоοσօסө"},
    {"oe", U"œ"},
    {"p", U"ƥṕṗрρҏ"},
    {"q", U"ɋԛգզ"},
    {"r", U"ŕŗřȑȓɍṙṛṝṟгɾ"},
    {"s", U"śŝşšșṡṣṥṧṩѕʂ"},
    {"ss", U"ß"},
    {"t", U"ţťŧƫțṫṭṯṱẗтτ"},
    {"th", U"þ"},
    {"u", U"ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữựυцսʋ"},
    {"v", U"ṽṿνѵⱱ"},
    {"w", U"ŵẁẃẅẇẉẘωѡԝшա"},
    {"x", U"ẋẍхҳχ"},
    {"y", U"ýÿŷƴȳẏẙỳỵỷỹуўүγ"},
    {"z", U"źżžƶȥẑẓẕʐᴢ"},
});

struct Pair {
  char32_t letter = 0;
  std::string_view ascii;
};

const std::vector<Pair>& pairs() {
  static const std::vector<Pair> sorted = [] {
    std::vector<Pair> all;
    for (const Fold& fold : folds)
      for (char32_t letter : fold.alike) all.push_back({letter, fold.letters});
    std::sort(all.begin(), all.end(),
              [](const Pair& a, const Pair& b) { return a.letter < b.letter; });
    return all;
  }();
  return sorted;
}

// A letter that looks like no Latin one stands for itself, in bytes that no other has.
void append_bytes(std::string& out, char32_t letter) {
  for (int shift : {14, 7, 0}) out += static_cast<char>(0x80 | (letter >> shift & 0x7f));
}

void append_folded(std::string& out, char32_t letter) {
  if (letter < 0x80) {
    out += static_cast<char>(letter);
    return;
  }
  // Combining marks are not seen.
  if (letter >= 0x300 && letter < 0x370) return;
  auto at = std::lower_bound(pairs().begin(), pairs().end(), letter,
                             [](const Pair& pair, char32_t what) { return pair.letter < what; });
  if (at != pairs().end() && at->letter == letter)
    out += at->ascii;
  else
    append_bytes(out, letter);
}

// The letters of a label; as they stand if they are no valid encoding.
std::u32string letters_of(std::string_view label) {
  std::u32string letters(label.begin(), label.end());
  if (!label.starts_with("xn--")) return letters;
  std::uint32_t* decoded = nullptr;
  if (idn2_to_unicode_8z4z(std::string(label).c_str(), &decoded, 0) != IDN2_OK) return letters;
  std::unique_ptr<std::uint32_t, decltype(&std::free)> owner(decoded, std::free);
  letters.clear();
  for (; *decoded != 0; ++decoded) letters += static_cast<char32_t>(*decoded);
  return letters;
}

// What two letters look like; 0: like themselves.
char pair_of(char a, char b) {
  if (a == 'r' && b == 'n') return 'm';
  if (a == 'v' && b == 'v') return 'w';
  return a == 'c' && b == 'l' ? 'd' : '\0';
}

char alone(char letter) {
  switch (letter) {
    case '0':
      return 'o';
    case '1':
    case 'i':
      return 'l';
    case '5':
      return 's';
    default:
      return letter;
  }
}

// Pairs first, for they need both letters as they are.
std::string skeleton_of(std::string_view plain) {
  std::string out(plain);
  char* to = out.data();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    char next = i + 1 < plain.size() ? plain[i + 1] : '\0';
    char pair = pair_of(plain[i], next);
    if (pair != '\0') ++i;
    *to++ = pair != '\0' ? pair : alone(plain[i]);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

}  // namespace

Looks looks_of(std::string_view label) {
  Looks looks;
  bool ascii = std::none_of(label.begin(), label.end(), [](char c) { return (c & 0x80) != 0; });
  if (ascii && !label.starts_with("xn--")) {
    looks.plain = label;
    looks.skeleton = skeleton_of(label);
    return looks;
  }
  for (char32_t letter : letters_of(label)) {
    append_folded(looks.plain, letter);
    looks.international = looks.international || letter >= 0x80;
  }
  looks.skeleton = skeleton_of(looks.plain);
  return looks;
}

}  // namespace dnstorm::operators
