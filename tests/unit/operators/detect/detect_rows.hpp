// What the tests of detectors share: traffic written as text, event rows without what every one of
// them has, and the checks that every detector has to pass.
//
//   Traffic traffic;
//   traffic.add("12s", {"192.0.2.1", "a.example.com", ...});
//   check_detector(def, options, fields, {"domain"}, traffic.steps());
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operators/answer_addresses.hpp"
#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators::testing {

// Of the event rows, the severity as its number: "60s opened 3 victim.example 50s 60s".
inline HarnessSettings short_events() {
  return {.read_outputs = {"time", "state", "severity", "key", "start", "end"}};
}

// Rows by the second that they belong to.
class Traffic {
 public:
  // The time goes before the cells.
  void add(TimeNs second, TextRow cells) {
    cells.insert(cells.begin(), fmt::format("{}", second * ns_per_s + jitter_++ % ns_per_s));
    rows_[second].push_back(std::move(cells));
  }
  // In steps of so many seconds, each with a watermark at its end.
  std::vector<RescaleStep> steps(TimeNs seconds = 5) const {
    std::vector<RescaleStep> all;
    for (const auto& [second, rows] : rows_) {
      TimeNs end = (second / seconds + 1) * seconds * ns_per_s;
      if (all.empty() || all.back().watermark != end) all.push_back({{}, end});
      all.back().rows.insert(all.back().rows.end(), rows.begin(), rows.end());
    }
    return all;
  }

 private:
  std::map<TimeNs, std::vector<TextRow>> rows_;
  TimeNs jitter_ = 0;
};

// A cell of the field `addresses`.
inline std::string packed(const std::vector<std::string>& addresses, int ttl) {
  AddressPacker packer;
  for (const std::string& text : addresses)
    packer.add(static_cast<std::uint32_t>(ttl), parse_ip(text).value());
  return {packer.bytes().begin(), packer.bytes().end()};
}

// More rows than one batch holds come in several.
inline void feed_all(TaskHarness& task, const std::vector<TextRow>& rows) {
  for (std::size_t first = 0; first < rows.size(); first += batch_rows_max)
    task.feed({rows.begin() + static_cast<std::ptrdiff_t>(first),
               rows.begin() + static_cast<std::ptrdiff_t>(
                                  std::min<std::size_t>(first + batch_rows_max, rows.size()))});
}

// The events of one task, in short.
inline std::vector<std::string> events_of(const OperatorDef& def, const TextOptions& options,
                                          const std::vector<Field>& fields,
                                          const std::vector<RescaleStep>& steps) {
  TaskHarness task(def, options, fields, short_events());
  for (const RescaleStep& step : steps) {
    feed_all(task, step.rows);
    task.watermark(step.watermark);
  }
  task.finish();
  return task.take();
}

// The same rows, all cells of them, for 1, 2 and 4 tasks, and from a task that goes on from a
// checkpoint; and damaged states do no harm.
inline void check_detector(const OperatorDef& def, const TextOptions& options,
                           const std::vector<Field>& fields,
                           const std::vector<std::string>& grouped_by,
                           const std::vector<RescaleStep>& steps) {
  std::vector<RescaleStep> small;
  TimeNs reached = time_min;  // watermarks never go back
  for (const RescaleStep& step : steps) {
    for (std::size_t first = 0; first < step.rows.size() || first == 0; first += batch_rows_max) {
      auto from = step.rows.begin() + static_cast<std::ptrdiff_t>(first);
      auto left = static_cast<std::size_t>(step.rows.end() - from);
      auto to = from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(left, batch_rows_max));
      small.push_back({{from, to}, to == step.rows.end() ? step.watermark : reached});
    }
    reached = step.watermark;
  }
  if (!grouped_by.empty()) check_rescales(def, options, fields, grouped_by, small);
  std::vector<Step> one_task;
  for (const RescaleStep& step : small) {
    one_task.push_back(rows(step.rows));
    one_task.push_back(until(step.watermark));
  }
  check_resumes([&] { return std::make_unique<TaskHarness>(def, options, fields); }, one_task);
}

}  // namespace dnstorm::operators::testing
