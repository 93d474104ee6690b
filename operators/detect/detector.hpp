// What all detectors declare alike: their options, the fields that they read, and the stream of
// events. Pure functions for OperatorDef.
#pragma once

#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "operators/detect/alarm.hpp"

namespace dnstorm::operators {

// How a detector presents itself in events.
struct DetectorInfo {
  std::string_view name;
  std::string_view key_kind;
  std::string_view advice;
};

// The defaults of a detector of windows.
struct DetectorDefaults {
  std::string window = "10s";
  std::string admit = "50";       // rows in a window from which on a key is looked at
  std::string keys_max = "4096";  // keys with values and memories
  std::string raise_after = "1";
  std::string clear = "60s";
  std::string update = "60s";
};

// window, admit, keys_max.
std::vector<OptionSpec> window_detector_options(const DetectorDefaults& defaults);
// allow, raise_after, clear, update: of everything that raises events.
std::vector<OptionSpec> alarm_options(const DetectorDefaults& defaults = {});
// Both, with others.
std::vector<OptionSpec> detector_options(const DetectorDefaults& defaults,
                                         std::vector<OptionSpec> own);
AlarmSettings alarm_settings(const Options& options);

// Begins a declaration: events go out; every input has these fields with these types and `time`,
// and they are read; those of `samples` are read where they are. The allow list is checked. Most
// detectors are done with nearly all rows after some nanoseconds, so they are light; one that looks
// closely at most of its rows takes that back.
Result<Declaration> declare_detector(const Options& options, const std::vector<InputDecl>& inputs,
                                     const std::vector<Field>& fields);
// Fields of messages that samples show, read where an input has them with these types.
const std::vector<Field>& sample_fields();

// Lets keys be of these fields: several tasks behind a fields grouping on them if they can be
// divided, one task otherwise.
template <class Key>
void declare_key(Declaration& declaration, const Key& key) {
  declaration.state = StateScope::keyed;
  declaration.single_task = !key.divisible();
  if (!key.divisible()) return;
  declaration.partition_by = key.fields();
  declaration.partition_exact = true;
}

}  // namespace dnstorm::operators
