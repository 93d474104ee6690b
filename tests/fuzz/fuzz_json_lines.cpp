// JSON lines through a file in memory: every message that comes out is read to its last byte.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "capture/convert/message_file.hpp"

using namespace dnstorm;
using namespace dnstorm::capture;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int file = memfd_create("lines", 0);
  DNSTORM_ASSERT(file >= 0, "a file in memory can be made");
  DNSTORM_ASSERT(write(file, data, size) == static_cast<ssize_t>(size), "and written");
  auto source =
      convert::open_source("/proc/self/fd/" + std::to_string(file), convert::Format::json);
  convert::CapturedMessage message;
  std::size_t sum = 0;
  while (source && (*source)->next(message) == convert::Read::message) {
    DNSTORM_ASSERT(message.wire.size() <= 65535, "a message is no longer than one can be");
    for (std::uint8_t byte : message.wire) sum += byte;
  }
  DNSTORM_ASSERT(sum < SIZE_MAX, "the sum is used");
  close(file);
  return 0;
}
