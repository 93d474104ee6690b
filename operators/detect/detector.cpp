#include "operators/detect/detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "operators/detect/admission.hpp"
#include "operators/detect/allow_list.hpp"
#include "operators/number.hpp"

namespace dnstorm::operators {

std::vector<OptionSpec> window_detector_options(const DetectorDefaults& defaults) {
  return {
      {.name = "window",
       .type = OptionType::duration,
       .default_text = defaults.window,
       .help = "the length of the windows of event time in which keys are judged",
       .min = 1e6},
      {.name = "admit",
       .type = OptionType::integer,
       .default_text = defaults.admit,
       .help = "rows in a window from which on a key is looked at",
       .min = 1,
       .max = Admission::rows_max},
      {.name = "keys_max",
       .type = OptionType::integer,
       .default_text = defaults.keys_max,
       .help = "keys that are looked at in a window, and remembered; a 128th in each key group",
       .min = 128,
       .max = 1 << 24},
  };
}

std::vector<OptionSpec> alarm_options(const DetectorDefaults& defaults) {
  return {
      {"allow", OptionType::list, "", "domains (with all below them) and networks without events"},
      {.name = "raise_after",
       .type = OptionType::integer,
       .default_text = defaults.raise_after,
       .help = "windows in alarm, one behind the other, that open an event",
       .min = 1,
       .max = 1e6},
      {"clear", OptionType::duration, defaults.clear, "quiet for so long: the event is closed"},
      {"update", OptionType::duration, defaults.update,
       "told of again at most so often, unless it becomes more severe"},
  };
}

std::vector<OptionSpec> detector_options(const DetectorDefaults& defaults,
                                         std::vector<OptionSpec> own) {
  for (OptionSpec& spec : window_detector_options(defaults)) own.push_back(std::move(spec));
  for (OptionSpec& spec : alarm_options(defaults)) own.push_back(std::move(spec));
  return own;
}

AlarmSettings alarm_settings(const Options& options) {
  return {static_cast<std::uint32_t>(options.integer("raise_after")), options.duration("clear"),
          options.duration("update")};
}

const std::vector<Field>& sample_fields() {
  static const std::vector<Field> fields = {
      {"client", Type::ip}, {"qname", Type::str}, {"qtype", Type::u16}, {"rcode", Type::u16}};
  return fields;
}

namespace {

// Numbers of messages are narrower in some streams.
bool same_kind(Type a, Type b) { return a == b || (is_unsigned(a) && is_unsigned(b)); }

Result<void> check_field(const InputDecl& input, const Field& wanted) {
  Field field = DNSTORM_TRY(require_field(input, wanted.name, ""));
  if (same_kind(field.type, wanted.type)) return {};
  return Error{
      ErrorKind::config,
      fmt::format("field '{}' of stream '{}' of '{}' is of type {}, not {}", field.name,
                  input.stream, input.component, to_string(field.type), to_string(wanted.type)),
      ""};
}

}  // namespace

Result<Declaration> declare_detector(const Options& options, const std::vector<InputDecl>& inputs,
                                     const std::vector<Field>& fields) {
  DNSTORM_CHECK(AllowList::parse(options.list("allow")));
  Declaration declaration;
  declaration.restorable = true;
  declaration.light = true;
  declaration.outputs.push_back({"default", event_fields()});
  for (const InputDecl& input : inputs) {
    DNSTORM_CHECK(check_field(input, {"time", Type::time}));
    std::vector<std::string>& reads = declaration.reads.emplace_back();
    reads.emplace_back("time");
    for (const Field& field : fields) {
      DNSTORM_CHECK(check_field(input, field));
      reads.push_back(field.name);
    }
    for (const Field& field : sample_fields()) {
      auto index = input.schema.find(field.name);
      if (index && same_kind(input.schema.field(*index).type, field.type) &&
          std::find(reads.begin(), reads.end(), field.name) == reads.end())
        reads.push_back(field.name);
    }
  }
  return declaration;
}

}  // namespace dnstorm::operators
