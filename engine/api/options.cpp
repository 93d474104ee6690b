#include "engine/api/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/base/assert.hpp"

namespace dnstorm {

namespace {

Error option_error(const OptionSpec& spec, std::string what) {
  return {ErrorKind::config, fmt::format("option '{}' {}", spec.name, what), spec.name};
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from < text.size()) {
    std::size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

std::optional<double> parse_scaled(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || !std::isfinite(number)) return std::nullopt;
  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  if (suffix == "Ki") return number * 1024;
  if (suffix == "Mi") return number * 1024 * 1024;
  if (suffix == "Gi") return number * 1024 * 1024 * 1024;
  if (suffix == "k") return number * 1e3;
  if (suffix == "M") return number * 1e6;
  if (!suffix.empty()) return std::nullopt;
  return number;
}

std::string limit_text(const OptionSpec& spec, double limit) {
  if (spec.type == OptionType::duration) return format_duration(static_cast<DurationNs>(limit));
  return fmt::format("{}", limit);
}

// Letters left out, added, replaced or swapped with their neighbour (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1), above(b.size() + 1), above_that(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(above_that, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({row[j - 1] + 1, above[j] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], above_that[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    std::size_t distance = edit_distance(word, candidate);
    bool has_common = distance < std::max(word.size(), candidate.size());
    if (distance < best_distance && has_common) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Result<Options::Value> Options::parse_value(const OptionSpec& spec,
                                            const std::vector<std::string>& texts) {
  Value value;
  value.texts = texts;
  if (spec.type == OptionType::list) return value;
  if (texts.size() != 1) return option_error(spec, "takes one value");
  const std::string& text = texts[0];
  switch (spec.type) {
    case OptionType::flag:
      if (text != "true" && text != "false")
        return option_error(spec, fmt::format("is true or false, not '{}'", text));
      value.integer = text == "true";
      return value;
    case OptionType::choice:
      if (std::find(spec.choices.begin(), spec.choices.end(), text) == spec.choices.end())
        return option_error(
            spec, fmt::format("is one of {}, not '{}'", fmt::join(spec.choices, ", "), text));
      return value;
    case OptionType::duration: {
      auto ns = parse_duration(text);
      if (!ns)
        return option_error(spec,
                            fmt::format("is a duration such as 10s or 500ms, not '{}'", text));
      value.number = static_cast<double>(*ns);
      value.integer = *ns;
      break;
    }
    case OptionType::integer:
    case OptionType::number: {
      auto number = parse_scaled(text);
      bool whole = number && std::abs(*number) < 9e18 && *number == std::trunc(*number);
      if (!number || (spec.type == OptionType::integer && !whole))
        return option_error(spec,
                            fmt::format("is a {}number, not '{}'",
                                        spec.type == OptionType::integer ? "whole " : "", text));
      value.number = *number;
      value.integer = whole ? static_cast<std::int64_t>(*number) : 0;
      break;
    }
    default:
      return value;
  }
  if (value.number < spec.min || value.number > spec.max)
    return option_error(spec,
                        fmt::format("is between {} and {}, not {}", limit_text(spec, spec.min),
                                    limit_text(spec, spec.max), text));
  return value;
}

Result<Options> Options::parse(const std::vector<OptionSpec>& specs, const RawOptions& raw) {
  std::vector<std::string> known;
  for (const OptionSpec& spec : specs) known.push_back(spec.name);
  for (const auto& [name, option] : raw) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string hint = nearest(name, known);
    return Error{ErrorKind::config,
                 hint.empty() ? fmt::format("unknown option '{}'; known are {}", name,
                                            fmt::join(known, ", "))
                              : fmt::format("unknown option '{}', did you mean '{}'?", name, hint),
                 name};
  }
  Options options;
  for (const OptionSpec& spec : specs) {
    auto found = raw.find(spec.name);
    bool given = found != raw.end();
    if (!given && spec.required)
      return Error{ErrorKind::config,
                   fmt::format("option '{}' is missing ({})", spec.name, spec.help), spec.name};
    std::vector<std::string> texts;
    if (given)
      texts = found->second.values;
    else if (spec.type == OptionType::list)
      texts = split_commas(spec.default_text);
    else
      texts = {spec.default_text};
    bool absent = !given && spec.default_text.empty();
    Value value;
    if (!absent) {
      value = DNSTORM_TRY(parse_value(spec, texts));
    } else if (spec.type != OptionType::list) {
      value.texts = {""};
    }
    value.given = given;
    options.values_.emplace(spec.name, std::move(value));
  }
  return options;
}

const Options::Value& Options::value(std::string_view name) const {
  auto found = values_.find(name);
  DNSTORM_ASSERT(found != values_.end(), "an operator asks for an option it has not declared",
                 name);
  return found->second;
}

bool Options::flag(std::string_view name) const { return value(name).integer != 0; }
std::int64_t Options::integer(std::string_view name) const { return value(name).integer; }
double Options::number(std::string_view name) const { return value(name).number; }
DurationNs Options::duration(std::string_view name) const { return value(name).integer; }
const std::string& Options::text(std::string_view name) const { return value(name).texts.front(); }
const std::vector<std::string>& Options::list(std::string_view name) const {
  return value(name).texts;
}
std::string Options::canonical() const {
  std::string text;
  for (const auto& [name, value] : values_) {
    text += name + "=";
    for (const std::string& part : value.texts) text += fmt::format("{}:{},", part.size(), part);
  }
  return text;
}

const std::vector<std::string>& Options::texts(std::string_view name) const {
  return value(name).texts;
}

bool Options::given(std::string_view name) const { return value(name).given; }

}  // namespace dnstorm
