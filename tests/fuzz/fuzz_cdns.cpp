// C-DNS files through a file in memory: every message that comes out is read to its last byte.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "capture/cdns/reader.hpp"

using namespace dnstorm;
using namespace dnstorm::capture;

// Items may all point to the longest list of records; this many messages are enough.
constexpr int messages_max = 1'000;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int file = memfd_create("cdns", 0);
  DNSTORM_ASSERT(file >= 0, "a file in memory can be made");
  DNSTORM_ASSERT(write(file, data, size) == static_cast<ssize_t>(size), "and written");
  auto source = file::open_source("/proc/self/fd/" + std::to_string(file));
  if (source) {
    auto reader = cdns::Reader::open("input", file::Window(std::move(*source)));
    cdns::CapturedMessage message;
    std::size_t sum = 0;
    for (int i = 0; reader && i < messages_max; ++i) {
      cdns::Read read = (*reader)->next(message);
      if (read == cdns::Read::error)
        DNSTORM_ASSERT(!(*reader)->error().what.empty(), "an error says what is wrong");
      if (read != cdns::Read::message) break;
      DNSTORM_ASSERT(message.wire.size() <= 65535, "a message is no longer than one can be");
      for (std::uint8_t byte : message.wire) sum += byte;
    }
    DNSTORM_ASSERT(sum < SIZE_MAX, "the sum is used");
  }
  close(file);
  return 0;
}
