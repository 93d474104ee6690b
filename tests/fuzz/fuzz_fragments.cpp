// Fragments of a few packets: each has a head of six bytes (packet and flags, offset, length, time)
// and its data. They are saved and restored on the way.
#include <cstddef>
#include <cstdint>

#include "capture/packet/fragments.hpp"
#include "engine/api/state.hpp"
#include "engine/base/assert.hpp"
#include "engine/base/cursor.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::packet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t memory = 1 << 17;
  Fragments::Limits limits{.memory = memory};
  auto fragments = std::make_unique<Fragments>(limits);
  TimeNs now = 0;
  Cursor in({data, size});
  std::span<const std::uint8_t> head, bytes, whole;
  while (in.take_bytes(6, head)) {
    std::size_t length = std::min<std::size_t>(load_be16(head.data() + 3) % 3000, in.left());
    if (!in.take_bytes(length, bytes)) break;
    Datagram fragment;
    fragment.reset();
    fragment.v6 = (head[0] & 4) != 0;
    fragment.payload = bytes;
    fragment.fragment = {head[0] & 3u,
                         static_cast<std::uint16_t>(load_be16(head.data() + 1) & 0xfff8),
                         (head[0] & 8) != 0, (head[0] & 0x30) == 0x30};
    now += head[5] * (ns_per_s / 8);
    if (fragments->add(0, fragment, now, whole) == Fragments::Added::complete) {
      DNSTORM_ASSERT(!whole.empty() && whole.size() <= 65535, "a packet has a size", whole.size());
      decode_payload(whole, fragment);
    }
    fragments->expire(now - ns_per_s);
    if (head[0] >= 0xf0) {
      StateWriter out;
      fragments->save_group(0, out);
      std::string saved = out.take();
      fragments = std::make_unique<Fragments>(limits);
      StateReader reader(saved);
      DNSTORM_ASSERT(fragments->restore_group(0, reader) && reader.at_end(),
                     "what was saved can be restored");
    }
    DNSTORM_ASSERT(fragments->memory() <= memory + 200'000, "memory is bounded",
                   fragments->memory());
  }
  fragments->expire(time_max);
  DNSTORM_ASSERT(fragments->open() == 0, "nothing is open at the end");
  StateReader hostile({reinterpret_cast<const char*>(data), size});
  Fragments restored(limits);
  if (restored.restore_group(0, hostile)) restored.expire(time_max);
  return 0;
}
