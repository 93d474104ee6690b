// Frames of every link type: the first byte chooses it, the second says how much the capture cut
// off.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "capture/packet/decode.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::packet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr LinkType links[] = {
      LinkType::null,       LinkType::ethernet, LinkType::raw_bsd,   LinkType::raw_openbsd,
      LinkType::raw,        LinkType::loop,     LinkType::linux_sll, LinkType::ipv4,
      LinkType::linux_sll2, LinkType::ipv6,     LinkType{147}};
  if (size < 2) return 0;
  LinkType link = links[data[0] % std::size(links)];
  std::span<const std::uint8_t> frame(data + 2, size - 2);
  auto original = static_cast<std::uint32_t>(frame.size() + data[1]);
  Datagram datagram;
  Verdict verdict = decode(link, frame, original, datagram);
  DNSTORM_ASSERT(static_cast<std::size_t>(verdict) < verdict_count, "a verdict is one of the list");
  DNSTORM_ASSERT(to_string(verdict) != "?", "every verdict has a name");
  if (!datagram.payload.empty()) {
    const std::uint8_t* end = frame.data() + frame.size();
    DNSTORM_ASSERT(datagram.payload.data() >= frame.data() &&
                       datagram.payload.data() + datagram.payload.size() <= end,
                   "the payload is part of the frame");
  }
  if (verdict == Verdict::udp || verdict == Verdict::tcp)
    DNSTORM_ASSERT(datagram.has_ports, "UDP and TCP have ports");
  if (verdict == Verdict::truncated)
    DNSTORM_ASSERT(data[1] > 0, "only the snap length truncates", data[1]);
  return 0;
}
