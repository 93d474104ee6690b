#include "cli/top.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cluster_verb.hpp"
#include "cli/text_table.hpp"
#include "cli/top_walls.hpp"

namespace dnstorm::cli {

namespace {

void add_components(TopPage& page, const Json& topology, const char* list, const char* id_key,
                    const char* kind) {
  for (const Json& component : topology.at(list))
    page["components"].push_back({{"topology", topology.at("name")},
                                  {"component", component.at(id_key)},
                                  {"kind", kind},
                                  {"tasks", component.at("tasks")},
                                  {"in_per_s", component.value("executedPerSecond", 0.0)},
                                  {"out_per_s", component.at("emittedPerSecond")},
                                  {"busy", component.at("busyShare")}});
}

TopPage empty_page() {
  return {{"topologies", Json::array()}, {"nodes", Json::array()}, {"components", Json::array()}};
}

enum class Form : std::uint8_t { word, number, share, micros };
struct Column {
  const char* heading;  // with '>' over numbers
  const char* key;
  Form form;
};

const std::vector<Column>& columns_of_run(TopTab tab) {
  static const std::vector<Column> components = {
      {"TOPOLOGY", "topology", Form::word}, {"COMPONENT", "component", Form::word},
      {"KIND", "kind", Form::word},         {">TASKS", "tasks", Form::number},
      {">IN/S", "in_per_s", Form::number},  {">OUT/S", "out_per_s", Form::number},
      {">BUSY", "busy", Form::share}};
  static const std::vector<Column> tasks = {{"COMPONENT", "component", Form::word},
                                            {">TASK", "task", Form::number},
                                            {">IN/S", "executed_per_s", Form::number},
                                            {">OUT/S", "emitted_per_s", Form::number},
                                            {">BUSY", "busy", Form::share},
                                            {">BLOCKED", "blocked", Form::share},
                                            {">IDLE", "idle", Form::share},
                                            {">INBOX", "inbox_rows", Form::number},
                                            {">P99", "execute_p99", Form::micros},
                                            {"WAITS FOR", "waits_for", Form::word}};
  static const std::vector<Column> edges = {{"FROM", "from", Form::word},
                                            {"STREAM", "stream", Form::word},
                                            {"TO", "to", Form::word},
                                            {"GROUPING", "grouping", Form::word},
                                            {">ROWS", "rows", Form::number},
                                            {">ROWS/S", "rows_per_s", Form::number},
                                            {">BLOCKED", "blocked", Form::share},
                                            {">WAIT P99", "wait_p99", Form::micros}};
  static const std::vector<Column> walls = {{"NAME", "key", Form::word},
                                            {">COUNT", "count", Form::number},
                                            {">SHARE", "share", Form::share},
                                            {"", "mark", Form::word}};
  switch (tab) {
    case TopTab::tasks:
      return tasks;
    case TopTab::edges:
      return edges;
    case TopTab::walls:
      return walls;
    case TopTab::components:
      break;
  }
  return components;
}

const std::vector<Column>& columns_of(const TopView& view) {
  auto with = [](std::vector<Column> first, TopTab tab) {
    const std::vector<Column>& rest = columns_of_run(tab);
    first.insert(first.end(), rest.begin(), rest.end());
    return first;
  };
  static const std::vector<Column> tasks =
      with({{"TOPOLOGY", "topology", Form::word}, {"NODE", "node", Form::word}}, TopTab::tasks);
  static const std::vector<Column> edges =
      with({{"TOPOLOGY", "topology", Form::word}}, TopTab::edges);
  if (view.of_cluster && view.tab == TopTab::tasks) return tasks;
  if (view.of_cluster && view.tab == TopTab::edges) return edges;
  return columns_of_run(view.tab);
}

std::string micros_text(const Json& value) {
  if (value.is_null()) return "-";
  const double us = value.get<double>();
  if (us < 1000) return fmt::format("{:.0f} us", us);
  return us < 1e6 ? fmt::format("{:.1f} ms", us / 1e3) : fmt::format("{:.1f} s", us / 1e6);
}

std::string cell_text(const Json& row, const Column& column) {
  const Json& value = row.at(column.key);
  switch (column.form) {
    case Form::word:
      return value.get<std::string>();
    case Form::number:
      return number_text(row, column.key);
    case Form::share:
      return fmt::format("{:.0f} %", 100 * std::clamp(value.get<double>(), 0.0, 1.0));
    case Form::micros:
      return micros_text(value);
  }
  return {};
}

// Numbers with the largest first, words with the first of the alphabet; equal ones stay in order.
std::vector<Json> sorted(std::vector<Json> rows, const Column& column, bool reversed) {
  auto before = [&](const Json& a, const Json& b) {
    const Json &one = a.at(column.key), &other = b.at(column.key);
    return column.form == Form::word ? one < other : other < one;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const Json& a, const Json& b) {
    return reversed ? before(b, a) : before(a, b);
  });
  return rows;
}

std::string table_text(const TopPage& page, const TopView& view) {
  const char* names[] = {"components", "tasks", "edges", "walls"};
  const char* name = names[static_cast<std::size_t>(view.tab)];
  const std::vector<Column>& columns = columns_of(view);
  if (!page.contains(name)) return fmt::format("{} are shown of a run only\n", name);
  const Json* shown = &page.at(name);
  std::string heading;
  if (view.tab == TopTab::walls) {
    if (shown->empty()) return "no walls: the topology has no `board` sink with view: wall\n";
    heading = wall_heading(*shown, view.wall);
    shown = &shown->at(view.wall % shown->size()).at("cells");
  }
  std::vector<std::string> headings;
  for (const Column& column : columns) headings.emplace_back(column.heading);
  std::vector<Json> rows(shown->begin(), shown->end());
  if (view.sort != 0) rows = sorted(std::move(rows), columns[view.sort - 1], view.reversed);
  TextTable table(headings);
  const std::size_t passed = rows.empty() ? 0 : std::min(view.scroll, rows.size() - 1);
  for (std::size_t i = passed; i < rows.size(); ++i) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(cell_text(rows[i], column));
    table.add(std::move(cells));
  }
  return table.empty() ? heading : heading + table.text();
}

