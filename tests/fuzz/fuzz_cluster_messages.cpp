// Control messages between coordinator and nodes, and what a coordinator keeps.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cluster/model/codec.hpp"
#include "engine/base/assert.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto message = decode(bytes);
  if (message.ok()) {
    // Text that is no UTF-8 is replaced on its way out: from the second time on it stays.
    auto again = decode(encode(*message));
    DNSTORM_ASSERT(again.ok(), "what was taken can be written and taken again");
    DNSTORM_ASSERT(encode(*again) == encode(*decode(encode(*again))), "and stays the same");
  } else {
    DNSTORM_ASSERT(!message.error().what.empty(), "an error says what is wrong");
  }
  for (bool ok : {record_from_json(bytes).ok(), state_from_json(bytes).ok(),
                  worker_order_from_json(bytes).ok(), worker_report_from_json(bytes).ok(),
                  submission_from_json(bytes).ok()})
    if (ok) DNSTORM_ASSERT(size >= 2, "the least of JSON has two bytes");
  return 0;
}
