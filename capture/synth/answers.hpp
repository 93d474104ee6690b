// What is answered: decides how a query ends and writes the response, with referrals, denial of
// existence and signatures of the sizes that real zones have (RFC 4034, 5155; the signatures
// themselves are random bytes). One owner, one thread.
#pragma once

#include <cstdint>
#include <string>

#include "capture/dns/writer.hpp"
#include "capture/synth/profile.hpp"
#include "capture/synth/questions.hpp"
#include "capture/synth/random.hpp"

namespace dnstorm::capture::synth {

enum class Outcome : std::uint8_t {
  positive,
  nodata,
  nxdomain,
  referral,
  servfail,
  refused,
  not_implemented,
};
// The header's response code.
std::uint16_t rcode_of(Outcome outcome);

struct Response {
  dns::MessageWriter::Bytes wire;  // lives until the next response
  std::uint16_t rcode = 0;
  bool truncated = false;
};

class AnswerWriter {
 public:
  explicit AnswerWriter(const Options& options);
  Outcome decide(const Query& query, Random& random) const;
  Response write(const Query& query, Outcome outcome, Random& random);
  // The same over TCP: whole, whatever its size.
  Response write_whole(const Query& query, Outcome outcome, Random& random);
  // A positive answer of at least `query.answer_size` bytes, and hardly more.
  Response write_large(const Query& query, Random& random);

 private:
  // The zone that answers, as far as its signatures go.
  struct Zone {
    std::string name;
    bool sign = false;  // it is signed, and the query has DO
    bool nsec3 = false;
    std::uint8_t algorithm = 13;
    std::size_t signature = 64;
  };
  Zone zone_of(const Query& query) const;
  bool is_signed(std::string_view zone) const;
  void begin(const Query& query, Outcome outcome, Random& random);
  void sign(std::string_view owner, std::uint16_t covered, std::uint32_t ttl, Random& random);
  void positive(const Query& query, Random& random);
  std::string cname_chain(const Query& query, std::uint32_t ttl, Random& random);
  void records(const Query& query, std::string_view owner, std::uint32_t ttl, Random& random);
  void addresses(const Query& query, std::string_view owner, std::uint32_t ttl);
  void zone_records(const Query& query, std::string_view owner, std::uint32_t ttl, Random& random);
  void rare_records(const Query& query, std::string_view owner, std::uint32_t ttl, Random& random);
  void priming();
  void large_record(const Query& query, std::uint32_t ttl, Random& random);
  void negative(const Query& query, bool name_exists, Random& random);
  void put_soa(std::uint32_t ttl, Random& random);
  void deny(std::string_view owner_label, Random& random);
  void referral(const Query& query, Random& random);
  void edns(const Query& query, Outcome outcome, Random& random);

  const Options& options_;
  const Profile& profile_;
  dns::MessageWriter writer_;
  Zone zone_;
};

}  // namespace dnstorm::capture::synth
