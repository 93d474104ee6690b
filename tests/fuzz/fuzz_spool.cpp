// What a spool finds on disk: names of segments (the first line), and the bytes of a segment that
// was cut or damaged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capture/spool/blocks.hpp"
#include "capture/spool/segment.hpp"

using namespace dnstorm;
using namespace dnstorm::capture::spool;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = text.find('\n');
  std::string_view name = text.substr(0, line);
  if (auto segment = parse_segment_name(name))
    DNSTORM_ASSERT(segment_name(*segment) == name, "a name is read as it is written", name);
  std::span<const std::uint8_t> file(data, size);
  if (line != text.npos) file = file.subspan(line + 1);
  Scan scan = scan_segment(file);
  DNSTORM_ASSERT(scan.bytes <= file.size(), "a scan stays inside", scan.bytes);
  DNSTORM_ASSERT(scan.packets == 0 || scan.first <= scan.last, "times are in order", scan.first);
  Scan again = scan_segment(file.first(scan.bytes));
  DNSTORM_ASSERT(again.packets == scan.packets && again.bytes == scan.bytes,
                 "what is kept is whole", scan.bytes);
  return 0;
}