// As the line on top of the board.
std::string honesty_text(const Json& honesty) {
  std::string text = "PACKETS ";
  for (const auto& [key, word] : {std::pair{"captured", "seen"},
                                  {"parsed", "parsed"},
                                  {"malformed", "malformed"},
                                  {"not_dns", "not DNS"},
                                  {"filtered", "filtered"},
                                  {"in_flight", "in flight"}})
    text += fmt::format(" {} {}", word, number_text(honesty, key));
  for (const auto& [key, word] : {std::pair{"dropped_kernel", "kernel drops"},
                                  {"dropped_interface", "interface drops"},
                                  {"late", "late"}})
    text += fmt::format("  {} {}", word, number_text(honesty, key));
  return text + "\n";
}

std::string stall_text(const Json& stall) {
  return fmt::format("STALL    {} has been held up for {:.1f} s: the cause is {}\n",
                     printable(stall.at("source").get<std::string>()),
                     stall.at("for_s").get<double>(),
                     printable(stall.at("cause").get<std::string>()));
}

Json run_task(const Json& component, const Json& task) {
  Json row = {{"component", component.at("id")}};
  for (const char* key : {"task", "executed", "emitted", "executed_per_s", "emitted_per_s", "busy",
                          "blocked", "idle", "inbox_rows"})
    row[key] = task.at(key);
  const Json &execute = task.at("execute_us"), &waits = task.at("waits_for");
  row["execute_p99"] = execute.is_null() ? Json(nullptr) : execute.at("p99");
  row["waits_for"] = waits.is_null() ? Json("") : waits.at("who");
  return row;
}

Json run_edge(const Json& edge) {
  Json row;
  for (const char* key : {"from", "stream", "to", "grouping", "rows", "rows_per_s", "blocked"})
    row[key] = edge.at(key);
  const Json& wait = edge.at("wait_us");
  row["wait_p99"] = wait.is_null() ? Json(nullptr) : wait.at("p99");
  return row;
}

// Of a topology of a cluster: who runs where, and what goes between them.
void add_board(TopPage& page, const Json& board) {
  for (const Json& component : board.at("components"))
    for (const Json& task : component.at("tasks")) {
      Json row = run_task(component, task);
      row["topology"] = board.at("topology");
      row["node"] = task.at("node");
      page["tasks"].push_back(std::move(row));
    }
  for (const Json& edge : board.at("edges")) {
    Json row = run_edge(edge);
    row["topology"] = board.at("topology");
    page["edges"].push_back(std::move(row));
  }
}

}  // namespace

TopPage top_of_cluster(const Json& topologies, const Json& nodes, const std::vector<Json>& pages,
                       const std::vector<Json>& boards) {
  TopPage page = empty_page();
  page["tasks"] = Json::array();
  page["edges"] = Json::array();
  for (const Json& board : boards) add_board(page, board);
  for (const Json& it : topologies.at("topologies"))
    page["topologies"].push_back({{"topology", it.at("name")},
                                  {"status", it.at("status")},
                                  {"workers", it.at("workersTotal")},
                                  {"tasks", it.at("tasksTotal")},
                                  {"rows_per_s", it.at("rowsPerSecond")}});
  for (const Json& it : nodes.at("supervisors"))
    page["nodes"].push_back({{"node", it.at("id")},
                             {"status", it.at("status")},
                             {"workers", it.at("slotsUsed")},
                             {"cores", it.at("totalCpu").get<double>() / 100},
                             {"cores_used", it.at("usedCpu").get<double>() / 100}});
  for (const Json& topology : pages) {
    add_components(page, topology, "spouts", "spoutId", "spout");
    add_components(page, topology, "bolts", "boltId", "bolt");
  }
  return page;
}

