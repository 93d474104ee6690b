// Where attacks put their packets: builds queries, answers and ICMP errors, and hands them with
// what is true of them to the timeline. One owner, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/dns/codes.hpp"
#include "capture/dns/writer.hpp"
#include "capture/synth/answers.hpp"
#include "capture/synth/frame.hpp"
#include "capture/synth/profile.hpp"
#include "capture/synth/questions.hpp"
#include "capture/synth/random.hpp"
#include "capture/synth/timeline.hpp"

namespace dnstorm::capture::synth::attack {

// A question, and who asks whom.
struct Ask {
  Query query;
  Endpoints ends;
  bool checking_disabled = false;
  bool upstream = false;  // a resolver asks an authority, whatever the view
};

struct Reply {
  std::uint16_t rcode = dns::rcode::noerror;
  std::uint16_t flags = 0;               // besides those that follow from the question
  std::uint16_t extended_error = 0;      // with EDNS only; 0: none
  bool matches = true;                   // closes the transaction
  std::optional<std::uint16_t> id = {};  // another than the question's
};

class Stage {
 public:
  // The first two must outlive the stage.
  Stage(const Options& options, Timeline& timeline) : options_(options), timeline_(timeline) {}

  // Whose packets come now, and its randomness.
  void enter(std::uint32_t attack, Random& random) {
    attack_ = attack;
    random_ = &random;
  }
  Random& random() { return *random_; }
  const Options& options() const { return options_; }

  // A question with the options' shares of EDNS and DO, from a port of its own, to one of the
  // servers.
  Ask question(const IpAddress& client, std::string name, std::uint16_t type);
  // The time that a server takes.
  DurationNs delay();

  void ask(TimeNs time, const Ask& ask);
  // Header and question of an answer; records may follow, then answer().
  dns::MessageWriter& begin(const Ask& ask, const Reply& reply);
  void answer(TimeNs time, const Ask& ask, const Reply& reply, TimeNs asked);
  void answer(TimeNs time, const Ask& ask, const Reply& reply, TimeNs asked, const Endpoints& from);
  // An answer that is written already.
  void answer_with(TimeNs time, const Ask& ask, const Response& response, TimeNs asked);
  // The server of `ends.dst` hears that nobody listens at the port to which its answer went.
  void unreachable(TimeNs time, const Endpoints& client, ByteSpan answer);

  // Question and denial by `zone`, or another answer without records.
  void deny(TimeNs time, const Ask& ask, std::string_view zone,
            std::uint16_t rcode = dns::rcode::nxdomain);

 private:
  TimeNs stamp(TimeNs time) const {
    return options_.nanoseconds ? time : time / ns_per_us * ns_per_us;
  }
  void put(TimeNs time, const Endpoints& ends, ByteSpan wire, const MessageFacts& facts,
           bool upstream);
  MessageFacts facts_of(const Ask& ask) const;

  const Options& options_;
  Timeline& timeline_;
  dns::MessageWriter writer_;
  Random* random_ = nullptr;
  std::uint32_t attack_ = 0;
};

}  // namespace dnstorm::capture::synth::attack
