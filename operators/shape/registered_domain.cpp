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
    Node kind = Node::rule;
    if (rule.starts_with('!') || rule.starts_with("*.")) {
      rule.remove_prefix(rule[0] == '!' ? 1 : 2);
      kind = Node::special;
    }
    Node& node = nodes_[hash_bytes(rule)];
    node = std::max(node, kind);
    for (std::size_t dot = rule.find('.'); dot != std::string_view::npos; dot = rule.find('.', dot + 1))
      nodes_.try_emplace(hash_bytes(rule.substr(dot + 1)), Node::inner);
  }
}

// Where the registered domain begins, if the walk can tell. The name has two labels or more and no
// escapes.
std::optional<std::uint16_t> RegisteredDomain::walk(std::string_view qname) const {
  bool below_rule = true;  // a top-level domain that is not listed is a suffix by the default rule
  for (std::size_t end = qname.size();;) {
    std::size_t dot = end == 0 ? std::string_view::npos : qname.rfind('.', end - 1);
    std::size_t from = dot == std::string_view::npos ? 0 : dot + 1;
    auto node = nodes_.find(hash_bytes(qname.substr(from)));
    if (node == nodes_.end()) {
      bool top_level = end == qname.size();
      if (!below_rule) return std::nullopt;
      if (!top_level) return static_cast<std::uint16_t>(from);
    } else if (node->second == Node::special) {
      return std::nullopt;
    } else {
      below_rule = node->second == Node::rule;
    }
    if (from == 0) return std::nullopt;
    end = from - 1;
  }
}

std::uint16_t RegisteredDomain::look_up(std::string_view qname) {
  // No name is that long; what is nevertheless stands for itself.
  if (qname.size() > 0xffff) return 0;
  // The file writes international names in UTF-8, packets in Punycode.
  bool plain = !nodes_.empty() && qname.find('\\') == std::string_view::npos &&
               qname.find("xn--") == std::string_view::npos && !qname.ends_with(v6_reverse);
  if (plain)
    if (auto from = walk(qname)) return *from;
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
