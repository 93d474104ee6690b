#include <fmt/format.h>

#include <algorithm>

#include "cluster/model/assignment.hpp"
#include "cluster/model/codec.hpp"

namespace dnstorm::cluster {

namespace {

// FNV-1a, 64 bits, from two beginnings: names one of a few texts of people who may submit anyway;
// nobody gains by making two alike.
std::uint64_t fnv(std::string_view text, std::uint64_t hash) {
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::string digest(const Submission& submission) {
  std::string text = to_json(submission);
  return fmt::format("{:016x}{:016x}", fnv(text, 0xcbf29ce484222325ULL),
                     fnv(text, 0x84222325cbf29ce4ULL));
}

std::vector<std::string> Assignment::nodes() const {
  std::vector<std::string> names = node_of_executor;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace dnstorm::cluster
