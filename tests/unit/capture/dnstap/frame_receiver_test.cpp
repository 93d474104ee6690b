#include "capture/dnstap/frame_receiver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dnstorm::capture::dnstap {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Kind = FrameReceiver::Step::Kind;

Bytes control(ControlType type, std::string_view content_type = {}) {
  Bytes out;
  put_control(out, type, content_type);
  return out;
}
Bytes frame(std::string_view text) {
  Bytes out;
  put_frame(out, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Hands the bytes to a receiver in pieces, keeping what it has not used.
struct Feed {
  FrameReceiver receiver;
  Bytes reply;
  std::vector<std::string> frames;
  Bytes kept;

  void take(const Bytes& bytes, std::size_t piece = SIZE_MAX) {
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
      std::size_t n = std::min(piece, bytes.size() - at);
      kept.insert(kept.end(), bytes.begin() + std::ptrdiff_t(at),
                  bytes.begin() + std::ptrdiff_t(at + n));
      while (step()) {
      }
    }
  }
  bool step() {
    auto taken = receiver.step(kept, reply);
    if (taken.kind == Kind::frame) frames.emplace_back(taken.frame.begin(), taken.frame.end());
    if (taken.kind == Kind::more) {
      EXPECT_GT(taken.size, kept.size());
      return false;
    }
    kept.erase(kept.begin(), kept.begin() + taken.size);
    return taken.kind == Kind::frame || taken.kind == Kind::control;
  }
};

const Bytes ready = control(ControlType::ready, dnstap_content_type);
const Bytes start = control(ControlType::start, dnstap_content_type);
const Bytes stop = control(ControlType::stop);
const Bytes accept_frame = control(ControlType::accept, dnstap_content_type);
const Bytes finish = control(ControlType::finish);

TEST(FrameReceiver, AnswersTheBidirectionalHandshake) {
  Feed feed;
  feed.take(ready);
  EXPECT_EQ(feed.reply, accept_frame);
  EXPECT_FALSE(feed.receiver.started());
  feed.take(start + frame("one") + frame("two"));
  EXPECT_TRUE(feed.receiver.started());
  feed.take(stop);
  EXPECT_EQ(feed.reply, accept_frame + finish);
  EXPECT_TRUE(feed.receiver.finished());
  EXPECT_THAT(feed.frames, ::testing::ElementsAre("one", "two"));
}

TEST(FrameReceiver, SaysNothingToAUnidirectionalSender) {
  Feed feed;
  feed.take(start + frame("one") + stop);
  EXPECT_TRUE(feed.reply.empty());
  EXPECT_TRUE(feed.receiver.finished());
  EXPECT_FALSE(feed.receiver.bidirectional());
  EXPECT_THAT(feed.frames, ::testing::ElementsAre("one"));
}

TEST(FrameReceiver, GivesTheSameForAnyPieces) {
  for (std::size_t piece = 1; piece < 30; ++piece) {
    Feed feed;
    feed.take(ready + start + frame("one") + frame(std::string(300, 'x')) + stop, piece);
    EXPECT_TRUE(feed.receiver.finished());
    EXPECT_THAT(feed.frames, ::testing::ElementsAre("one", std::string(300, 'x')));
    EXPECT_EQ(feed.reply, accept_frame + finish);
  }
}

TEST(FrameReceiver, ChoosesDnstapAmongSeveralContentTypes) {
  // READY with two content types.
  Bytes two = {0, 0, 0, 0, 0, 0,   0,   47,  0,   0,  0, 4, 0,
               0, 0, 1, 0, 0, 0,   5,   'o', 't', 'h', 'e', 'r'};
  two = two + Bytes{0, 0, 0, 1, 0, 0, 0, 22} + Bytes(dnstap_content_type.begin(),
                                                     dnstap_content_type.end());
  Feed feed;
  feed.take(two);
  EXPECT_EQ(feed.receiver.fault(), ReceiveFault::none);
  EXPECT_EQ(feed.reply, accept_frame);
}

TEST(FrameReceiver, SkipsAndCountsControlFramesOfUnknownType) {
  Bytes unknown = control(static_cast<ControlType>(77));
  Feed feed;
  feed.take(unknown + ready + unknown + start + unknown + frame("one") + unknown + stop);
  EXPECT_TRUE(feed.receiver.finished());
  EXPECT_EQ(feed.receiver.unknown_controls(), 4u);
  EXPECT_THAT(feed.frames, ::testing::ElementsAre("one"));
}

ReceiveFault fault_of(const Bytes& bytes) {
  Feed feed;
  feed.take(bytes);
  EXPECT_EQ(feed.receiver.step(feed.kept, feed.reply).kind, Kind::failed);
  return feed.receiver.fault();
}

TEST(FrameReceiver, EveryFaultHasItsReason) {
  const char* http = "GET / HTTP/1.1\r\n\r\n";
  Bytes other_protocol(http, http + 18);
  EXPECT_EQ(fault_of(other_protocol), ReceiveFault::no_handshake);
  EXPECT_EQ(fault_of(frame("one")), ReceiveFault::no_handshake);
  EXPECT_EQ(fault_of(stop), ReceiveFault::no_handshake);
  EXPECT_EQ(fault_of(ready + ready), ReceiveFault::no_handshake);
  EXPECT_EQ(fault_of(ready + frame("one")), ReceiveFault::frame_unexpected);
  EXPECT_EQ(fault_of(control(ControlType::ready, "test:hello")), ReceiveFault::content_type);
  EXPECT_EQ(fault_of(control(ControlType::start, "test:hello")), ReceiveFault::content_type);
  EXPECT_EQ(fault_of(start + start), ReceiveFault::control_unexpected);
  EXPECT_EQ(fault_of(start + Bytes{0, 16, 0, 1}), ReceiveFault::frame_too_long);
  EXPECT_EQ(fault_of(start + Bytes{0, 0, 0, 0, 0, 0, 2, 1}), ReceiveFault::frame_too_long);
  EXPECT_EQ(fault_of(start + Bytes{0, 0, 0, 0, 0, 0, 0, 2, 0, 3}), ReceiveFault::control_malformed);
  EXPECT_EQ(fault_of({0, 0, 0, 0, 0, 0, 0, 13, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9, 'x'}),
            ReceiveFault::control_malformed);
}

TEST(FrameReceiver, ReadsNothingBehindTheEnd) {
  Feed feed;
  feed.take(start + stop + frame("late"));
  EXPECT_TRUE(feed.frames.empty());
  EXPECT_EQ(feed.receiver.step(feed.kept, feed.reply).kind, Kind::done);
}

TEST(FrameReceiver, NamesEveryFault) {
  for (std::size_t i = 0; i < receive_fault_count; ++i)
    EXPECT_NE(to_string(static_cast<ReceiveFault>(i)), "?");
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
