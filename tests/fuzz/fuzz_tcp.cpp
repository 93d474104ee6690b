// Segments of a few connections: each has a head of eight bytes (connection and direction, flags,
// sequence number, length, cut, time) and its data. The streams are saved and restored on the way.
#include <cstddef>
#include <cstdint>

#include "capture/stream/tcp_streams.hpp"
#include "engine/api/state.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/cursor.hpp"

using namespace dnstorm;
using namespace dnstorm::capture;

namespace {

struct Sink final : stream::MessageSink {
  void message(const packet::Datagram&, TimeNs, std::span<const std::uint8_t> wire, bool,
               std::uint32_t) override {
    for (std::uint8_t byte : wire) sum += byte;
    DNSTORM_ASSERT(!wire.empty() && wire.size() <= 65535, "a message has a size", wire.size());
  }
  std::uint64_t sum = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t memory = 1 << 18;
  stream::TcpStreams::Limits limits{.memory = memory};
  auto streams = std::make_unique<stream::TcpStreams>(limits);
  Sink sink;
  TimeNs now = 0;
  Cursor in({data, size});
  std::span<const std::uint8_t> head, bytes;
  while (in.take_bytes(8, head)) {
    std::size_t length = std::min<std::size_t>(load_be16(head.data() + 4) % 3000, in.left());
    if (!in.take_bytes(length, bytes)) break;
    packet::Datagram segment;
    segment.reset();
    bool up = (head[0] & 1) != 0;
    segment.src_port = up ? head[0] >> 1 & 7 : 53;
    segment.dst_port = up ? 53 : head[0] >> 1 & 7;
    segment.payload = bytes;
    segment.tcp = {load_be16(head.data() + 2) - 1000u, 0,
                   static_cast<std::uint32_t>(length + (head[6] > 240 ? head[6] : 0)), head[1]};
    now += head[7] * (ns_per_s / 8);
    streams->take(0, segment, now, sink);
    streams->expire(now - ns_per_s, sink);
    if (head[0] >= 0xf0) {
      StateWriter out;
      streams->save_group(0, out);
      std::string saved = out.take();
      streams = std::make_unique<stream::TcpStreams>(limits);
      StateReader reader(saved);
      DNSTORM_ASSERT(streams->restore_group(0, reader) && reader.at_end(),
                     "what was saved can be restored");
    }
    DNSTORM_ASSERT(streams->memory() <= memory + 100'000, "memory is bounded", streams->memory());
  }
  streams->expire(time_max, sink);
  DNSTORM_ASSERT(streams->open() == 0, "nothing is open at the end");
  // Bytes that nobody saved.
  StateReader hostile({reinterpret_cast<const char*>(data), size});
  stream::TcpStreams restored(limits);
  if (restored.restore_group(0, hostile)) restored.expire(time_max, sink);
  return 0;
}
