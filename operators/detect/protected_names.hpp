// Domains whose look-alikes are searched for, up to some 100,000: finds in a time that depends on
// the length of a name only which of them it could be mistaken for.
//
//   ProtectedNames names({"example.com", ...});
//   if (auto likeness = names.find("examp1e.com")) ...   // names.name(likeness->number)
//
// Compared is the label below the public suffix, which is what the first label of a registered
// domain is. Look-alikes share a skeleton (confusables.hpp); words one slip apart share what
// remains when each of them loses a letter at most: these remainders are kept by hash (the deletion
// neighbourhood; Bocek, Hunt, Stiller: Fast similarity search in large dictionaries, 2007), and a
// rolling hash gives all of a word in one pass. What is found is compared, so no hash decides.
// Thread-safe as long as it is const.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "operators/detect/one_edit.hpp"

namespace dnstorm::operators {

class ProtectedNames {
 public:
  // Slips in shorter labels are names of their own.
  static constexpr std::size_t slip_min = 5;

  struct Likeness {
    std::uint32_t number = 0;  // of the name
    bool alike = false;        // looks the same; otherwise one slip apart
    bool international = false;
    Slip slip = Slip::other;
  };

  ProtectedNames() = default;
  // Lower case, registered domains or labels alone.
  explicit ProtectedNames(std::vector<std::string> names);
  // Has views of its own names, which moving leaves where they are.
  ProtectedNames(ProtectedNames&&) = default;
  ProtectedNames& operator=(ProtectedNames&&) = default;

  // `domain`: a registered domain. Nothing for protected names, and for their labels below other
  // suffixes. Of several the likeliest: alike before slips, those in their order, then the first.
  std::optional<Likeness> find(std::string_view domain) const;
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  static constexpr std::size_t label_max = 255;  // decoded and folded ones may exceed 63
  struct Remainder {
    std::uint64_t hash = 0;
    std::uint32_t number = 0;  // of the name plus one; 0: free
  };
  void note_size(std::size_t size);
  void add_remainders(std::uint32_t number);
  template <class Use>
  static void each_remainder(std::string_view label, Use&& use);
  std::optional<Likeness> find_slip(const std::string& plain) const;

  std::vector<std::string> names_;
  std::vector<std::string> plain_;            // their labels, folded
  std::unordered_set<std::string_view> own_;  // their labels, as they are
  std::unordered_map<std::string, std::uint32_t> skeletons_;
  std::vector<Remainder> remainders_;  // open addressing
  // Of words that may be a slip apart from one of them: most others need no further look.
  std::bitset<label_max + 1> sizes_;
};

}  // namespace dnstorm::operators
