// Frames of board sinks on their way to a coordinator: as bytes that come, and as what they are
// once zstd has unpacked them, which few inputs reach by themselves.
#include <zstd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cluster/feed/frame_codec.hpp"
#include "engine/api/state.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

namespace {

std::string packed(std::string_view plain) {
  StateWriter head;
  head.put(std::uint8_t{1});
  head.put(std::uint8_t{1});
  head.put(std::uint64_t{plain.size()});
  std::string bytes = head.take();
  const std::size_t begin = bytes.size();
  bytes.resize(begin + ZSTD_compressBound(plain.size()));
  bytes.resize(begin + ZSTD_compress(bytes.data() + begin, bytes.size() - begin, plain.data(),
                                     plain.size(), 1));
  return bytes;
}

// What is read goes the same way again.
void check(std::string_view bytes) {
  auto frames = decode_frames(bytes);
  if (!frames.ok()) return;
  auto again = decode_frames(encode_frames(*frames));
  if (!again.ok() || again->size() != frames->size()) std::abort();
  for (std::size_t i = 0; i < frames->size(); ++i) {
    const FeedFrame &a = (*frames)[i].frame, &b = (*again)[i].frame;
    if (a.panel != b.panel || a.end != b.end || a.rows.size() != b.rows.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  check(packed(bytes));
  return 0;
}
