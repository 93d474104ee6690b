#include "cli/event_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/board_data.hpp"
#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t limit_max = 500;
constexpr std::size_t rate_buckets_max = 60;

ApiAnswer answer_of(const Json& json) {
  return {.body = json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

std::int64_t ms(TimeNs time) { return time / ns_per_ms; }

// A number of a query; 0 if there is none.
Result<std::uint64_t> number(const ApiRequest& request, std::string_view name) {
  const std::string_view text = request.argument(name);
  std::uint64_t value = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && (failed != std::errc() || rest != text.data() + text.size()))
    return Error{ErrorKind::usage, fmt::format("{} is a whole number, not '{}'", name, text), ""};
  return value;
}

Result<EventFilter> filter_of(const ApiRequest& request) {
  EventFilter filter;
  filter.detector = request.argument("detector");
  filter.text = request.argument("text");
  filter.state = request.argument("state");
  if (!filter.state.empty() && filter.state != "open" && filter.state != "closed")
    return Error{ErrorKind::usage, fmt::format("state is open or closed, not '{}'", filter.state),
                 ""};
  const std::string_view severity = request.argument("severity");
  const auto found = std::find(severity_names.begin(), severity_names.end(), severity);
  if (!severity.empty() && found == severity_names.end())
    return Error{ErrorKind::usage,
                 fmt::format("severity is info, low, medium, high or critical, not '{}'", severity),
                 ""};
  if (!severity.empty()) filter.severity = static_cast<unsigned>(found - severity_names.begin());
  return filter;
}

Json mute_json(const MuteRule& rule, TimeNs now) {
  return {{"rule", rule.words()},
          {"until", rule.until_ns == time_max ? Json() : Json(ms(rule.until_ns))},
          {"detector", rule.detector},
          {"key", rule.key},
          {"note", rule.note},
          {"ended", rule.until_ns <= now}};
}

Json event_json(const LoggedEvent& event, const std::vector<MuteRule>& mutes, TimeNs now) {
  Json json = {{"id", event.id},
               {"number", event.number},
               {"detector", event.detector},
               {"state", event.state},
               {"severity", severity_names[event.severity]},
               {"score", event.score},
               {"key_kind", event.key_kind},
               {"key", event.key},
               {"time", ms(event.time)},
               {"start", ms(event.start)},
               {"end", ms(event.end)},
               {"mute", Json()}};
  const MuteRule* longest = nullptr;
  for (const MuteRule& rule : mutes)
    if (rule.covers(now, event.detector, event.key) &&
        (!longest || rule.until_ns > longest->until_ns))
      longest = &rule;
  if (longest) json["mute"] = mute_json(*longest, now);
  return json;
}

// JSON within JSON; what is none is left out.
Json parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json() : json;
}

Json settings_json(const EventSources& sources, const std::string& detector) {
  Json all = Json::array();
  for (const DetectorSettings& component : sources.components) {
    if (component.detector != detector) continue;
    Json settings = Json::array();
    for (const DetectorSetting& setting : component.settings)
      settings.push_back(
          {{"name", setting.name}, {"value", setting.value}, {"help", setting.help}});
    all.push_back({{"component", component.component}, {"settings", std::move(settings)}});
  }
  return all;
}

Json places_json(const EventSources& sources, const LoggedEvent& event) {
  Json all = Json::array();
  for (const PacketPlace& place : sources.places) {
    Json json = {{"node", place.node}};
    if (place.spool.empty())
      json["file"] = place.capture;
    else
      json["command"] = packets_command(event, place.spool);
    all.push_back(std::move(json));
  }
  return all;
}

std::optional<ApiAnswer> refuse_packets(const ApiRequest& request, const std::string& token) {
  if (request.loopback) return std::nullopt;
  if (token.empty())
    return data_problem(403,
                        "this board can be reached from other machines, and packets show what "
                        "people ask for: start it with DNSTORM_TAP_TOKEN set, or on 127.0.0.1");
  if (same_secret(request.token, token)) return std::nullopt;
  return data_problem(401, "packets want the token of taps");
}

}  // namespace

EventDesk::EventDesk(const EventLog& log, EventSources sources, const Clock& clock,
                     EventTokens tokens, Search search)
    : log_(log),
      sources_(std::move(sources)),
      clock_(clock),
      tokens_(std::move(tokens)),
      search_(search ? std::move(search) : [](const LoggedEvent& event, const EventSources& from) {
        return packets_of(event, from);
      }) {}

TimeNs EventDesk::now() const { return sources_.replay ? log_.newest_time() : clock_.wall_ns(); }

std::vector<MuteRule> EventDesk::mutes() const {
  std::vector<MuteRule> all = sources_.mutes;
  for (const std::string& file : sources_.mute_files)
    if (auto rules = read_mutes(file); rules.ok())
      for (MuteRule& rule : *rules) {
        const auto same = [&](const MuteRule& other) { return other.words() == rule.words(); };
        if (std::ranges::find_if(all, same) == all.end()) all.push_back(std::move(rule));
      }
  return all;
}

ApiAnswer EventDesk::answer(const ApiRequest& request) const {
  const std::string& path = request.path;
  if (path == "/mute" || path == "/unmute") return change_mutes(request);
  if (request.method != "GET" && request.method != "HEAD")
    return data_problem(405, "events are only looked at (GET), or muted (POST mute, unmute)");
  if (path.empty() || path == "/") return list(request);
  const std::size_t slash = path.find('/', 1);
  const std::string id = path.substr(1, slash == std::string::npos ? slash : slash - 1);
  if (slash == std::string::npos) return one(id);
  if (path.substr(slash) == "/packets") return packets(request, id);
  return data_problem(404, "there is nothing here");
}

