// The streams of a shell component as its options write them, and its rows as JSON: fields are
// named and typed in the topology file, since a child's values come without types.
//
//   fields: [word, count:u64]          text where no type is given
//   streams: ["errors=word,reason"]    more streams; `true` before the fields: a direct one
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/registry.hpp"
#include "engine/api/task_context.hpp"
#include "operators/multilang/frames.hpp"

namespace dnstorm::operators {

// The options `fields`, `streams` and `add_time`. Fails with kind `config`.
Result<std::vector<StreamDecl>> shell_streams(const Options& options);

// A row as the list that a child gets: text and addresses as strings, times in nanoseconds.
class TupleWriter {
 public:
  // `fields`: which, in that order; all of them are there. Empty: every field.
  TupleWriter(const Schema& schema, const std::vector<std::string>& fields);
  Json values(const RowView& row) const;
  // The event time of the row; time_min if it has none.
  TimeNs time(const RowView& row) const { return time_.present() ? row.get(time_) : time_min; }

 private:
  const Schema& schema_;
  std::vector<std::size_t> fields_;
  FieldRef<std::int64_t> time_;
};

// Rows of one output stream from the values that a child gives.
class TupleReader {
 public:
  // `schema`: the stream as it leaves, without fields that nobody reads; null: nobody reads it.
  // `adds_time`: the first field is not among the values.
  TupleReader(const StreamDecl& stream, const Schema* schema, bool adds_time);
  const std::string& name() const { return stream_.name; }
  bool direct() const { return stream_.direct; }
  bool adds_time() const { return adds_time_; }
  // The sentence that says why the values are no row of the stream, or "".
  std::string problem(const Json& values) const;
  // Values without a problem.
  void write(const Json& values, TimeNs time, RowWriter row) const;
  // The greatest value of a field of type time; time_min: there is none.
  TimeNs time(const Json& values) const;

 private:
  std::size_t first() const { return adds_time_ ? 1 : 0; }
  StreamDecl stream_;
  bool adds_time_;
  std::vector<std::optional<std::uint32_t>> offsets_;  // by field; none: nobody reads it
};

}  // namespace dnstorm::operators
