// What Prometheus can scrape of a topology: the metrics that its sinks keep, as text, for whoever
// serves HTTP. The sinks know no server and the server no sinks: a run hands one Exposition to its
// tasks (TaskContext::resources, under `exposition_key`) and asks it for its text. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::operators {

inline constexpr const char* exposition_key = "exposition";

// The metrics of one sink.
class MetricSource {
 public:
  virtual ~MetricSource() = default;
  // Whole families, in the text format 0.0.4. Called by the server's thread while the sink goes on.
  virtual void append(std::string& out) const = 0;
};

class Exposition {
 public:
  // `names`: of the families. A family stands in the text once, so it is of one component: the next
  // one that comes with its name is refused. A source lives on here when its task has ended.
  Result<void> add(const std::string& component, const std::vector<std::string>& names,
                   std::shared_ptr<const MetricSource> source);
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> owners_;                           // by the name of a family
  std::map<std::string, std::shared_ptr<const MetricSource>> sources_;  // by component
};

// What is not allowed in a name becomes '_' (the formats 0.0.4 and OpenMetrics agree on what is).
std::string metric_name(std::string_view text);  // [a-zA-Z_:][a-zA-Z0-9_:]*
std::string label_name(std::string_view text);   // [a-zA-Z_][a-zA-Z0-9_]*, without __ in front
// The value of a label, as it stands between its quotes; what is not UTF-8 becomes U+FFFD.
void append_label_value(std::string& out, std::string_view text);
// "# HELP ..." and "# TYPE ..."
void append_metric_head(std::string& out, std::string_view name, std::string_view help,
                        std::string_view type);

}  // namespace dnstorm::operators
