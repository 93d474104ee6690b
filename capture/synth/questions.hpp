// What is asked: draws queries by the shares of the options, and writes them.
// One owner, one thread; the same Random state gives the same query.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "capture/dns/writer.hpp"
#include "capture/synth/names.hpp"
#include "capture/synth/profile.hpp"
#include "capture/synth/random.hpp"

namespace dnstorm::capture::synth {

enum class NameKind : std::uint8_t {
  listed,        // from the list of names
  one_time,      // a random label below a listed name, never asked again
  reverse,       // in-addr.arpa, ip6.arpa
  unknown_tld,   // under a top-level domain that does not exist
  random_label,  // one random label
  root,          // "."
  tld,           // a top-level domain itself
};

struct Query {
  std::uint16_t id = 0;
  std::uint16_t type = 1;
  std::uint8_t opcode = 0;
  NameKind kind = NameKind::listed;
  std::string name;            // lower case
  std::string sent;            // as it stands in the packet
  std::uint64_t identity = 0;  // hash of the name: what is true of a name stays true
  bool recursion_desired = true;
  bool edns = false;
  bool dnssec_ok = false;
  bool client_subnet = false;
  bool cookie = false;
  std::uint16_t udp_size = 512;
  IpAddress subnet;
  std::array<std::uint8_t, 8> client_cookie{};
  std::uint32_t answer_size = 0;  // what its answer has at least, in bytes
};

class QuestionMaker {
 public:
  // Both arguments must outlive the maker.
  QuestionMaker(const Options& options, const NameList& names);
  // Replaces all of `query`; keeps its memory.
  void make(Random& random, Query& query);
  // Makes `query` one whose answer does not fit into packets of `mtu`: for keys, texts or ANY, by a
  // client that takes large answers.
  void enlarge(std::uint32_t mtu, Random& random, Query& query) const;

 private:
  NameKind pick_kind(Random& random, std::uint16_t type) const;
  void pick_name(Random& random, Query& query);
  void pick_edns(Random& random, Query& query) const;

  const Options& options_;
  const Profile& profile_;
  const NameList& names_;
  WeightedChoice ranks_;
  WeightedChoice types_;
  WeightedChoice udp_sizes_;
  WeightedChoice unknown_tlds_;
  std::uint64_t one_time_count_ = 0;
};

// The query's bytes; they live until the writer's next begin().
dns::MessageWriter::Bytes write_query(const Query& query, dns::MessageWriter& writer);

// `prefix`.`name`, or `name` alone where both do not fit into a domain name.
std::string under(std::string_view prefix, std::string_view name);
std::uint64_t identity_of(std::string_view name);
// Decided by the name alone, so that it stays: `share` of the names have the trait of this number.
bool has_trait(const Query& query, std::uint64_t trait, double share);

}  // namespace dnstorm::capture::synth