TopPage top_of_run(const Json& answer, const Json& honesty, const Json& snapshot) {
  TopPage page = empty_page();
  page["tasks"] = Json::array();
  page["edges"] = Json::array();
  for (const Json& edge : answer.at("edges")) page["edges"].push_back(run_edge(edge));
  page["stall"] = answer.at("stall");
  page["honesty"] = honesty;
  if (snapshot.is_object()) page["walls"] = walls_of(snapshot);
  std::size_t tasks = 0;
  double rows = 0;
  for (const Json& component : answer.at("components")) {
    double in = 0, out = 0, busy = 0;
    for (const Json& task : component.at("tasks")) {
      in += task.at("executed_per_s").get<double>();
      out += task.at("emitted_per_s").get<double>();
      busy = std::max(busy, task.at("busy").get<double>());
      page["tasks"].push_back(run_task(component, task));
    }
    tasks += component.at("tasks").size();
    if (component.at("kind") == "spout") rows += out;
    page["components"].push_back({{"topology", answer.at("topology")},
                                  {"component", component.at("id")},
                                  {"kind", component.at("kind")},
                                  {"tasks", component.at("tasks").size()},
                                  {"in_per_s", in},
                                  {"out_per_s", out},
                                  {"busy", busy}});
  }
  page["topologies"].push_back(
      {{"topology", answer.at("topology")},
       {"status", answer.at("finished").get<bool>() ? "FINISHED" : "ACTIVE"},
       {"workers", 1},
       {"tasks", tasks},
       {"rows_per_s", rows}});
  return page;
}

bool TopView::press(char key) {
  constexpr std::string_view tabs = "ctew";
  if (tab == TopTab::walls && (key == 'w' || (key >= '1' && key <= '9'))) {
    wall = key == 'w' ? wall + 1 : static_cast<std::size_t>(key - '1');
    scroll = 0;
    return true;
  }
  if (const std::size_t at = tabs.find(key); at != std::string_view::npos || key == '\t') {
    const auto now = static_cast<std::size_t>(tab);
    *this = {.tab = static_cast<TopTab>(key == '\t' ? (now + 1) % tabs.size() : at),
             .wall = wall,
             .paused = paused,
             .of_cluster = of_cluster};
    return true;
  }
  if (key == 's')
    sort = (sort + 1) % (columns_of(*this).size() + 1);
  else if (key == 'r')
    reversed = !reversed;
  else if (key == 'p')
    paused = !paused;
  else if (key == 'j')
    ++scroll;
  else if (key == 'k')
    scroll -= std::min<std::size_t>(scroll, 1);
  else
    return false;
  return true;
}

std::string TopView::help() const {
  std::string by = tab == TopTab::walls ? "by COUNT" : "as in the topology";
  if (sort != 0) {
    std::string_view heading = columns_of(*this)[sort - 1].heading;
    heading.remove_prefix(heading.starts_with('>') ? 1 : 0);
    by = fmt::format("by {}{}", heading, reversed ? ", reversed" : "");
  }
  return fmt::format(
      "q end  c components  t tasks  e edges  w {}  s sort ({})  r reverse  j k scroll  p {}",
      tab == TopTab::walls ? "next wall" : "walls", by, paused ? "go on: PAUSED" : "pause");
}

std::string top_text(const TopPage& page, const TopView& view) {
  auto text = [](const Json& json, const char* key) { return json.at(key).get<std::string>(); };
  TextTable topologies({"TOPOLOGY", "STATUS", ">WORKERS", ">TASKS", ">ROWS/S"});
  for (const Json& it : page.at("topologies"))
    topologies.add({text(it, "topology"), text(it, "status"), number_text(it, "workers"),
                    number_text(it, "tasks"), number_text(it, "rows_per_s")});
  TextTable nodes({"NODE", "STATUS", ">WORKERS", ">CORES", ">USED"});
  for (const Json& it : page.at("nodes"))
    nodes.add({text(it, "node"), text(it, "status"), number_text(it, "workers"),
               number_text(it, "cores"), number_text(it, "cores_used")});
  std::string all = topologies.empty() ? "no topologies\n" : topologies.text();
  auto add = [&](const std::string& part) {
    if (!part.empty()) all += "\n" + part;
  };
  std::string truth;
  if (page.contains("honesty") && page["honesty"].is_object())
    truth = honesty_text(page["honesty"]);
  if (page.contains("stall") && page["stall"].is_object()) truth += stall_text(page["stall"]);
  add(truth);
  add(nodes.empty() ? "" : nodes.text());
  add(table_text(page, view));
  return all;
}

}  // namespace dnstorm::cli
