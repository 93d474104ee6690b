#include "capture/dns/detail/encode.hpp"

#include <fmt/format.h>

#include <ctime>

namespace dnstorm::capture::dns::detail {
namespace {

std::string escaped(std::string_view bytes, std::string_view with_backslash) {
  std::string text;
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      text += fmt::format("\\{:03}", byte);
      continue;
    }
    if (with_backslash.find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

std::string signature_time(std::uint32_t seconds) {
  std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string quoted(std::string_view bytes) { return '"' + escaped(bytes, "\"\\") + '"'; }
std::string printable(std::string_view bytes) { return escaped(bytes, ""); }

}  // namespace dnstorm::capture::dns::detail
