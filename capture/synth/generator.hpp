// Generates DNS traffic: packets in the order of their times, and the truth about them.
//
// The same options give the same packets and the same truth, on any machine. TCP and fragments draw
// from a source of their own: without them, a seed gives what it gave before there were any.
// Attacks, too: without them, the rest is the same.
// Memory: the names of the list, the packets that are still under way (responses wait for their
// time) and the counts.
#pragma once

#include <functional>

#include "capture/synth/frame.hpp"
#include "capture/synth/profile.hpp"
#include "capture/synth/truth.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

// Takes one packet; the bytes live until it returns. `length` is what the packet had on the wire.
// An error ends the run.
using PacketSink = std::function<Result<void>(TimeNs time, ByteSpan frame, std::uint32_t length)>;

// A message as a server writes it down, at the time at which it is complete.
struct Message {
  TimeNs time = 0;
  Endpoints ends;  // the sender is the source
  bool tcp = false;
  bool response = false;
  bool upstream = false;  // between a resolver and an authority, whatever the view
  ByteSpan wire;  // lives until the sink returns
};
using MessageSink = std::function<Result<void>(const Message& message)>;

// Runs on the calling thread, and calls `sink` on it. Errors: usage (see check()), the name list's,
// the sink's.
Result<Truth> generate(const Options& options, const PacketSink& sink);
// The messages of the same traffic, for `options.dnstap` frames: each once, and of what is
// malformed that which is so in itself. The limit of packets is one of frames.
Result<Truth> generate_messages(const Options& options, const MessageSink& sink);

}  // namespace dnstorm::capture::synth
