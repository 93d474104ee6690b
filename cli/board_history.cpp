#include "cli/board_history.hpp"

#include <algorithm>

namespace dnstorm::cli {

std::vector<HistoryFile> history_files(const plan::Plan& plan) {
  std::vector<HistoryFile> files;
  std::vector<HistoryFile> of_open_sets;  // read only if they are asked for
  for (const plan::ComponentPlan& component : plan.components) {
    if (component.op->name != "store") continue;
    bool open_set = component.options.flag("unbounded_tags");
    (open_set ? of_open_sets : files).push_back({component.id, component.options.text("file")});
  }
  files.insert(files.end(), of_open_sets.begin(), of_open_sets.end());
  return files;
}

void offer_history(std::vector<HistoryFile> files, BoardData& data) {
  if (files.empty()) return;
  data.add("history", [history = History(std::move(files))](const ApiRequest& request) {
    auto body = history.answer(request);
    return body.ok() ? ApiAnswer{.body = std::move(body).value()} : data_problem(body.error());
  });
}

}  // namespace dnstorm::cli
