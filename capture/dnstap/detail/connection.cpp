#include "capture/dnstap/detail/connection.hpp"

#include <algorithm>

namespace dnstorm::capture::dnstap::detail {
namespace {
// Reads of one turn: a megabyte.
constexpr int reads_max = 4;
}  // namespace

Connection::Next Connection::serve(std::span<std::uint8_t> scratch, FrameSink& sink,
                                   ServerCounts& all, SenderCounts& own) {
  if (!flush()) return Next::close;
  for (int i = 0; i < reads_max; ++i) {
    std::copy(kept_.begin(), kept_.end(), scratch.begin());
    auto moved = stream_->read(scratch.subspan(kept_.size(), read_bytes));
    if (moved.state == ByteStream::State::again) return Next::wait;
    if (moved.state != ByteStream::State::ok) return Next::close;
    if (!process(scratch.first(kept_.size() + moved.bytes), sink, all, own)) return Next::close;
    if (!flush()) return Next::close;
  }
  return Next::again;
}

// False: the stream is over.
bool Connection::process(std::span<const std::uint8_t> bytes, FrameSink& sink, ServerCounts& all,
                         SenderCounts& own) {
  using Kind = FrameReceiver::Step::Kind;
  std::uint64_t unknown_before = receiver_.unknown_controls();
  bool going_on = true;
  for (bool more = true; more;) {
    FrameReceiver::Step step = receiver_.step(bytes, reply_);
    bytes = bytes.subspan(step.kind == Kind::more ? 0 : step.size);
    if (step.kind == Kind::frame) [[likely]] {
      ++all.frames;
      ++own.frames;
      all.bytes += step.frame.size();
      if (sink.take(step.frame)) continue;
      ++all.dropped;
      ++own.dropped;
      continue;
    }
    more = step.kind == Kind::control;
    going_on = more || step.kind == Kind::more;
  }
  all.unknown_controls += receiver_.unknown_controls() - unknown_before;
  kept_.assign(bytes.begin(), bytes.end());
  if (!going_on) static_cast<void>(flush());
  return going_on;
}

// False: the sender is not there any more. The few bytes of a reply fit every socket's buffer;
// where they do not, the descriptor tells when.
bool Connection::flush() {
  while (!reply_.empty()) {
    auto moved = stream_->write(reply_);
    if (moved.state == ByteStream::State::again) return true;
    if (moved.state != ByteStream::State::ok) return false;
    reply_.erase(reply_.begin(), reply_.begin() + static_cast<std::ptrdiff_t>(moved.bytes));
  }
  return true;
}

void Connection::count_end(ServerCounts& all) const {
  if (!stream_->established())
    ++all.tls_failures;
  else if (receiver_.fault() != ReceiveFault::none)
    ++all.faults[static_cast<std::size_t>(receiver_.fault())];
  else if (receiver_.finished())
    ++all.finished;
  else
    ++all.lost;
  bool lost = receiver_.fault() == ReceiveFault::none && !receiver_.finished();
  if (receiver_.started() && lost && !kept_.empty()) ++all.cut_frames;
}

}  // namespace dnstorm::capture::dnstap::detail
