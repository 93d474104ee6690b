#include "capture/cdns/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace dnstorm::capture::cdns {

bool Reader::is_cdns(file::Window& window) {
  if (!window.need(magic_bytes)) return false;
  std::uint8_t first = window.data()[0];
  return (first == 0x83 || first == open_array) && std::memcmp(window.data() + 1,
                                                               "\x65"
                                                               "C-DNS",
                                                               6) == 0;
}

Result<std::unique_ptr<Reader>> Reader::open(std::string name, file::Window window) {
  std::unique_ptr<Reader> reader(new Reader(std::move(name), std::move(window)));
  read_preamble(reader->in_, reader->parameters_, reader->list_);
  if (!reader->in_.ok()) {
    reader->fail();
    return std::move(reader->error_);
  }
  return reader;
}

Read Reader::fail() {
  state_ = Read::error;
  if (window_.failure()) {
    error_ = Error(*window_.failure()).within(name_);
    return state_;
  }
  error_ = {ErrorKind::data,
            fmt::format("{}: damaged C-DNS at byte {} of block {}: {}", name_, window_.offset(),
                        blocks_ + 1, to_string(in_.error())),
            name_};
  return state_;
}

const StorageParameters& Reader::storage() const { return parameters_[block_.parameters].storage; }

// Saturates: a hostile time is far away, not somewhere else.
TimeNs Reader::time_at(std::uint64_t offset, std::int64_t delay) const {
  __extension__ using Wide = __int128;
  std::uint64_t rate = storage().ticks_per_second;
  Wide ticks = Wide(block_.ticks) + offset + delay;
  Wide ns = Wide(block_.seconds) * ns_per_s + ticks * ns_per_s / Wide(rate);
  return static_cast<TimeNs>(std::clamp<Wide>(ns, time_min, time_max));
}

void Reader::list_item(std::uint32_t index) {
  const Item& item = block_.items[index];
  TimeNs time = time_at(item.fields.get(key::time_offset));
  std::uint64_t which = item.fields.get(key::signature);
  bool known = item.fields.has(key::signature) && which < block_.signatures.size();
  std::uint64_t flags = known ? block_.signatures[which].get(key::sig_flags) : 0;
  if ((flags & (has_query | has_response)) == 0)
    return entries_.push_back({time, index, Kind::unknown});
  if ((flags & has_query) != 0) entries_.push_back({time, index, Kind::query});
  if ((flags & has_response) == 0) return;
  if ((flags & has_query) != 0)
    time = time_at(item.fields.get(key::time_offset),
                   static_cast<std::int64_t>(item.fields.get(key::response_delay)));
  entries_.push_back({time, index, Kind::response});
}

void Reader::list_entries() {
  entries_.clear();
  at_ = 0;
  for (std::uint32_t i = 0; i < block_.items.size(); ++i) list_item(i);
  for (std::uint32_t i = 0; i < block_.malformed.size(); ++i)
    entries_.push_back({time_at(block_.malformed[i].get(key::mm_time)), i, Kind::malformed});
  std::ranges::stable_sort(entries_, {}, &Entry::time);
  for (const AddressEvent& event : block_.events) events_ += event.get(key::event_count);
}

bool Reader::next_block() {
  if (!in_.more(list_)) {
    if (!in_.ok()) return fail(), false;
    state_ = Read::end;
    return false;
  }
  read_block(in_, block_);
  if (in_.ok() && block_.parameters >= parameters_.size()) in_.fail(ReadFault::bad_value);
  if (!in_.ok()) return fail(), false;
  ++blocks_;
  list_entries();
  return true;
}

Rebuilt Reader::rebuild(const Entry& entry, CapturedMessage& out) {
  if (entry.kind == Kind::malformed)
    return rebuilder_.rebuild(block_, storage(), block_.malformed[entry.index], out);
  const Item& item = block_.items[entry.index];
  if (entry.kind == Kind::unknown) {
    bool outside = item.fields.get(key::signature) >= block_.signatures.size();
    return item.fields.has(key::signature) && outside ? Rebuilt::bad_index : Rebuilt::no_signature;
  }
  return rebuilder_.rebuild(block_, storage(), item, entry.kind == Kind::response, out);
}

Read Reader::next(CapturedMessage& out) {
  for (;;) {
    Rebuilt what = Rebuilt::whole;
    Read read = next(out, what);
    if (read != Read::message || has_message(what)) return read;
  }
}

Read Reader::next(CapturedMessage& out, Rebuilt& what) {
  while (state_ == Read::message) {
    if (at_ == entries_.size()) {
      next_block();
      continue;
    }
    const Entry& entry = entries_[at_++];
    what = rebuild(entry, out);
    ++counts_[static_cast<std::size_t>(what)];
    if (!has_message(what)) out = {};
    out.time = entry.time;
    return Read::message;
  }
  return state_;
}

}  // namespace dnstorm::capture::cdns
