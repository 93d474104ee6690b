#include "operators/shape/registered_domain.hpp"

#include <libpsl.h>

#include <algorithm>
#include <fstream>

#include "engine/api/batch.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

// Of Debian's package `publicsuffix`, from which libpsl has its list, too.
constexpr const char* list_file = "/usr/share/publicsuffix/public_suffix_list.dat";
constexpr std::size_t tails_size = 65536;
constexpr std::string_view v6_reverse = "ip6.arpa";
constexpr std::size_t v6_reverse_labels = 10;

// Where the last `labels` labels begin; 0 if there are not so many.
std::size_t last_labels(std::string_view name, std::size_t labels) {
  std::size_t at = name.size();
  while (labels-- > 0) {
    at = at == 0 ? std::string_view::npos : name.rfind('.', at - 1);
    if (at == std::string_view::npos) return 0;
  }
  return at + 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Puts harmless letters in place of escapes (\. and \032): same length, and no dot that parts nothing.
void hide_escapes(std::string& name) {
  for (std::size_t at = name.find('\\'); at != std::string::npos; at = name.find('\\', at)) {
    std::size_t size = at + 1 < name.size() && is_digit(name[at + 1]) ? 4 : 2;
    size = std::min(size, name.size() - at);
    name.replace(at, size, size, 'x');
  }
}

}  // namespace

RegisteredDomain::RegisteredDomain() : list_(psl_latest(nullptr)), cache_(cache_size) {
  DNSTORM_ASSERT(list_ != nullptr, "libpsl has no list of public suffixes");
  read_deep_tails(list_file);
}

RegisteredDomain::~RegisteredDomain() { psl_free(list_); }

// A rule of three labels or more ("*.compute.amazonaws.com", "!www.ck" is of two) makes its last two
// labels deep.
void RegisteredDomain::read_deep_tails(const char* path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::string_view rule(line);
    if (rule.empty() || rule.starts_with("//")) continue;
    rule = rule.substr(0, rule.find_first_of(" \t\r"));
    if (rule.starts_with('!')) rule.remove_prefix(1);
    std::size_t from = last_labels(rule, 2);
    if (from != 0) deep_tails_.insert(hash_bytes(rule.substr(from)));
  }
  if (!deep_tails_.empty()) tails_.resize(tails_size);
}

bool RegisteredDomain::is_flat(std::string_view tail) {
  std::uint64_t hash = hash_bytes(tail);
  TailEntry& entry = tails_[hash % tails_size];
  if (entry.hash != hash || entry.kind == Tail::unknown) {
    // The file writes international names in UTF-8, packets in Punycode: those are left to libpsl.
    bool deep = tail.find("xn--") != std::string_view::npos || deep_tails_.contains(hash) ||
                psl_is_public_suffix(list_, std::string(tail).c_str()) != 0;
    entry = {hash, deep ? Tail::deep : Tail::flat};
  }
  return entry.kind == Tail::flat;
}

std::uint16_t RegisteredDomain::look_up(std::string_view qname) {
  // No name is that long; what is nevertheless stands for itself.
  if (qname.size() > 0xffff) return 0;
  bool plain = !tails_.empty() && qname.find('\\') == std::string_view::npos;
  if (plain && !qname.ends_with(".arpa")) {
    std::size_t from = last_labels(qname, 2);
    if (from != 0 && is_flat(qname.substr(from))) return static_cast<std::uint16_t>(from);
  }
  return ask_list(qname);
}

std::uint16_t RegisteredDomain::ask_list(std::string_view qname) {
  plain_ = qname;
  hide_escapes(plain_);
  std::string_view plain = plain_;
  if (plain.ends_with(v6_reverse) && last_labels(plain, 2) == plain.size() - v6_reverse.size())
    return static_cast<std::uint16_t>(last_labels(plain, v6_reverse_labels));
  const char* domain = psl_registrable_domain(list_, plain_.c_str());
  return static_cast<std::uint16_t>(domain == nullptr ? 0 : domain - plain_.c_str());
}

}  // namespace dnstorm::operators
