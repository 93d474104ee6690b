#include "tests/sim/cluster/planner.hpp"

#include <algorithm>
#include <functional>
#include <sstream>

namespace dnstorm::cluster::testing {

namespace {

struct Word {
  std::string id;
  std::uint32_t executors = 1;
  std::uint32_t tasks = 0;
  PlaceRule rule;
  std::string version;
  double cores = 0;
};

// What stands behind `mark`, up to the next mark.
std::string behind(const std::string& word, char mark) {
  auto begin = word.find(mark);
  if (begin == std::string::npos) return {};
  auto end = word.find_first_of(":/@!^", begin + 1);
  return word.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
}

Word parse(const std::string& text) {
  Word word;
  word.id = text.substr(0, text.find_first_of(":/@!^"));
  if (auto number = behind(text, ':'); !number.empty())
    word.executors = static_cast<std::uint32_t>(std::stoul(number));
  if (auto number = behind(text, '/'); !number.empty())
    word.tasks = static_cast<std::uint32_t>(std::stoul(number));
  if (auto cores = behind(text, '^'); !cores.empty()) word.cores = std::stod(cores);
  word.version = behind(text, '!');
  std::string place = behind(text, '@');
  if (!place.empty() && place.front() == '=') {
    word.rule.node = place.substr(1);
  } else if (!place.empty()) {
    word.rule.per_node = place.back() == '*';
    word.rule.label = word.rule.per_node ? place.substr(0, place.size() - 1) : place;
  }
  return word;
}

bool is_setting(const std::string& word) {
  return word == "exactly-once" || word == "finite" || word.find('=') == 7 || word == "broken" ||
         word.rfind("timeout=", 0) == 0;
}

std::vector<std::string> words(const Submission& submission) {
  std::istringstream in(submission.text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

}  // namespace

Submission submission(const std::string& name, const std::string& text) {
  Submission made;
  made.name = name;
  made.text = text;
  return made;
}

bool is_finite(const Submission& submission) {
  auto all = words(submission);
  return std::find(all.begin(), all.end(), "finite") != all.end();
}

Result<std::vector<std::string>> TestPlanner::labels_per_node(const Submission& submission) {
  std::vector<std::string> labels;
  for (const std::string& text : words(submission)) {
    if (is_setting(text)) continue;
    Word word = parse(text);
    if (word.rule.per_node) labels.push_back(word.rule.label);
  }
  return labels;
}

Result<TopologyShape> TestPlanner::shape(const Submission& submission, const PlanChoices& choices) {
  TopologyShape shape;
  shape.message_timeout = 30 * ns_per_s;
  shape.settings = 1;
  std::string meaning;
  for (const std::string& text : words(submission)) {
    if (text == "broken") return Error{ErrorKind::config, "line 1: it is broken", {}};
    if (is_setting(text)) {
      shape.settings += std::hash<std::string>{}(text);
      if (text == "exactly-once") shape.checkpoints = true;
      if (text.rfind("workers=", 0) == 0)
        shape.workers = static_cast<std::uint32_t>(std::stoul(text.substr(8)));
      if (text.rfind("timeout=", 0) == 0)
        shape.message_timeout = std::stol(text.substr(8)) * ns_per_s;
      continue;
    }
    Word word = parse(text);
    ComponentShape component{
        word.id, word.tasks, word.executors, shape.components.empty(), word.rule, {}, 0};
    if (auto chosen = choices.executors.find(word.id); chosen != choices.executors.end())
      component.executors = chosen->second;
    if (word.rule.per_node) {
      auto number = choices.nodes_by_label.find(word.rule.label);
      component.executors = component.tasks =
          number == choices.nodes_by_label.end() ? 0 : number->second;
    }
    if (component.tasks == 0) component.tasks = word.executors;
    if (component.tasks < component.executors) component.tasks = component.executors;
    if (!shape.components.empty()) component.reads = {shape.components.back().id};
    component.digest = std::hash<std::string>{}(text);
    meaning += word.id + "!" + word.version + " ";
    std::uint32_t first = shape.tasks;
    for (std::uint32_t e = 0; e < component.executors; ++e) {
      ExecutorShape executor;
      executor.components = {word.id};
      executor.index = e;
      executor.rule = word.rule;
      executor.cores = word.cores;
      executor.spout = component.spout;
      for (std::uint32_t t = e; t < component.tasks; t += component.executors)
        executor.tasks.push_back(first + t);
      shape.executors.push_back(std::move(executor));
    }
    shape.tasks += component.tasks;
    shape.components.push_back(std::move(component));
  }
  if (shape.checkpoints) shape.checkpoint_interval = 1 * ns_per_s;
  shape.fingerprint = std::hash<std::string>{}(meaning);
  return shape;
}

}  // namespace dnstorm::cluster::testing
