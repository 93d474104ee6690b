// The domain names that are asked for, by rank: read from a list or invented.
//
// Invented names are pronounceable registered domains under real top-level domains with the usual
// hosts in front (www, mail, api, cdn-12.eu-west, ...); the same seed and count give the same
// names. They are strings only: some may exist. Immutable after construction, so thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/synth/random.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::synth {

class NameList {
 public:
  // `tld`: all names under this one top-level domain; empty: the usual mix.
  static NameList invented(std::size_t count, std::string_view tld, Random& random);
  // One name a line, or "rank,name" (the order of the lines counts, not the number); empty lines
  // and lines that begin with # are passed over. Errors: no_input (cannot be read), data (no name
  // in it, or a line that is not a domain name; told with its number).
  static Result<NameList> from_file(const std::string& path);

  std::size_t size() const { return ends_.size(); }
  // Lower case, no final dot. rank < size().
  std::string_view operator[](std::size_t rank) const {
    std::size_t begin = rank == 0 ? 0 : ends_[rank - 1];
    return std::string_view(text_).substr(begin, ends_[rank] - begin);
  }

 private:
  void add(std::string_view name);
  std::string text_;
  std::vector<std::size_t> ends_;
};

// "a.b.example.co.uk" -> "example.co.uk": the registered domain by a rule of thumb (two labels,
// three where the second is co, com, ac, org, net, gov or edu of a country).
std::string_view registered_domain(std::string_view name);
// "a.b.example.co.uk" -> "uk".
std::string_view last_label(std::string_view name);

// Top-level domains with their share among registered domains; a real mix, rounded (second-level
// registries stand as they are registered under).
struct TldShare {
  std::string_view name;
  double share;
};
std::span<const TldShare> tld_mix();

}  // namespace dnstorm::capture::synth
