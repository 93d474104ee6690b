#include "operators/shape/waiting_rows.hpp"

namespace dnstorm::operators {

namespace {

// Whether these are the fields of a row, as KeyReader::append() writes them.
bool holds(const Schema& schema, std::string_view bytes) {
  for (const Field& field : schema.fields()) {
    std::uint64_t width = size_of(field.type);
    if (field.type == Type::str || field.type == Type::bytes) {
      std::uint32_t size = 0;
      if (bytes.size() < sizeof size) return false;
      std::memcpy(&size, bytes.data(), sizeof size);
      width = sizeof size + std::uint64_t{size};
    }
    if (bytes.size() < width) return false;
    // Another byte would be no bool at all.
    if (field.type == Type::boolean && static_cast<unsigned char>(bytes.front()) > 1) return false;
    bytes.remove_prefix(width);
  }
  return bytes.empty();
}

std::vector<std::string> names_of(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields()) names.push_back(field.name);
  return names;
}

}  // namespace

OptionSpec room_option(const char* name, const char* help) {
  return {.name = name,
          .type = OptionType::integer,
          .default_text = "1Mi",
          .help = help,
          .min = key_groups,
          .max = 1e9};
}

void WaitingRows::prepare(KeyGrouping grouping, SchemaPtr schema, std::uint64_t rows_max) {
  grouping_ = std::move(grouping);
  schema_ = std::move(schema);
  fields_ = KeyReader(*schema_, names_of(*schema_));
  for (std::size_t i = 0; i < schema_->size(); ++i) offsets_.push_back(schema_->offset(i));
  share_ = (rows_max + key_groups - 1) / key_groups;
}

bool WaitingRows::add(std::string_view key, TimeNs time, const BatchPtr& batch,
                      std::uint32_t number) {
  auto group = grouping_.group_of(key);
  DNSTORM_ASSERT(group.has_value(), "a key has other fields than the rows were prepared for");
  if (held_[*group] == share_) return false;
  ++held_[*group];
  rows_.push_back({time, std::string(key), batch, number, *group, arrivals_++});
  return true;
}

std::vector<WaitingRows::Row> WaitingRows::take_before(TimeNs time) {
  auto waits = [&](const Row& row) { return time != time_max && row.time >= time; };
  auto ready = std::stable_partition(rows_.begin(), rows_.end(), waits);
  std::vector<Row> taken(std::make_move_iterator(ready), std::make_move_iterator(rows_.end()));
  rows_.erase(ready, rows_.end());
  for (const Row& row : taken) --held_[row.group];
  std::stable_sort(taken.begin(), taken.end(),
                   [this](const Row& a, const Row& b) { return before(a, b); });
  return taken;
}

bool WaitingRows::before(const Row& a, const Row& b) const {
  if (a.time != b.time) return a.time < b.time;
  if (a.key != b.key) return a.key < b.key;
  std::string a_fields, b_fields;
  fields_.append(a.view(), a_fields);
  fields_.append(b.view(), b_fields);
  return a_fields < b_fields;
}

void WaitingRows::save_groups(GroupSections& out) const {
  std::string fields;
  for (const Row& row : rows_) {
    fields.clear();
    fields_.append(row.view(), fields);
    StateWriter& section = out.of(row.group);
    section.put_bytes(row.key);
    section.put(row.time);
    section.put(row.arrival);
    section.put_bytes(fields);
  }
}

bool WaitingRows::restore_group(std::uint32_t group, StateReader& in) {
  BatchBuilder builder(schema_);
  std::vector<Row> waiting;
  auto seal = [&] {
    BatchPtr batch = builder.seal();
    for (std::uint32_t i = 0; i < waiting.size(); ++i) {
      if (!add(waiting[i].key, waiting[i].time, batch, i)) continue;
      rows_.back().arrival = waiting[i].arrival;
      arrivals_ = std::max(arrivals_, waiting[i].arrival + 1);
    }
    waiting.clear();
  };
  while (!in.at_end()) {
    std::string_view key = in.get_bytes();
    auto time = in.get<TimeNs>();
    auto arrival = in.get<std::uint64_t>();
    std::string_view fields = in.get_bytes();
    if (!in.ok() || grouping_.group_of(key) != group || !holds(*schema_, fields)) return false;
    fields_.restore(fields, builder.add_row(), offsets_);
    waiting.push_back({time, std::string(key), nullptr, 0, group, arrival});
    if (builder.full()) seal();
  }
  if (!waiting.empty()) seal();
  return in.ok();
}

}  // namespace dnstorm::operators
