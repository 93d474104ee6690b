#include "operators/detect/one_edit.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace dnstorm::operators {

namespace {

constexpr std::array<std::string_view, 4> keyboard = {"1234567890-", "qwertyuiop", "asdfghjkl",
                                                      "zxcvbnm"};

// Row and column; each row is shifted by half a key, about.
std::optional<std::pair<int, int>> place(char key) {
  for (std::size_t row = 0; row < keyboard.size(); ++row) {
    std::size_t column = keyboard[row].find(key);
    if (column != std::string_view::npos)
      return std::pair{static_cast<int>(row), static_cast<int>(column)};
  }
  return std::nullopt;
}

bool are_neighbours(char a, char b) {
  auto pa = place(a), pb = place(b);
  if (!pa || !pb) return false;
  int rows = pb->first - pa->first, columns = pb->second - pa->second;
  if (rows == 0) return std::abs(columns) == 1;
  // Below a key lie the one of its column and the one before.
  if (rows == 1) return columns == 0 || columns == -1;
  return rows == -1 && (columns == 0 || columns == 1);
}

// `longer` has one letter more; where the two part.
std::optional<Slip> one_more(std::string_view longer, std::string_view shorter, std::size_t at,
                             Slip kind) {
  if (longer.substr(at + 1) != shorter.substr(at)) return std::nullopt;
  return at > 0 && longer[at] == longer[at - 1] ? Slip::doubled : kind;
}

}  // namespace

std::optional<Slip> one_slip(std::string_view meant, std::string_view typed) {
  std::size_t at = 0;
  while (at < meant.size() && at < typed.size() && meant[at] == typed[at]) ++at;
  if (typed.size() == meant.size() + 1) return one_more(typed, meant, at, Slip::added);
  if (meant.size() == typed.size() + 1) return one_more(meant, typed, at, Slip::missing);
  if (meant.size() != typed.size() || at == meant.size()) return std::nullopt;
  if (meant.substr(at + 1) == typed.substr(at + 1))
    return are_neighbours(meant[at], typed[at]) ? Slip::neighbour : Slip::other;
  bool swapped = at + 1 < meant.size() && meant[at] == typed[at + 1] && meant[at + 1] == typed[at];
  if (swapped && meant.substr(at + 2) == typed.substr(at + 2)) return Slip::transposed;
  return std::nullopt;
}

}  // namespace dnstorm::operators
