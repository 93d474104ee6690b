#include "operators/sinks/influx_sender.hpp"

#include <fmt/format.h>

#include <tuple>

namespace dnstorm::operators {

Delivery InfluxSender::deliver(const LineChunk& chunk, const std::function<bool()>& go_on) {
  Search search;
  search.parts.push_back(chunk);
  while (!search.parts.empty()) {
    if (!go_on()) return {.end = Delivery::End::broken_off};
    const LineChunk& part = search.parts.front();
    std::string body = target_.packed(part.text);
    HttpAnswer answer = http_.exchange(target_.write_request(body));
    InfluxVerdict verdict = judge(answer, part);
    switch (verdict.action) {
      case InfluxAction::done:
        search.found.written += part.points();
        search.parts.pop_front();
        break;
      case InfluxAction::refused:
        refused(verdict, search);
        break;
      case InfluxAction::too_large:
        if (part.points() > 1)
          divide("", search);
        else
          refuse_all(verdict.reason, search);
        break;
      case InfluxAction::retry:
        return {Delivery::End::retry, verdict.reason, answer.retry_after};
      case InfluxAction::stop:
        return {Delivery::End::stop, verdict.reason, answer.retry_after};
    }
  }
  return std::move(search.found);
}

void InfluxSender::refused(const InfluxVerdict& verdict, Search& search) const {
  const LineChunk& part = search.parts.front();
  bool all_named = !verdict.lines.empty() && verdict.lines.size() >= verdict.count;
  if (verdict.others_are_in && all_named) {
    remove_named(verdict, search);
    search.found.written += search.parts.front().points();
    search.parts.pop_front();
  } else if (part.points() == 1 || verdict.count >= part.points()) {
    refuse_all(verdict.reason, search);
  } else if (search.left == 0) {
    refuse_all(fmt::format("one or more of {} points: {}", part.points(), verdict.reason), search);
  } else if (--search.left; !verdict.lines.empty()) {
    remove_named(verdict, search);
    if (search.parts.front().empty()) search.parts.pop_front();
  } else {
    divide(verdict.measurement, search);
  }
}

void InfluxSender::remove_named(const InfluxVerdict& verdict, Search& search) {
  const LineChunk& part = search.parts.front();
  auto named = verdict.lines.begin();
  auto [gone, rest] = part.split([&](std::size_t i) {
    bool is_named = named != verdict.lines.end() && named->line == i;
    if (!is_named) return false;
    search.found.refused.push_back({std::string(part.line(i)), named->reason});
    ++named;
    return true;
  });
  search.parts.front() = std::move(rest);
}

void InfluxSender::refuse_all(const std::string& reason, Search& search) {
  const LineChunk& part = search.parts.front();
  for (std::size_t i = 0; i < part.points(); ++i)
    search.found.refused.push_back({std::string(part.line(i)), reason});
  search.parts.pop_front();
}

// By the measurement that the answer speaks of: often all of its points are refused, and the answer
// for them alone says so. Points of one series stay in their order.
void InfluxSender::divide(const std::string& measurement, Search& search) {
  const LineChunk& part = search.parts.front();
  std::string name;
  append_measurement(name, measurement);
  auto [first, second] = part.split([&](std::size_t i) {
    std::string_view line = part.line(i);
    return !name.empty() && line.starts_with(name) && line.size() > name.size() &&
           (line[name.size()] == ',' || line[name.size()] == ' ');
  });
  if (first.empty() || second.empty()) std::tie(first, second) = part.halves();
  search.parts.front() = std::move(second);
  search.parts.push_front(std::move(first));
}

Result<void> check_influx(HttpTransport& http, const InfluxTarget& target) {
  std::string body = target.packed("");
  HttpAnswer answer = http.exchange(target.write_request(body));
  std::string message = influx_message(answer);
  if (answer.status == 0 || answer.status >= 500)
    return Error{ErrorKind::unavailable,
                 fmt::format("influx: {} does not answer ({}): start it, correct `url`, or set "
                             "`wait: true` to begin "
                             "without it",
                             target.url, message),
                 "url"};
  if (answer.status == 401 || answer.status == 403)
    return Error{
        ErrorKind::permission,
        fmt::format("influx: {} does not let us write to {} ({}): correct `{}`", target.url,
                    target.place(), message, target.user.empty() ? "token" : "user"),
        target.user.empty() ? "token" : "user"};
  if (answer.status == 404 && message.find("not found: \"") != std::string::npos)
    return Error{
        ErrorKind::config,
        fmt::format(
            "influx: {} has no {}: create it (influx -execute 'CREATE DATABASE {}') or correct "
            "`database`",
            target.url, target.place(), target.database),
        "database"};
  // 2.x answers an empty write with 400 when everything else is right.
  if (answer.status / 100 == 2 || answer.status == 400) return {};
  return Error{ErrorKind::config,
               fmt::format("influx: {} takes no points for {}: {} (HTTP {})", target.url,
                           target.place(), message, answer.status),
               "url"};
}

}  // namespace dnstorm::operators
