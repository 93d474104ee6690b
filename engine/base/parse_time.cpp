#include "engine/base/parse_time.hpp"

#include <charconv>
#include <ctime>

namespace dnstorm {

namespace {

// Takes what a time text is made of from its front, and remembers whether all of it was there.
struct TimeText {
  std::string_view rest;
  bool ok = true;

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      ok = ok && i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      if (!ok) return 0;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(digits);
    return value;
  }
  void expect(std::string_view any) {
    ok = ok && !rest.empty() && any.find(rest.front()) != std::string_view::npos;
    if (ok) rest.remove_prefix(1);
  }
  // ".123": nanoseconds; digits beyond the ninth do not count.
  TimeNs fraction() {
    if (!ok || !rest.starts_with('.')) return 0;
    TimeNs value = 0, unit = ns_per_s;
    std::size_t at = 1;
    for (; at < rest.size() && rest[at] >= '0' && rest[at] <= '9'; ++at)
      value += (unit /= 10) * (rest[at] - '0');
    ok = at > 1;
    rest.remove_prefix(at);
    return value;
  }
  // Seconds that local time is ahead of UTC.
  int zone() {
    if (!ok || rest.empty()) return 0;
    if (rest == "Z" || rest == "z") return rest = {}, 0;
    int sign = rest.front() == '-' ? -1 : 1;
    expect("+-");
    int hours = number(2);
    expect(":");
    int minutes = number(2);
    ok = ok && hours < 24 && minutes < 60;
    return sign * (hours * 3600 + minutes * 60);
  }
};

constexpr TimeNs seconds_max = time_max / ns_per_s - 1;

std::optional<TimeNs> parse_epoch(std::string_view text) {
  std::int64_t seconds = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || seconds < 0 || seconds > seconds_max) return std::nullopt;
  TimeText rest{text.substr(static_cast<std::size_t>(end - text.data()))};
  TimeNs fraction = rest.fraction();
  if (!rest.ok || !rest.rest.empty()) return std::nullopt;
  return seconds * ns_per_s + fraction;
}

}  // namespace

std::optional<TimeNs> parse_time(std::string_view text) {
  if (text.size() < 10 || text[4] != '-') return parse_epoch(text);
  TimeText in{text};
  std::tm date{};
  date.tm_year = in.number(4) - 1900;
  in.expect("-");
  date.tm_mon = in.number(2) - 1;
  in.expect("-");
  date.tm_mday = in.number(2);
  TimeNs fraction = 0;
  int ahead = 0;
  if (!in.rest.empty()) {
    in.expect("Tt ");
    date.tm_hour = in.number(2);
    in.expect(":");
    date.tm_min = in.number(2);
    in.expect(":");
    date.tm_sec = in.number(2);
    fraction = in.fraction();
    ahead = in.zone();
  }
  std::tm wanted = date;
  std::int64_t seconds = timegm(&date);  // moves the 31st of June on to July: refused here
  bool real = date.tm_mon == wanted.tm_mon && date.tm_mday == wanted.tm_mday &&
              date.tm_hour == wanted.tm_hour && date.tm_min == wanted.tm_min;
  if (!in.ok || !in.rest.empty() || !real || seconds < -seconds_max || seconds > seconds_max)
    return std::nullopt;
  return (seconds - ahead) * ns_per_s + fraction;
}

}  // namespace dnstorm
