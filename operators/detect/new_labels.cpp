#include "operators/detect/new_labels.hpp"

#include <algorithm>

namespace dnstorm::operators {

NewLabels::NewLabels(std::uint64_t memory, DurationNs width)
    : seen_(memory, width), lately_(lately_size) {}

bool NewLabels::meet_rare(SeenItems& seen, const Name& name) {
  // Names of addresses are numbers, and what is no name below its domain has no labels.
  if (name.qname.size() <= name.domain.size() + 1 || name.domain.ends_with(".arpa")) return false;
  std::uint64_t whole = hash_combine(name.domain_hash, name.hash);
  if (seen.meet(whole)) return false;
  bool is_new = false;
  each_label(name, [&](std::uint64_t hash, std::string_view label) {
    if (seen.meet(hash)) return;
    seen.add(hash);
    is_new = is_new || counted_bytes(hash, label) != 0;
  });
  seen.add(whole);
  return is_new;
}

// Bytes of a label on the wire, as they count.
std::uint32_t NewLabels::counted_bytes(std::uint64_t hash, std::string_view label) {
  auto bytes = static_cast<std::uint32_t>(label.size());
  for (std::size_t at = label.find('\\'); at != std::string_view::npos; at = label.find('\\', at)) {
    // \DDD is one byte, and so is a backslash with what it quotes.
    bool digits = at + 3 < label.size() && label[at + 1] >= '0' && label[at + 1] <= '9';
    bytes -= std::min(bytes, digits ? 3U : 1U);
    at += digits ? 4 : 2;
  }
  if (bytes >= least_bytes) return bytes;
  // The filter and the sample of a key take other bits.
  std::uint64_t dice = hash_number(hash + 0x632be59bd9b4e019ULL) >> 32;
  return dice * least_bytes < (std::uint64_t{bytes} << 32) ? least_bytes : 0;
}

}  // namespace dnstorm::operators
