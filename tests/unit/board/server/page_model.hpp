// A reader of the stream for tests, written from board/README.md and not from the page's or the
// server's code: it parses Server-Sent Events and keeps the state that a page would show.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace dnstorm::board {

struct Event {
  std::string id, name;
  nlohmann::json data;
};

inline std::vector<Event> parse_events(const std::string& text) {
  std::vector<Event> events;
  std::istringstream lines(text);
  Event event;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("id: ")) event.id = line.substr(4);
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) event.data = nlohmann::json::parse(line.substr(6));
    if (line.empty() && !event.name.empty()) events.push_back(std::exchange(event, {}));
  }
  return events;
}

class PageModel {
 public:
  void apply(const Event& event) {
    if (event.name == "snapshot") state_ = event.data, state_.erase("t");
    if (event.name == "panel") apply_panel(event.data);
    if (event.name == "slot") apply_slots(event.data);
    if (event.name == "delta") apply_delta(event.data);
  }
  const nlohmann::json& state() const { return state_; }
  int slots_moved() const { return slots_moved_; }

  double count(const std::string& id, const std::string& key) {
    for (const auto& slot : panel(id)["wall"]["slots"])
      if (!slot.is_null() && slot[0] == key) return slot[1];
    return -1;
  }

 private:
  nlohmann::json& panel(const std::string& id) {
    for (auto& panel : state_["panels"])
      if (panel["id"] == id) return panel;
    throw std::runtime_error("a delta for a panel that was never announced: " + id);
  }
  void apply_panel(const nlohmann::json& data) {
    for (auto& panel : state_["panels"])
      if (panel["id"] == data["id"]) {
        panel = data;
        return;
      }
    state_["panels"].push_back(data);
  }
  void apply_slots(const nlohmann::json& data) {
    for (const auto& [id, moves] : data.items())
      for (std::size_t i = 0; i < moves.size(); i += 4) {
        panel(id)["wall"]["slots"][moves[i].get<std::size_t>()] = {moves[i + 1], moves[i + 2],
                                                                   moves[i + 3]};
        ++slots_moved_;
      }
  }
  void apply_delta(const nlohmann::json& data) {
    for (const auto& [id, change] : data["panels"].items()) {
      nlohmann::json& target = panel(id);
      target["start"] = change["start"];
      target["end"] = change["end"];
      if (change.contains("wall")) apply_wall(target["wall"], change["wall"]);
      if (change.contains("series")) apply_series(target["series"], change["series"]);
      if (change.contains("table")) target["table"] = change["table"];
      if (change.contains("totals")) target["totals"] = change["totals"];
    }
    if (data.contains("honesty")) state_["honesty"] = data["honesty"];
    if (data.contains("notes")) state_["notes"] = data["notes"];
  }
  static void apply_wall(nlohmann::json& wall, const nlohmann::json& change) {
    const auto& add = change["add"];
    for (std::size_t i = 0; i < add.size(); i += 2) {
      auto& count = wall["slots"][add[i].get<std::size_t>()][1];
      count = count.get<std::int64_t>() + add[i + 1].get<std::int64_t>();
    }
    for (const char* sum : {"total", "keys", "overflow"}) wall[sum] = change[sum];
  }
  static void apply_series(nlohmann::json& series, const nlohmann::json& change) {
    series["lines"] = change["lines"];
    auto& points = series["points"];
    for (const auto& point : change["points"]) {
      auto at = std::find_if(points.begin(), points.end(),
                             [&](const auto& other) { return other[0] >= point[0]; });
      if (at != points.end() && (*at)[0] == point[0])
        *at = point;
      else
        points.insert(at, point);
    }
    while (points.size() > 600) points.erase(points.begin());
  }

  nlohmann::json state_;
  int slots_moved_ = 0;
};

}  // namespace dnstorm::board
