#include "operators/shape/registered_domain.hpp"

#include <libpsl.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "engine/api/batch.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

// Of Debian's package `publicsuffix`, from which libpsl has its list, too.
constexpr const char* list_file = "/usr/share/publicsuffix/public_suffix_list.dat";
constexpr std::size_t nodes_size = 32768;
constexpr std::size_t marks_size = std::size_t{1} << 17;
constexpr std::size_t top_levels_size = 1024;
constexpr std::uint64_t kind_mask = 3;
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

// Where the label begins that ends before `end`. Dots are near: no call pays.
std::size_t label_begin(std::string_view name, std::size_t end) {
  while (end != 0 && name[end - 1] != '.') --end;
  return end;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Puts harmless letters in place of escapes (\. and \032): same length, and no dot that parts
// nothing.
void hide_escapes(std::string& name) {
  for (std::size_t at = name.find('\\'); at != std::string::npos; at = name.find('\\', at)) {
    std::size_t size = at + 1 < name.size() && is_digit(name[at + 1]) ? 4 : 2;
    size = std::min(size, name.size() - at);
    name.replace(at, size, size, 'x');
  }
}

}  // namespace

RegisteredDomain::RegisteredDomain()
    : list_(psl_latest(nullptr)),
      nodes_(nodes_size),
      marks_(marks_size / 64),
      cache_(cache_size),
      top_levels_(top_levels_size) {
  DNSTORM_ASSERT(list_ != nullptr, "libpsl has no list of public suffixes");
  read_rules(list_file);
}

RegisteredDomain::~RegisteredDomain() { psl_free(list_); }

void RegisteredDomain::read_rules(const char* path) {
  std::ifstream file(path);
  std::size_t rules = 0;
  for (std::string line; std::getline(file, line);) {
    std::string_view rule(line);
    if (rule.empty() || rule.starts_with("//")) continue;
    // A list that outgrows the table is left to libpsl altogether.
    if (++rules > nodes_size / 2) return;
    rule = rule.substr(0, rule.find_first_of(" \t\r"));
    Node kind = Node::rule;
    if (rule.starts_with('!') || rule.starts_with("*.")) {
      rule.remove_prefix(rule[0] == '!' ? 1 : 2);
      kind = Node::special;
    }
    add_node(rule, kind);
    for (std::size_t dot = rule.find('.'); dot != std::string_view::npos;
         dot = rule.find('.', dot + 1))
      add_node(rule.substr(dot + 1), Node::inner);
  }
  have_rules_ = rules != 0;
}

void RegisteredDomain::add_node(std::string_view tail, Node kind) {
  std::uint64_t hash = hash_bytes(tail) & ~kind_mask;
  std::size_t at = hash >> 2 & (nodes_size - 1);
  while (nodes_[at] != 0 && (nodes_[at] & ~kind_mask) != hash) at = (at + 1) & (nodes_size - 1);
  mark(hash);
  std::uint64_t known = nodes_[at] & kind_mask;
  nodes_[at] = hash | std::max(known, static_cast<std::uint64_t>(kind));
}

void RegisteredDomain::mark(std::uint64_t hash) {
  for (std::uint64_t bit : {hash >> 20 & (marks_size - 1), hash >> 40 & (marks_size - 1)})
    marks_[bit / 64] |= std::uint64_t{1} << bit % 64;
}

bool RegisteredDomain::maybe_marked(std::uint64_t hash) const {
  std::uint64_t first = hash >> 20 & (marks_size - 1);
  std::uint64_t second = hash >> 40 & (marks_size - 1);
  return (marks_[first / 64] >> first % 64 & marks_[second / 64] >> second % 64 & 1) != 0;
}

RegisteredDomain::Node RegisteredDomain::node(std::uint64_t tail_hash) const {
  std::uint64_t hash = tail_hash & ~kind_mask;
  if (!maybe_marked(hash)) return Node::none;
  std::size_t at = hash >> 2 & (nodes_size - 1);
  while (nodes_[at] != 0 && (nodes_[at] & ~kind_mask) != hash) at = (at + 1) & (nodes_size - 1);
  return static_cast<Node>(nodes_[at] & kind_mask);
}

// node() of a name's last label.
RegisteredDomain::Node RegisteredDomain::last_node(std::string_view label) {
  if (label.size() > sizeof(std::uint64_t)) return node(hash_bytes(label));
  std::uint64_t letters = 0;
  for (char c : label) letters = letters << 8 | static_cast<unsigned char>(c);
  LastLabel& known = last_labels_[letters * 0x9e3779b97f4a7c15 >> 56];
  if (known.letters != letters) known = {letters, node(hash_bytes(label))};
  return known.node;
}

// The registered domain, if the walk can tell. It cannot where a label that it comes to is an
// international one (the list writes those in UTF-8, packets in Punycode) or ends in an escape,
// which may be one of a dot.
std::optional<RegisteredDomain::Domain> RegisteredDomain::walk(std::string_view qname) {
  bool below_rule = true;  // a top-level domain that is not listed is a suffix by the default rule
  for (std::size_t end = qname.size(); end != 0;) {
    std::size_t from = label_begin(qname, end);
    if (from >= 2 && qname[from - 2] == '\\') return std::nullopt;
    std::string_view tail = qname.substr(from);
    if (tail.starts_with("xn--")) return std::nullopt;
    const bool last = end == qname.size();
    std::uint64_t hash = last ? 0 : hash_bytes(tail);
    Node kind = last ? last_node(tail) : node(hash);
    if (kind == Node::special) return std::nullopt;
    if (kind == Node::none) {
      if (!below_rule) return std::nullopt;
      if (!last) return Domain{tail, hash};
    } else {
      below_rule = kind == Node::rule;
    }
    if (from == 0) return std::nullopt;
    end = from - 1;
  }
  return std::nullopt;
}

RegisteredDomain::Domain RegisteredDomain::find(std::string_view qname, std::uint64_t hash) {
  // No name is that long; what is nevertheless stands for itself.
  if (qname.size() >= cache_size) return {qname, hash_bytes(qname)};
  std::optional<Domain> found;
  if (have_rules_ && !qname.ends_with(v6_reverse)) found = walk(qname);
  if (!found) {
    std::string_view name = qname.substr(ask_list(qname));
    found = Domain{name, hash_bytes(name)};
  }
  std::uint64_t from = qname.size() - found->name.size();
  cache_[hash % cache_size] = {(key_of(qname, hash) & ~(cache_size - 1)) | from, found->hash};
  return *found;
}

bool RegisteredDomain::is_top_level(std::string_view label) {
  constexpr std::size_t label_max = 63;
  if (label.size() > label_max || label.find('.') != std::string_view::npos) return false;
  std::uint64_t hash = hash_bytes(label);
  TopLevel& known = top_levels_[hash % top_levels_size];
  if (known.hash != hash || known.size != label.size())
    known = {hash, static_cast<std::uint8_t>(label.size()),
             psl_is_public_suffix2(list_, std::string(label).c_str(),
                                   PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0};
  return known.exists;
}

std::uint16_t RegisteredDomain::ask_list(std::string_view qname) const {
  std::string text(qname);
  hide_escapes(text);
  std::string_view plain = text;
  if (plain.ends_with(v6_reverse) && last_labels(plain, 2) == plain.size() - v6_reverse.size())
    return static_cast<std::uint16_t>(last_labels(plain, v6_reverse_labels));
  const char* domain = psl_registrable_domain(list_, text.c_str());
  return static_cast<std::uint16_t>(domain == nullptr ? 0 : domain - text.c_str());
}

}  // namespace dnstorm::operators
