#include "cluster/wire/event_codec.hpp"

#include <zstd.h>

#include <limits>

#include "cluster/link/bytes.hpp"
#include "cluster/wire/detail/layout.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::cluster {

using namespace detail;
using runtime::Acks;
using runtime::Credit;
using runtime::Event;

namespace {

constexpr std::size_t body_size_max = std::numeric_limits<std::uint32_t>::max() / 2;

void put_prefix(std::uint8_t*& at, Kind kind, std::uint8_t flags, std::size_t body) {
  DNSTORM_ASSERT(body <= body_size_max, "a message has a size of 31 bits", body);
  put(at, codec_version);
  put(at, kind);
  put(at, flags);
  put(at, std::uint8_t{0});
  put(at, static_cast<std::uint32_t>(body));
}

// What the cells refer to. `as_it_is`: the bytes lie in the batch's arena from its beginning on in
// the order of the cells, as a builder writes them, so that no cell has to point elsewhere.
struct ArenaShare {
  std::size_t bytes = 0;
  bool as_it_is = true;
};

ArenaShare share_of_arena(const Rows& rows, const std::vector<std::uint32_t>& cells) {
  ArenaShare share;
  if (cells.empty()) return share;
  for (RowView row : rows) {
    for (std::uint32_t cell : cells) {
      const auto* place = reinterpret_cast<const std::uint8_t*>(row.data()) + cell;
      auto offset = load<std::uint32_t>(place);
      auto size = load<std::uint32_t>(place + 4);
      share.as_it_is &= offset == share.bytes || (size == 0 && offset < share.bytes);
      share.bytes += size;
    }
  }
  return share;
}

// Bytes that lie side by side in the batch's arena, as a builder writes them, are copied at once.
class ArenaWriter {
 public:
  ArenaWriter(const std::byte* from, std::uint8_t* to) : from_(from), begin_(to), at_(to) {}

  // Where the bytes will be.
  std::uint32_t add(std::uint32_t offset, std::uint32_t size) {
    if (offset != run_ + run_size_) {
      flush();
      run_ = offset;
    }
    auto place = static_cast<std::uint32_t>(at_ - begin_) + static_cast<std::uint32_t>(run_size_);
    run_size_ += size;
    return place;
  }
  std::uint8_t* flush() {
    if (run_size_ != 0) std::memcpy(at_, from_ + run_, run_size_);
    at_ += std::exchange(run_size_, 0);
    return at_;
  }

