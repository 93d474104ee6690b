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
constexpr std::string_view v4_reverse = ".in-addr.arpa";
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
  read_rules(list_file);
}

RegisteredDomain::~RegisteredDomain() { psl_free(list_); }

void RegisteredDomain::read_rules(const char* path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::string_view rule(line);
    if (rule.empty() || rule.starts_with("//")) continue;
    rule = rule.substr(0, rule.find_first_of(" \t\r"));
    if (rule.starts_with('!')) rule.remove_prefix(1);
    if (rule.find('.') == std::string_view::npos) continue;
    rule = rule.substr(last_labels(rule, 2));
    if (rule.starts_with("*.")) rule.remove_prefix(2);
    ruled_.insert(hash_bytes(rule));
  }
}

// Whether the list says anything that could move the border away from the last two labels.
bool RegisteredDomain::has_rules(std::string_view qname, std::size_t last_two) const {
  std::string_view tail = qname.substr(last_two);
  // The file writes international names in UTF-8, packets in Punycode: those are left to libpsl.
  return tail.find("xn--") != std::string_view::npos || ruled_.contains(hash_bytes(tail)) ||
         ruled_.contains(hash_bytes(tail.substr(tail.find('.') + 1)));
}

std::uint16_t RegisteredDomain::look_up(std::string_view qname) {
  // No name is that long; what is nevertheless stands for itself.
  if (qname.size() > 0xffff) return 0;
  bool plain = qname.find('\\') == std::string_view::npos;
  // in-addr.arpa is a suffix of the list; asked for so often that it stands here, too.
  if (plain && qname.ends_with(v4_reverse)) return static_cast<std::uint16_t>(last_labels(qname, 3));
  if (plain && !ruled_.empty() && !qname.ends_with(".arpa")) {
    std::size_t from = last_labels(qname, 2);
    if (from != 0 && !has_rules(qname, from)) return static_cast<std::uint16_t>(from);
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
