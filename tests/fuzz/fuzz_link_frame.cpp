// Frames as they come over a link: parts of one, each after its length in two bytes, the head
// first.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cluster/link/link_end.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

namespace {

Frame frame_of(std::span<const std::uint8_t> bytes) {
  std::vector<Buffer> parts;
  while (bytes.size() >= 2) {
    std::size_t told = std::size_t{bytes[0]} | std::size_t{bytes[1]} << 8;
    std::size_t size = std::min(told, bytes.size() - 2);
    parts.push_back(Buffer::copy_of(bytes.subspan(2, size)));
    bytes = bytes.subspan(2 + size);
  }
  Frame frame;
  if (parts.empty()) return {Buffer::copy_of(bytes), {}};
  frame.head = parts[0];
  frame.parts.assign(parts.begin() + 1, parts.end());
  return frame;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Frame frame = frame_of({data, size});
  FrameHeader header;
  std::vector<Buffer> messages;
  if (!read_frame(frame, header, messages)) {
    FrameHeader second;
    std::vector<Buffer> again;
    DNSTORM_ASSERT(!read_frame(write_frame(header, messages), second, again) &&
                       again.size() == messages.size() && second.sequence == header.sequence,
                   "what was read can be written and read again");
  }
  // An end that the corpus has been made for: it has sent two frames in the lane of rows.
  LinkOptions options;
  options.incarnation = 1;
  options.session = 2;
  LinkEnd end(options);
  end.connected(0);
  FrameHeader hello;
  hello.kind = FrameKind::hello;
  hello.incarnation = 1;
  hello.from = 1;
  end.take(write_frame(hello, {}), 0);
  for (int i = 0; i < 2; ++i) {
    end.send(Buffer::copy_of("rows"), Lane::rows);
    end.frames(0);
  }
  std::size_t sum = 0;
  for (int i = 0; i < 2; ++i)
    for (const Buffer& message : end.take(frame, i)) sum += message.size;
  DNSTORM_ASSERT(sum <= frame.size(), "nothing is delivered twice", sum, frame.size());
  end.frames(ns_per_s * 10);
  return 0;
}
