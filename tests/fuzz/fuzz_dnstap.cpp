// Frame Streams, as a file and as a connection in pieces, and the dnstap messages in them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "capture/dnstap/frame_file.hpp"
#include "capture/dnstap/frame_receiver.hpp"
#include "capture/dnstap/message.hpp"
#include "capture/file/source.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::dnstap;

namespace {

bool inside(std::span<const std::uint8_t> part, std::span<const std::uint8_t> whole) {
  return part.data() == nullptr ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// What is decoded lies in the frame, and comes back from its encoding.
void check_message(std::span<const std::uint8_t> frame) {
  Dnstap message;
  if (decode(frame, message) != DecodeError::none) return;
  for (auto part : {message.identity, message.version, message.extra, message.query_message,
                    message.response_message, message.query_zone, message.query_address,
                    message.response_address, message.policy.rule, message.policy.value})
    DNSTORM_ASSERT(inside(part, frame), "a view lies in its frame");
  DNSTORM_ASSERT(!type_text(message.type).empty(), "a decoded message has a type");
  std::vector<std::uint8_t> again;
  encode(message, again);
  Dnstap back;
  DecodeError error = decode(again, back);
  DNSTORM_ASSERT(error == DecodeError::none && back.type == message.type &&
                     back.time() == message.time() &&
                     back.query_message.size() == message.query_message.size() &&
                     back.policy.type == message.policy.type,
                 "what was encoded is decoded alike", static_cast<int>(error));
}

// A connection that brings the bytes in pieces of `piece`.
std::uint64_t receive(std::span<const std::uint8_t> bytes, std::size_t piece) {
  FrameReceiver receiver;
  std::vector<std::uint8_t> reply, kept;
  std::uint64_t frames = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto more = bytes.subspan(at, std::min(piece, bytes.size() - at));
    kept.insert(kept.end(), more.begin(), more.end());
    std::span<const std::uint8_t> rest = kept;
    for (;;) {
      auto step = receiver.step(rest, reply);
      if (step.kind == FrameReceiver::Step::Kind::more) break;
      if (step.kind == FrameReceiver::Step::Kind::done ||
          step.kind == FrameReceiver::Step::Kind::failed)
        return frames;
      if (step.kind == FrameReceiver::Step::Kind::frame) {
        ++frames;
        if (piece == bytes.size()) check_message(step.frame);
      }
      rest = rest.subspan(step.size);
    }
    kept.assign(rest.begin(), rest.end());
  }
  DNSTORM_ASSERT(reply.size() < 200, "a receiver says little", reply.size());
  return frames;
}

class MemorySource final : public capture::file::Source {
 public:
  explicit MemorySource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    std::size_t n = std::min(size, bytes_.size() - at_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), n, to);
    at_ += n;
    return n;
  }
  std::uint64_t bytes_read() const override { return at_; }
  std::uint64_t bytes_total() const override { return bytes_.size(); }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

void read_file(std::span<const std::uint8_t> bytes) {
  capture::file::Window window(std::make_unique<MemorySource>(bytes));
  auto file = FrameFile::open("input", std::move(window));
  if (!file.ok()) return;
  Frame frame;
  while ((*file)->next(frame) == Read::frame) check_message(frame.bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::uint8_t> bytes(data, size);
  check_message(bytes);
  if (size == 0) return 0;
  read_file(bytes);
  std::uint64_t frames = receive(bytes, size);
  std::uint64_t in_pieces = receive(bytes, 7);
  DNSTORM_ASSERT(frames == in_pieces, "pieces do not matter", frames, in_pieces);
  return 0;
}
