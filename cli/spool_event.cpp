#include "cli/spool_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "capture/file/source.hpp"
#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

using nlohmann::json;

struct Row {
  std::string id, key_kind, key;
  TimeNs start = 0, end = 0;
};

// By the one name or by the other; numbers as they are written.
std::optional<std::string> text_of(const json& object, const char* own, const char* ecs) {
  auto found = object.find(own);
  if (found == object.end()) found = object.find(ecs);
  if (found == object.end()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::optional<Row> read_row(const std::string& line) {
  json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  auto id = text_of(object, "id", "event.id");
  auto kind = text_of(object, "key_kind", "dnstorm.key_kind");
  auto key = text_of(object, "key", "dnstorm.key");
  auto start = parse_time(text_of(object, "start", "event.start").value_or(""));
  auto end = parse_time(text_of(object, "end", "event.end").value_or(""));
  if (!id || !kind || !key || !start || !end) return std::nullopt;
  return Row{*id, *kind, *key, *start, *end};
}

Result<std::string> read_all(const std::string& path) {
  constexpr std::size_t bytes_max = std::size_t{1} << 30;
  auto source = DNSTORM_TRY(capture::file::open_source(path));
  std::string all;
  for (std::size_t used = 0;; used = all.size()) {
    all.resize(used + 64 * 1024);
    auto got = source->read(reinterpret_cast<std::uint8_t*>(all.data()) + used, all.size() - used);
    if (!got.ok()) return std::move(got.error()).within(path);
    all.resize(used + *got);
    if (*got == 0) return all;
    if (all.size() > bytes_max)
      return Error{ErrorKind::data, fmt::format("{}: is larger than a GiB", path), {}};
  }
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

Error which(const std::string& path, const std::string& id, const std::vector<std::string>& ids) {
  if (ids.empty())
    return {ErrorKind::data, fmt::format("{}: holds no event of a detector", path), {}};
  std::size_t shown = std::min<std::size_t>(ids.size(), 5);
  std::string some =
      fmt::format("{}{}", fmt::join(ids.begin(), ids.begin() + std::ptrdiff_t(shown), ", "),
                  shown < ids.size() ? ", ..." : "");
  if (!id.empty())
    return {ErrorKind::usage, fmt::format("{}: holds no event {}, but {}", path, id, some), "--id"};
  return {ErrorKind::usage,
          fmt::format("{}: holds {} events; choose one by --id: {}", path, ids.size(), some),
          "--id"};
}

}  // namespace

// What is no part of a packet (a country, a TLD's operator) narrows nothing down.
std::vector<std::pair<std::string, std::string>> event_conditions(const std::string& key_kind,
                                                                  const std::string& key) {
  static const std::map<std::string, std::string, std::less<>> conditions_of = {
      {"domain", "name"},   {"name", "name"},     {"qname", "name"},   {"tld", "name"},
      {"client", "client"}, {"server", "server"}, {"network", "host"}, {"host", "host"}};
  std::vector<std::string> kinds = words(key_kind), keys = words(key);
  std::vector<std::pair<std::string, std::string>> all;
  if (kinds.size() != keys.size()) return all;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto known = conditions_of.find(kinds[i]);
    if (known != conditions_of.end()) all.emplace_back(known->second, keys[i]);
  }
  return all;
}

Result<SpoolEvent> read_spool_event(const std::string& path, const std::string& id) {
  std::istringstream lines(DNSTORM_TRY(read_all(path)));
  std::vector<std::string> ids;  // as they come
  std::map<std::string, SpoolEvent> events;
  for (std::string line; std::getline(lines, line);) {
    std::optional<Row> row = read_row(line);
    if (!row) continue;
    auto [event, fresh] = events.try_emplace(row->id, SpoolEvent{row->start, row->end, {}});
    if (fresh) ids.push_back(row->id);
    event->second.from = std::min(event->second.from, row->start);
    event->second.to = std::max(event->second.to, row->end);
    event->second.match = event_conditions(row->key_kind, row->key);
  }
  auto wanted = id.empty() ? events.begin() : events.find(id);
  if (wanted == events.end() || (id.empty() && ids.size() > 1)) return which(path, id, ids);
  return wanted->second;
}

}  // namespace dnstorm::cli
