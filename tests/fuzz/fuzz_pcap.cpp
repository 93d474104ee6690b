// Capture files of all kinds, compressed ones included, through a file in memory.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "capture/pcap/reader.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::pcap;

namespace {

// A few bytes of gzip or zstd unpack to gigabytes of empty packets; this many are enough.
constexpr int packets_max = 100'000;

void check_error(const Error& error) {
  DNSTORM_ASSERT(!error.what.empty() && error.what.find('\n') == std::string::npos,
                 "an error is one line", error.what);
}

void read_all(FileReader& reader) {
  Packet packet;
  std::size_t sum = 0;
  for (int i = 0; i < packets_max; ++i) {
    Read read = reader.next(packet);
    if (read == Read::error) check_error(reader.error());
    if (read != Read::packet) return;
    for (std::uint8_t byte : packet.bytes) sum += byte;  // a sanitizer sees wrong bounds here
    DNSTORM_ASSERT(reader.packets() == static_cast<std::uint64_t>(i) + 1, "packets are counted");
  }
  DNSTORM_ASSERT(sum < SIZE_MAX, "the sum is used");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int file = memfd_create("capture", 0);
  DNSTORM_ASSERT(file >= 0, "a file in memory can be made");
  ssize_t written = write(file, data, size);
  DNSTORM_ASSERT(written == static_cast<ssize_t>(size), "a file in memory can be written", written);
  auto reader = FileReader::open("/proc/self/fd/" + std::to_string(file));
  if (reader)
    read_all(**reader);
  else
    check_error(reader.error());
  close(file);
  return 0;
}
