#include "operators/sinks/row_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

RowTimes::RowTimes(const Schema& schema) {
  auto time = schema.find(Role::time);
  DNSTORM_ASSERT(time.has_value(), "declare() has let rows without a time pass", schema.names());
  begin_.offset = schema.offset(*time);
  end_.offset = schema.offset(schema.find(Role::window_end).value_or(*time));
}

std::vector<OrderedRow> RowOrder::take(TimeNs now) {
  std::vector<OrderedRow> out;
  auto closed = by_end_.upper_bound(now);
  for (auto it = by_end_.begin(); it != closed; ++it) {
    std::stable_sort(it->second.begin(), it->second.end(),
                     [](const OrderedRow& a, const OrderedRow& b) {
                       if (a.span.begin != b.span.begin) return a.span.begin < b.span.begin;
                       return a.text != b.text ? natural_less(a.text, b.text) : a.key < b.key;
                     });
    std::move(it->second.begin(), it->second.end(), std::back_inserter(out));
  }
  by_end_.erase(by_end_.begin(), closed);
  return out;
}

void RowOrder::save(StateWriter& out) const {
  out.put(std::uint64_t{by_end_.size()});
  for (const auto& [end, rows] : by_end_) {
    out.put(end);
    out.put(std::uint64_t{rows.size()});
    for (const OrderedRow& row : rows) {
      out.put(row.span.begin);
      out.put_bytes(row.text);
      out.put_bytes(row.key);
    }
  }
}

void RowOrder::restore(StateReader& in) {
  for (std::uint64_t left = in.get_count(16); left != 0; --left) {
    auto end = in.get<TimeNs>();
    for (std::uint64_t rows = in.get_count(24); rows != 0; --rows) {
      OrderedRow& row = add({in.get<TimeNs>(), end});
      row.text = in.get_bytes();
      row.key = in.get_bytes();
    }
  }
}

Result<std::vector<std::string>> row_fields(const InputDecl& input,
                                            const std::vector<std::string>& wanted) {
  if (!input.schema.find(Role::time))
    return Error{ErrorKind::config,
                 fmt::format("rows of '{}' have no time, by which this sink orders them: put an "
                             "aggregate before it, or use `log`",
                             input.component),
                 ""};
  std::vector<std::string> all;
  for (const Field& field : input.schema.fields()) all.push_back(field.name);
  if (wanted.empty()) return all;
  for (const std::string& name : wanted) {
    DNSTORM_CHECK(require_field(input, name, "fields"));
    if (std::count(wanted.begin(), wanted.end(), name) > 1)
      return Error{ErrorKind::config, fmt::format("field '{}' is named twice", name), "fields"};
  }
  return wanted;
}

Result<std::vector<std::vector<std::string>>> row_reads(const std::vector<std::string>& wanted,
                                                        const std::vector<InputDecl>& inputs) {
  std::vector<std::vector<std::string>> reads;
  for (const InputDecl& input : inputs) {
    auto fields = DNSTORM_TRY(row_fields(input, wanted));
    fields.push_back(input.schema.field(*input.schema.find(Role::time)).name);
    if (auto end = input.schema.find(Role::window_end))
      fields.push_back(input.schema.field(*end).name);
    reads.push_back(std::move(fields));
  }
  return reads;
}

}  // namespace dnstorm::operators
