// The block of a Writer as bytes.
#include <algorithm>
#include <bit>

#include "capture/cdns/cbor.hpp"
#include "capture/cdns/writer.hpp"

namespace dnstorm::capture::cdns {
namespace {

constexpr std::size_t buffer_bytes = 1u << 20;
// The tables of a block hold less than its reader takes.
constexpr std::size_t table_bytes_max = 4u << 20;

using Bytes = std::vector<std::uint8_t>;

template <std::size_t n>
void put_numbers(Bytes& out, const Fields<n>& fields) {
  for (unsigned key = 0; key < n; ++key) {
    if (!fields.has(key)) continue;
    put_uint(out, key);
    put_uint(out, fields.value[key]);
  }
  if (!fields.own) return;
  put_int(out, -1);
  put_uint(out, *fields.own);
}
template <std::size_t n>
std::size_t pairs(const Fields<n>& fields) {
  return static_cast<std::size_t>(std::popcount(fields.present)) + (fields.own ? 1 : 0);
}
template <std::size_t n>
void put_fields(Bytes& out, const Fields<n>& fields) {
  put_map(out, pairs(fields));
  put_numbers(out, fields);
}

void put_item(Bytes& out, const Item& item) {
  bool query = item.query.present != 0, response = item.response.present != 0;
  put_map(out, pairs(item.fields) + (query ? 1 : 0) + (response ? 1 : 0));
  put_numbers(out, item.fields);
  if (query) {
    put_uint(out, 11);
    put_fields(out, item.query);
  }
  if (response) {
    put_uint(out, 12);
    put_fields(out, item.response);
  }
}

}  // namespace

TimeNs Writer::earliest_time() const {
  TimeNs earliest = time_max;
  for (const OpenItem& open : items_) earliest = std::min(earliest, open.time);
  for (const OpenMalformed& open : malformed_) earliest = std::min(earliest, open.time);
  return earliest == time_max ? 0 : std::max<TimeNs>(earliest, 0);
}

Result<void> Writer::end_block_if_full() {
  std::size_t tables = names_.bytes().size() + malformed_data_.bytes().size() +
                       rr_lists_.bytes().size() + rrs_.bytes().size() +
                       question_lists_.bytes().size() + questions_.bytes().size();
  if (items_.size() + malformed_.size() + events_.size() < options_.block_items &&
      tables < table_bytes_max)
    return {};
  put_block();
  return flush(false);
}

void Writer::put_tables() {
  const IndexTable* tables[] = {&addresses_,      &class_types_, &names_,    &signatures_,
                                &question_lists_, &questions_,   &rr_lists_, &rrs_,
                                &malformed_data_};
  put_map(buffer_, static_cast<std::size_t>(std::ranges::count_if(
                       tables, [](const IndexTable* table) { return table->size() != 0; })));
  for (unsigned key = 0; key < std::size(tables); ++key) {
    if (tables[key]->size() == 0) continue;
    put_uint(buffer_, key);
    put_array(buffer_, tables[key]->size());
    buffer_.insert(buffer_.end(), tables[key]->bytes().begin(), tables[key]->bytes().end());
  }
}

void Writer::put_items(TimeNs earliest) {
  if (!items_.empty()) {
    put_uint(buffer_, 3);
    put_array(buffer_, items_.size());
    for (OpenItem& open : items_) {
      open.item.fields.set(key::time_offset,
                           static_cast<std::uint64_t>(std::max(open.time, earliest) - earliest));
      put_item(buffer_, open.item);
    }
  }
  if (!events_.empty()) {
    put_uint(buffer_, 4);
    put_array(buffer_, events_.size());
    for (const AddressEvent& event : events_) put_fields(buffer_, event);
  }
  if (malformed_.empty()) return;
  put_uint(buffer_, 5);
  put_array(buffer_, malformed_.size());
  for (OpenMalformed& open : malformed_) {
    open.fields.set(key::mm_time,
                    static_cast<std::uint64_t>(std::max(open.time, earliest) - earliest));
    put_fields(buffer_, open.fields);
  }
}

void Writer::put_block() {
  if (!begun_) return;
  TimeNs earliest = earliest_time();
  for (OpenItem& open : items_) {
    scratch_.clear();
    put_fields(scratch_, open.signature);
    open.item.fields.set(key::signature, signatures_.index(scratch_));
  }
  put_map(buffer_, 3u + !items_.empty() + !events_.empty() + !malformed_.empty());
  put_uint(buffer_, 0);
  put_map(buffer_, 1);
  put_uint(buffer_, 0);
  put_array(buffer_, 2);
  put_uint(buffer_, static_cast<std::uint64_t>(earliest / ns_per_s));
  put_uint(buffer_, static_cast<std::uint64_t>(earliest % ns_per_s));
  Statistics statistics;
  statistics.set(key::processed_messages, messages_);
  statistics.set(key::qr_items, items_.size());
  statistics.set(key::unmatched_queries, unmatched_queries_);
  statistics.set(key::unmatched_responses, unmatched_responses_);
  statistics.set(key::discarded_opcode, 0);
  statistics.set(key::malformed_items, malformed_.size());
  put_uint(buffer_, 1);
  put_fields(buffer_, statistics);
  put_uint(buffer_, 2);
  put_tables();
  put_items(earliest);
  clear_block();
}

void Writer::clear_block() {
  for (IndexTable* table : {&addresses_, &class_types_, &names_, &signatures_, &question_lists_,
                            &questions_, &rr_lists_, &rrs_, &malformed_data_, &event_keys_})
    table->clear();
  items_.clear();
  malformed_.clear();
  events_.clear();
  waiting_.clear();
  messages_ = unmatched_queries_ = unmatched_responses_ = 0;
  begun_ = false;
}

Result<void> Writer::flush(bool all) {
  if (buffer_.size() < buffer_bytes && !all) return {};
  bytes_ += buffer_.size();
  DNSTORM_CHECK(sink_->put(buffer_));
  buffer_.clear();
  return {};
}

Result<void> Writer::close() {
  put_block();
  buffer_.push_back(break_byte);
  DNSTORM_CHECK(flush(true));
  return sink_->finish();
}

}  // namespace dnstorm::capture::cdns
