#include "board/server/detail/looks.hpp"

#include <charconv>
#include <optional>

#include "board/server/detail/reply.hpp"

namespace dnstorm::board::detail {
namespace {

constexpr const char* json = "application/json";
constexpr std::uint64_t ms_max = 1ull << 43;  // the year 2248; more does not fit in nanoseconds

std::optional<std::uint64_t> whole_number(std::string_view text, std::uint64_t max) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || rest != end || number > max) return std::nullopt;
  return number;
}

MHD_Result rewind(MHD_Connection* connection, const Live& live) {
  const std::string text = argument(connection, "t");
  if (text.empty()) return send_text(connection, MHD_HTTP_OK, live.rewind_json({}), json);
  const auto ms = whole_number(text, ms_max);
  if (!ms)
    return send_text(connection, MHD_HTTP_BAD_REQUEST,
                     "t is a moment in milliseconds since 1970, as in the stream\n");
  const TimeNs moment = static_cast<TimeNs>(*ms) * ns_per_ms;
  return send_text(connection, MHD_HTTP_OK, live.rewind_json(moment), json);
}

MHD_Result cell(MHD_Connection* connection, const Live& live) {
  const auto slot = whole_number(argument(connection, "slot"), UINT32_MAX);
  if (!slot)
    return send_text(connection, MHD_HTTP_BAD_REQUEST, "slot is the number of a cell of a wall\n");
  const auto text = live.cell_json(argument(connection, "panel"), *slot);
  if (!text) return send_text(connection, MHD_HTTP_NOT_FOUND, "there is no such cell\n");
  return send_text(connection, MHD_HTTP_OK, *text, json);
}

}  // namespace

MHD_Result look_closer(MHD_Connection* connection, std::string_view path, const Live& live) {
  return path == "/api/rewind" ? rewind(connection, live) : cell(connection, live);
}

}  // namespace dnstorm::board::detail
