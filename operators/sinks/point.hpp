// Points: what sinks write. A row becomes a point by the roles of its fields, without
// configuration:
//
//   Role::time        its time (of an aggregate: the start of the window)
//   Role::window_end  its end
//   Role::key         a tag, as text; numbers with a label table as their label (qtype=AAAA)
//   Role::value       a field; with a label table: the label as a string
//   Role::plain       nothing, unless the option `fields` names it: then a field
//
// measurement + tags + time is a point's identity: written again, it overwrites itself.
//
//   declare():  point_reads(options, inputs, ...)            checks, and says what is read
//   prepare():  PointReader reader(task.inputs[i], PointOptions::of(options));
//   execute():  Point point = reader.read(row);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/options.hpp"
#include "engine/api/registry.hpp"
#include "engine/api/task_context.hpp"

namespace dnstorm::operators {

using PointValue = std::variant<std::int64_t, double, bool, std::string>;

// Names are views into the PointReader that made the point.
struct PointTag {
  std::string_view name;
  std::string value;  // never empty
};
struct PointField {
  std::string_view name;
  PointValue value;
};

struct Point {
  std::string_view measurement;
  std::string series;  // measurement and tags as in line protocol: the identity but for the time
  std::vector<PointTag> tags;      // by name
  std::vector<PointField> fields;  // in the order of the schema, without NaN and infinities
  TimeNs time = 0;
  TimeNs end = 0;  // of the window; the same as `time` if there is none
};

enum class PointNaming { plain, dsc, wide };  // point_naming.hpp

// The options that all sinks of points share.
struct PointOptions {
  std::string measurement;  // empty: named after the source
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> fields;
  PointNaming naming = PointNaming::plain;
  std::string wide;  // of PointNaming::wide: the key that is no tag

  static std::vector<OptionSpec> specs();
  static PointOptions of(const Options& options);
};

// What a sink of points reads of each input. Refuses inputs without a time or a value, `fields` and
// `tags` that do not fit, and, if `bounded`, tags from an open set (every value of a tag is a
// series that the database keeps for ever; one random-subdomain attack would fill it).
Result<std::vector<std::vector<std::string>>> point_reads(const Options& options,
                                                          const std::vector<InputDecl>& inputs,
                                                          bool bounded);

// One cell of a row, resolved.
struct CellReader {
  std::string name;
  Type type = Type::u64;
  std::uint32_t offset = 0;
  std::string labels;

  static CellReader of(const Schema& schema, std::size_t index);
  bool numeric() const;  // a measured number, not a name of something
  std::string text(const RowView& row) const;
  PointValue value(const RowView& row) const;
  double number(const RowView& row) const;  // of a numeric cell
};

// Turns the rows of one input into points. Stays where it is: points hold views into it.
class PointReader {
 public:
  PointReader(const Input& input, const PointOptions& options);
  PointReader(const PointReader&) = delete;
  PointReader& operator=(const PointReader&) = delete;

  Point read(const RowView& row) const;

 private:
  struct Tag {
    std::string name;
    std::string escaped_name;
    std::string constant;  // of a tag that the options give
    CellReader cell;
    bool from_row = false;
  };
  void add_tags(const Schema& schema, const PointOptions& options);

  std::string measurement_;
  std::string escaped_measurement_;
  std::vector<Tag> tags_;
  std::vector<CellReader> fields_;
  FieldRef<std::int64_t> time_;
  FieldRef<std::int64_t> end_;
};

// The measurement of an input when no option names one: the component, with its stream if that has
// a name of its own.
std::string default_measurement(const std::string& component, const std::string& stream);

}  // namespace dnstorm::operators