 private:
  const std::byte* from_;
  std::uint8_t* begin_;
  std::uint8_t* at_;
  std::size_t run_ = 0;  // of `from_`: to be copied
  std::size_t run_size_ = 0;
};

// The rows, with their cells pointing into an arena of their own behind them.
void put_rows(std::uint8_t*& at, const Rows& rows, bool all, const ArenaShare& share,
              const std::vector<std::uint32_t>& cells) {
  std::size_t row_size = rows.batch().schema().row_size();
  std::uint8_t* begin = at;
  std::uint8_t* end = begin + rows.size() * row_size;
  if (all && begin != end) {
    std::memcpy(begin, rows.batch().row(0), rows.size() * row_size);
  } else {
    for (RowView row : rows) {
      std::memcpy(at, row.data(), row_size);
      at += row_size;
    }
  }
  if (share.as_it_is) {
    if (share.bytes != 0) std::memcpy(end, rows.batch().arena(), share.bytes);
    at = end + share.bytes;
    return;
  }
  ArenaWriter arena(rows.batch().arena(), end);
  for (std::uint8_t* row = begin; row != end; row += row_size) {
    for (std::uint32_t cell : cells) {
      std::uint8_t* place = row + cell;
      auto size = load<std::uint32_t>(place + 4);
      put(place, size == 0 ? 0 : arena.add(load<std::uint32_t>(place), size));
    }
  }
  at = arena.flush();
}

std::int64_t age(TimeNs then, TimeNs now) { return then == 0 ? no_age : now - then; }

void put_event(std::uint8_t*& at, const Event& event, std::size_t arena, TimeNs now) {
  auto flags =
      static_cast<std::uint8_t>((event.closes ? event_closes : 0) | (event.last ? event_last : 0) |
                                (event.idle ? event_idle : 0) | (event.batch ? event_batch : 0) |
                                (event.anchor ? event_anchor : 0));
  put(at, static_cast<std::uint16_t>(event_size));
  put(at, flags);
  put(at, std::uint8_t{0});
  put(at, event.to);
  put(at, event.edge);
  put(at, event.origin);
  put(at, event.input);
  put(at, event.round);
  put(at, event.checkpoint);
  put(at, event.watermark);
  put(at, age(event.born, now));
  put(at, age(event.sent, now));
  put(at, event.row_count());
  put(at, event.batch ? event.batch->schema().row_size() : 0);
  put(at, static_cast<std::uint32_t>(arena));
  put(at, static_cast<std::uint32_t>(event.anchor ? event.anchor->trees.size() : 0));
  if (!event.anchor) return;
  for (const Lineage::Tree& tree : event.anchor->trees) {
    put(at, tree.origin);
    put(at, tree.root);
    put(at, tree.edge);
    put(at, tree.children);
  }
}

// A context a thread: making one costs more than packing a small message.
ZSTD_CCtx* context() {
  struct Free {
    void operator()(ZSTD_CCtx* it) const { ZSTD_freeCCtx(it); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Free> one(ZSTD_createCCtx());
  return one.get();
}

// What does not become smaller stays as it is.
Buffer packed(Buffer raw, Kind kind, const EncodeOptions& options) {
  std::size_t body = raw.size - prefix_size;
  if (options.zstd_level == 0 || body < options.compress_from) return raw;
  std::size_t room = ZSTD_compressBound(body);
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(prefix_size + room);
  std::size_t size = ZSTD_compressCCtx(context(), data.get() + prefix_size, room,
                                       raw.data.get() + prefix_size, body, options.zstd_level);
  if (ZSTD_isError(size) != 0 || size >= body) return raw;
  std::uint8_t* at = data.get();
  put_prefix(at, kind, flag_packed, body);
  return {std::move(data), prefix_size + size};
}

}  // namespace

Buffer encode(const Event& event, const EncodeOptions& options) {
  std::vector<std::uint32_t> cells;
  std::size_t rows_size = 0;
  ArenaShare arena;
  if (event.batch) {
    Rows rows(*event.batch, event.selection.get());
    cells = cells_of(event.batch->schema());
    rows_size = std::size_t{rows.size()} * event.batch->schema().row_size();
    arena = share_of_arena(rows, cells);
  }
  std::size_t trees = event.anchor ? event.anchor->trees.size() * tree_size : 0;
  std::size_t size = prefix_size + event_size + trees + rows_size + arena.bytes;
  if (size > options.bytes_max) return {};
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* at = data.get();
  put_prefix(at, Kind::event, 0, size - prefix_size);
  put_event(at, event, arena.bytes, options.now);
  if (event.batch)
    put_rows(at, Rows(*event.batch, event.selection.get()), !event.selection, arena, cells);
  DNSTORM_ASSERT(at == data.get() + size, "an event is as long as was reckoned", size);
  return packed({std::move(data), size}, Kind::event, options);
}

Buffer encode(const Credit& credit) {
  std::size_t size = prefix_size + 3 * 4 + 8;
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* at = data.get();
  put_prefix(at, Kind::credit, 0, size - prefix_size);
  put(at, credit.to);
  put(at, credit.edge);
  put(at, credit.slot);
  put(at, credit.rounds);
  return {std::move(data), size};
}

Buffer encode(const Acks& acks, const EncodeOptions& options) {
  std::size_t size = prefix_size + 8 + acks.items.size() * ack_item_size;
  if (size > options.bytes_max) return {};
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* at = data.get();
  put_prefix(at, Kind::acks, 0, size - prefix_size);
  put(at, acks.to);
  put(at, static_cast<std::uint32_t>(acks.items.size()));
  for (const runtime::AckItem& item : acks.items) {
    put(at, item.root);
    put(at, item.pieces);
    put(at, item.kind);
  }
  return packed({std::move(data), size}, Kind::acks, options);
}

std::string_view to_string(DecodeError error) {
  constexpr std::array<std::string_view, decode_error_count> names = {
      "truncated", "version",        "kind",     "size",  "too_large",
      "packed",    "unknown_schema", "row_size", "range", "value"};
  return names[static_cast<std::size_t>(error)];
}

runtime::TaskIndex task_of(const WireMessage& message) {
  return std::visit([](const auto& one) { return one.to; }, message);
}

}  // namespace dnstorm::cluster
