#include "operators/count/field_totals.hpp"

#include <algorithm>

namespace dnstorm::operators {

namespace {

FieldTotal::Moment get_moment(StateReader& in) {
  auto time = in.get<TimeNs>();
  return {time, in.get<Word>()};
}

}  // namespace

void FieldTotal::merge(const FieldTotal& other) {
  count += other.count;
  whole += other.whole;
  real.merge(other.real);
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  first = std::min(first, other.first);
  last = std::max(last, other.last);
}

void FieldTotal::save(StateWriter& out) const {
  out.put(count);
  out.put(static_cast<std::uint64_t>(whole));
  out.put(static_cast<std::uint64_t>(whole >> 64));
  real.save(out);
  out.put(least);
  out.put(greatest);
  for (const Moment& moment : {first, last}) {
    out.put(moment.first);
    out.put(moment.second);
  }
}

bool FieldTotal::restore(StateReader& in) {
  count = in.get<std::uint64_t>();
  whole = in.get<std::uint64_t>();
  whole |= WideBits{in.get<std::uint64_t>()} << 64;
  if (!real.restore(in)) return false;
  least = in.get<Word>();
  greatest = in.get<Word>();
  first = get_moment(in);
  last = get_moment(in);
  return in.ok();
}

void FieldTotals::merge(const FieldTotals& other) {
  rows += other.rows;
  for (std::size_t i = 0; i < fields.size(); ++i) fields[i].merge(other.fields[i]);
}

void FieldTotals::clear() {
  rows = 0;
  for (FieldTotal& field : fields) {
    // The memory of the sum is kept.
    ExactSum real = std::move(field.real);
    real.clear();
    field = FieldTotal{};
    field.real = std::move(real);
  }
}

void FieldTotals::save(StateWriter& out) const {
  out.put(names);
  out.put(rows);
  for (const FieldTotal& field : fields) field.save(out);
}

bool FieldTotals::restore(StateReader& in) {
  if (in.get<std::uint64_t>() != names) return false;
  rows = in.get<std::uint64_t>();
  return std::all_of(fields.begin(), fields.end(),
                     [&](FieldTotal& field) { return field.restore(in); });
}

}  // namespace dnstorm::operators
