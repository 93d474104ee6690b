// Options of an operator, declared once as data beside its code. Parsing, defaults, limits, error
// sentences, `dnstorm operators NAME` and the reference pages all come from the declaration.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm {

enum class OptionType : std::uint8_t {
  flag,      // true | false
  integer,   // 10000, 64Ki, 16Mi (limits: min .. max)
  number,    // 0.5
  duration,  // 10s, 500ms, 2h (limits in ns)
  text,      // any scalar
  choice,    // one of `choices`
  list,      // scalars: [a, b] or a single one
};

struct OptionSpec {
  std::string name;
  OptionType type = OptionType::text;
  std::string default_text;  // written as in YAML; of a list: comma separated
  std::string help;
  bool required = false;
  double min = 0;
  double max = 9e18;
  std::vector<std::string> choices = {};
};

// Options as they stand in a topology file or on a command line: text, not yet checked.
struct RawOption {
  std::vector<std::string> values;  // one for scalars
  bool is_list = false;
  int line = 0;  // 1-based; 0: unknown
  int column = 0;
  std::uint32_t file = 0;  // 0: the file that was named; n: the n-th that it includes
};
using RawOptions = std::map<std::string, RawOption>;

// Checked options of one component.
class Options {
 public:
  // Error::subject names the option at fault. Unknown options are refused with the nearest known
  // one.
  static Result<Options> parse(const std::vector<OptionSpec>& specs, const RawOptions& raw);

  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  DurationNs duration(std::string_view name) const;
  const std::string& text(std::string_view name) const;  // also choice
  const std::vector<std::string>& list(std::string_view name) const;
  // Whatever its type, as it was written or as the default is; of a list, each.
  const std::vector<std::string>& texts(std::string_view name) const;
  // All of them in one text; equal options give equal texts.
  std::string canonical() const;
  // Whether it was written, rather than defaulted.
  bool given(std::string_view name) const;

 private:
  struct Value {
    std::vector<std::string> texts;
    double number = 0;
    std::int64_t integer = 0;
    bool given = false;
  };
  static Result<Value> parse_value(const OptionSpec& spec, const std::vector<std::string>& texts);
  const Value& value(std::string_view name) const;
  std::map<std::string, Value, std::less<>> values_;
};

// The candidate nearest to `word` (edit distance at most a third of its length), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace dnstorm
