#include "cli/board_address.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dnstorm::cli {

Result<board::ServerOptions> parse_board_address(const std::string& text,
                                                 const std::string& option) {
  board::ServerOptions options;
  std::size_t colon = text.rfind(':');
  std::string_view port = text;
  if (colon != std::string::npos) {
    options.host = text.substr(0, colon);
    port.remove_prefix(colon + 1);
    // [::1]:8353
    if (options.host.size() > 2 && options.host.front() == '[')
      options.host = options.host.substr(1, options.host.size() - 2);
  }
  auto [rest, problem] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (problem != std::errc() || rest != port.data() + port.size())
    return Error{
        ErrorKind::usage,
        fmt::format("{} takes [HOST:]PORT, such as 8353 or 0.0.0.0:8353, not '{}'", option, text),
        ""};
  return options;
}

}  // namespace dnstorm::cli
