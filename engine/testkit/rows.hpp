// Rows as tests write and read them: text by field name. A value has one normal text, whichever way
// it was written, so that texts can be compared: numbers "28" or by their label "AAAA", addresses,
// true and false, times "5s" (since 1970) or "2026-01-31T12:00:00.5Z", bytes in hexadecimal.
//
// Pure functions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::testkit {

using Row = std::map<std::string, std::string>;

// Names for numbers, by Field::labels. Without them numbers are numbers.
struct Labels {
  std::function<std::optional<std::uint64_t>(std::string_view table, std::string_view text)> value;
  std::function<std::string(std::string_view table, std::uint64_t value)> text;
};

// The normal text of what was written, or what is wrong with it.
Result<std::string> normal_text(const Field& field, std::string_view written,
                                const Labels& labels = {});
// Of field `index` of a row.
std::string cell_text(const Schema& schema, std::size_t index, const RowView& row,
                      const Labels& labels = {});
Result<void> write_cell(const Schema& schema, std::size_t index, std::string_view written,
                        RowWriter& row, const Labels& labels = {});

// "5s", "-1.5s"; "2026-01-31T12:00:00Z" for what is far from 1970. Nothing for anything else.
std::optional<TimeNs> parse_time(std::string_view text);
std::string time_text(TimeNs time);

}  // namespace dnstorm::testkit