ApiAnswer EventDesk::list(const ApiRequest& request) const {
  const auto filter = filter_of(request);
  if (!filter.ok()) return data_problem(filter.error());
  const auto top = number(request, "top"), skip = number(request, "skip"),
             limit = number(request, "limit");
  for (const auto* value : {&top, &skip, &limit})
    if (!value->ok()) return data_problem(value->error());
  const std::size_t most = *limit == 0 ? 100 : std::min<std::size_t>(*limit, limit_max);
  const EventLog::Page page = log_.page(*filter, *top, *skip, most);
  const EventLog::Rates rates = log_.rates(rate_buckets_max);
  const std::vector<MuteRule> mutes = this->mutes();
  const TimeNs now = this->now();
  Json json = {{"now", ms(now)},      {"newest", page.newest},   {"matching", page.matching},
               {"newer", page.newer}, {"all", page.all},         {"forgotten", page.forgotten},
               {"skip", *skip},       {"events", Json::array()}, {"mutes", Json::array()}};
  for (const LoggedEvent& event : page.events)
    json["events"].push_back(event_json(event, mutes, now));
  for (const MuteRule& rule : mutes) json["mutes"].push_back(mute_json(rule, now));
  json["rates"] = {
      {"from", ms(rates.from)}, {"bucket", ms(rates.bucket)}, {"counts", rates.counts}};
  json["can_mute"] = !sources_.mute_files.empty();
  json["mute_after_s"] = static_cast<double>(sources_.reload) / ns_per_s;
  json["packets"] = !sources_.spools.empty() || !sources_.captures.empty();
  return answer_of(json);
}

ApiAnswer EventDesk::one(const std::string& id) const {
  const auto event = log_.find(id);
  if (!event)
    return data_problem(404, "this event is not known: it is older than those that are remembered");
  Json json = event_json(*event, mutes(), now());
  json["evidence"] = parsed(event->evidence);
  json["samples"] = parsed(event->samples);
  json["advice"] = event->advice;
  json["components"] = settings_json(sources_, event->detector);
  json["places"] = places_json(sources_, *event);
  return answer_of(json);
}

ApiAnswer EventDesk::packets(const ApiRequest& request, const std::string& id) const {
  if (auto refused = refuse_packets(request, tokens_.tap)) return *refused;
  const auto event = log_.find(id);
  if (!event)
    return data_problem(404, "this event is not known: it is older than those that are remembered");
  if (!searches_.try_acquire())
    return data_problem(503,
                        fmt::format("{} searches for packets go on already: try again when one "
                                    "of them has ended",
                                    searches_max));
  ApiAnswer answer = search_answer(*event);
  searches_.release();
  return answer;
}

ApiAnswer EventDesk::search_answer(const LoggedEvent& event) const {
  auto found = search_(event, sources_);
  if (!found.ok())
    return found.error().kind == ErrorKind::no_input ? data_problem(404, found.error().what)
                                                     : data_problem(found.error());
  ApiAnswer answer{.type = "application/vnd.tcpdump.pcap", .body = std::move(found->pcap)};
  answer.headers = {{"Content-Disposition",
                     fmt::format("attachment; filename=\"{}-{}.pcap\"", event.detector, event.id)},
                    {"X-Dnstorm-Packets", fmt::format("{}", found->packets)},
                    {"X-Dnstorm-Cut", found->cut ? "yes" : "no"}};
  return answer;
}

ApiAnswer EventDesk::change_mutes(const ApiRequest& request) const {
  if (request.method != "POST") return data_problem(405, "mutes are changed by POST");
  if (auto refused = tokens_.refuse_change ? tokens_.refuse_change(request)
                                           : refuse_change(request, tokens_.control))
    return *refused;
  if (sources_.mute_files.empty())
    return data_problem(409,
                        "nothing can be muted here: give `events` of this topology a mute_file");
  std::lock_guard lock(mute_files_mutex_);
  auto done = request.path == "/mute" ? mute(request) : unmute(request);
  if (!done.ok()) return data_problem(done.error());
  Json json = {{"mutes", Json::array()}};
  for (const MuteRule& rule : mutes()) json["mutes"].push_back(mute_json(rule, now()));
  return answer_of(json);
}

Result<void> EventDesk::mute(const ApiRequest& request) const {
  const std::string detector(request.argument("detector")), key(request.argument("key"));
  const auto until = parse_time(request.argument("until"));
  if (!until || *until <= now())
    return Error{ErrorKind::usage,
                 fmt::format("a mute ends at a time to come such as {}, not at '{}'",
                             format_time(now() + 3600 * ns_per_s), request.argument("until")),
                 ""};
  if (detector == "*" && key == "*")
    return Error{ErrorKind::usage, "a mute of all events is none: name a detector or a key", ""};
  std::string note = "from the board";
  if (!request.argument("by").empty()) note += fmt::format(" by {}", request.argument("by"));
  note += fmt::format(", {}", format_time(clock_.wall_ns() / ns_per_s * ns_per_s));
  if (!request.argument("why").empty()) note += fmt::format(": {}", request.argument("why"));
  const std::string end = format_time(*until / ns_per_s * ns_per_s);
  for (const std::string& file : sources_.mute_files)
    DNSTORM_CHECK(add_mute(file, end, detector, key, note));
  return {};
}

Result<void> EventDesk::unmute(const ApiRequest& request) const {
  const std::string rule(request.argument("rule"));
  Result<void> problem;
  bool gone = false;
  for (const std::string& file : sources_.mute_files) {
    auto removed = remove_mute(file, rule);
    gone = gone || removed.ok();
    if (!removed.ok()) problem = std::move(removed);
  }
  return gone ? Result<void>{} : problem;
}

}  // namespace dnstorm::cli
