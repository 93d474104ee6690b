#include "capture/pcap/reader.hpp"

#include <algorithm>

#include "capture/pcap/detail/file_base.hpp"

namespace dnstorm::capture::pcap {
namespace {

struct Magic {
  std::string_view bytes;
  std::string_view what;
};

using namespace std::string_view_literals;

// What people hand over by mistake.
constexpr Magic known_files[] = {
    {"\xa1\xb2\xcd\x34"sv,
     "a pcap of the modified (Kuznetzov) kind; convert it: editcap -F pcap IN OUT"},
    {"\x34\xcd\xb2\xa1"sv,
     "a pcap of the modified (Kuznetzov) kind; convert it: editcap -F pcap IN OUT"},
    {"snoop\0\0\0"sv, "a snoop capture; convert it: editcap -F pcap IN OUT"},
    {"GMBU"sv, "a Network Monitor capture; convert it: editcap -F pcap IN OUT"},
    {"RTSS"sv, "a Network Monitor capture; convert it: editcap -F pcap IN OUT"},
    {"\0\0\0\0\0\0\0"sv, "a Frame Streams file (dnstap), not a packet capture"},
    {"BZh"sv, "compressed by bzip2; unpack it first: bunzip2"},
    {"\x04\x22\x4d\x18"sv, "compressed by lz4; unpack it first: unlz4"},
    {"PK\x03\x04"sv, "a zip archive; unpack it first: unzip"},
    {"\x37\x7a\xbc\xaf\x27\x1c"sv, "a 7-Zip archive; unpack it first"},
    {"SQLite format 3"sv, "a SQLite database, not a packet capture"},
    {"\x7f"
     "ELF"sv,
     "a program, not a packet capture"},
    {"%PDF"sv, "a PDF, not a packet capture"},
};

constexpr std::size_t described_bytes = 512;

std::string describe(std::string_view head) {
  for (const Magic& magic : known_files)
    if (head.starts_with(magic.bytes)) return fmt::format("is {}", magic.what);
  if (head.size() > 262 && head.substr(257, 5) == "ustar")
    return "is a tar archive; unpack it first";
  auto printable = [](char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  };
  if (std::ranges::all_of(head.substr(0, 64), printable))
    return "is a text file, not a packet capture";
  std::string bytes;
  for (char c : head.substr(0, 8)) bytes += fmt::format(" {:02x}", static_cast<unsigned char>(c));
  return fmt::format("is neither pcap nor pcapng (it begins with{})", bytes);
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::open(const std::string& path) {
  std::unique_ptr<file::Source> source = DNSTORM_TRY(file::open_source(path));
  std::string name = path == "-" ? "standard input" : path;
  return open(std::move(name), file::Window(std::move(source)));
}

Result<std::unique_ptr<FileReader>> FileReader::open(std::string name, file::Window window) {
  if (!window.need(4) && window.failure()) return Error(*window.failure()).within(name);
  if (window.size() == 0)
    return Error{ErrorKind::data, fmt::format("{}: is empty, not a packet capture", name), {}};
  if (detail::is_pcap(window)) return detail::open_pcap(std::move(name), std::move(window));
  if (detail::is_pcapng(window)) return detail::open_pcapng(std::move(name), std::move(window));
  (void)window.need(described_bytes);
  std::string_view head(reinterpret_cast<const char*>(window.data()), window.size());
  return Error{ErrorKind::data, fmt::format("{}: {}", name, describe(head)), {}};
}

}  // namespace dnstorm::capture::pcap
