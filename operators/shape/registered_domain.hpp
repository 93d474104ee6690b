// The registered domain of a name: the part below the public suffix, as the Public Suffix List has
// it (libpsl; the list of the system's package `publicsuffix`, or the one built into the library).
//
//   www.example.co.uk -> example.co.uk      example.com -> example.com
//   co.uk, com        -> themselves: a public suffix has nothing registered above it
//   .                 -> .
//   a.b.nosuchtld     -> b.nosuchtld (the list's default rule)
//   1.2.0.192.in-addr.arpa -> 192.in-addr.arpa (three labels: the /8)
//   names under ip6.arpa   -> eight nibbles above it (the /32, what a network is usually given)
//
// Most names have been asked for a moment ago, in the query that is now answered: a small cache has
// them. libpsl takes 0.7 us a look-up, so it is asked as little as possible: a name is walked label
// by label through the tails of the list's rules (one table of 256 KiB). Where the walk leaves them
// above a plain rule ("com", "co.uk"), the next label is the registered one; everything else
// (wildcards, exceptions, international names) is left to libpsl. The rules are read from the
// list's text file; without it libpsl is asked for every name that the cache does not have. One
// instance a task; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/prefetch.hpp"

struct psl_ctx_st;

namespace dnstorm::operators {

class RegisteredDomain {
 public:
  RegisteredDomain();
  ~RegisteredDomain();
  RegisteredDomain(const RegisteredDomain&) = delete;
  RegisteredDomain& operator=(const RegisteredDomain&) = delete;

  struct Domain {
    std::string_view name;  // the end of the name that was asked for; lives as long
    std::uint64_t hash;     // hash_bytes() of it
  };
  // `qname` is a name in the text form of capture/dns/name.hpp, lower case; `hash` is its
  // name_hash(). Escaped dots part no labels.
  Domain of(std::string_view qname, std::uint64_t hash) {
    const Entry& entry = cache_[hash % cache_size];
    std::size_t from = entry.key % cache_size;
    if ((entry.key ^ key_of(qname, hash)) >= cache_size || from >= qname.size()) [[unlikely]]
      return find(qname, hash);
    return {{qname.data() + from, qname.size() - from}, entry.domain_hash};
  }
  // What of() will look at, some time before it does.
  void prefetch(std::uint64_t hash) const { prefetch_line(&cache_[hash % cache_size]); }
  // Whether there is such a top-level domain; the default rule does not count.
  bool is_top_level(std::string_view label);

 private:
  static constexpr std::size_t cache_size = 32768;
  // What the list knows of a tail. `special`: what walk() does not judge.
  enum class Node : std::uint8_t { none, inner, rule, special };
  // Four of them in a cache line. The place says the lower bits of the name's hash; instead of them
  // `key` has where the registered domain begins. Nothing begins at the end of the longest name.
  struct Entry {
    std::uint64_t key = cache_size - 1;
    std::uint64_t domain_hash = 0;
  };
  // Names of one hash and different lengths differ in the upper bits.
  static std::uint64_t key_of(std::string_view name, std::uint64_t hash) {
    return hash ^ name.size() * 0x9e3779b97f4a7c15;
  }
  // A short last label, which most names share with many others, as a number.
  struct LastLabel {
    std::uint64_t letters = 0;
    Node node = Node::none;
  };
  struct TopLevel {
    std::uint64_t hash = 0;
    std::uint8_t size = 0;
    bool exists = false;
  };
  // What the cache does not have; it has it then.
  Domain find(std::string_view qname, std::uint64_t hash);
  void read_rules(const char* path);
  void add_node(std::string_view tail, Node kind);
  void mark(std::uint64_t hash);
  bool maybe_marked(std::uint64_t hash) const;
  Node node(std::uint64_t tail_hash) const;
  Node last_node(std::string_view label);
  std::optional<Domain> walk(std::string_view qname);
  std::uint16_t ask_list(std::string_view qname) const;

  psl_ctx_st* list_;
  std::vector<std::uint64_t>
      nodes_;  // open addressing: hash of the tail, its last two bits the Node
  // A Bloom filter before nodes_, small enough to stay in the cache: nearly all registered domains
  // are no tails of rules, and the table need not be looked at for them.
  std::vector<std::uint64_t> marks_;
  bool have_rules_ = false;
  // Direct-mapped by the hash: of of(), and of is_top_level().
  std::vector<Entry> cache_;
  std::vector<TopLevel> top_levels_;
  std::array<LastLabel, 256> last_labels_;  // direct-mapped, too: of walk()
};

}  // namespace dnstorm::operators
