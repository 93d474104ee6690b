// decode() of event_codec.hpp.
#include <zstd.h>

#include "cluster/link/bytes.hpp"
#include "cluster/wire/detail/layout.hpp"
#include "cluster/wire/event_codec.hpp"

namespace dnstorm::cluster {

using namespace detail;
using runtime::AckItem;
using runtime::Acks;
using runtime::Credit;
using runtime::Event;

namespace {

constexpr std::uint32_t rows_max = 65'536;  // row numbers of a selection have 16 bits

struct Prefix {
  std::uint8_t version = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint32_t size = 0;  // of the body, unpacked
};

std::optional<DecodeError> read_prefix(const Buffer& bytes, Prefix& prefix) {
  BytesReader in(bytes.view());
  if (!in.take(prefix.version)) return DecodeError::truncated;
  if (prefix.version != codec_version) return DecodeError::version;
  if (!in.take(prefix.kind) || !in.take(prefix.flags) || !in.skip(1) || !in.take(prefix.size))
    return DecodeError::truncated;
  if (prefix.kind < 1 || prefix.kind > 3) return DecodeError::kind;
  return std::nullopt;
}

std::optional<DecodeError> unpack(const Buffer& bytes, const Prefix& prefix, std::size_t bytes_max,
                                  Buffer& body) {
  if (prefix.size > bytes_max) return DecodeError::too_large;
  Buffer rest = bytes.part(prefix_size, bytes.size - prefix_size);
  if ((prefix.flags & flag_packed) == 0) {
    if (rest.size != prefix.size) return DecodeError::size;
    body = rest;
    return std::nullopt;
  }
  // Before there is room made for it: what zstd says of itself must be the same.
  if (ZSTD_getFrameContentSize(rest.data.get(), rest.size) != prefix.size)
    return DecodeError::packed;
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(prefix.size);
  std::size_t size = ZSTD_decompress(data.get(), prefix.size, rest.data.get(), rest.size);
  if (ZSTD_isError(size) != 0 || size != prefix.size) return DecodeError::packed;
  body = {std::move(data), size};
  return std::nullopt;
}

struct RowsHeader {
  std::uint32_t rows = 0;
  std::uint32_t row_size = 0;
  std::uint32_t arena = 0;
  std::uint32_t trees = 0;
};

TimeNs moment(std::int64_t age, TimeNs now) {
  TimeNs then = 0;
  // An age beyond all measure is no age.
  if (age == no_age || __builtin_sub_overflow(now, age, &then)) return 0;
  return then;
}

std::optional<DecodeError> read_event(BytesReader& in, Event& event, std::uint8_t& flags,
                                      RowsHeader& rows, TimeNs now) {
  std::uint16_t length = 0;
  if (!in.take(length) || !in.take(flags) || !in.skip(1)) return DecodeError::truncated;
  if (length < event_size) return DecodeError::size;
  std::int64_t born = 0;
  std::int64_t sent = 0;
  if (!in.take(event.to) || !in.take(event.edge) || !in.take(event.origin) ||
      !in.take(event.input) || !in.take(event.round) || !in.take(event.checkpoint) ||
      !in.take(event.watermark) || !in.take(born) || !in.take(sent) || !in.take(rows.rows) ||
      !in.take(rows.row_size) || !in.take(rows.arena) || !in.take(rows.trees) ||
      !in.skip(length - event_size))
    return DecodeError::truncated;
  event.closes = (flags & event_closes) != 0;
  event.last = (flags & event_last) != 0;
  event.idle = (flags & event_idle) != 0;
  event.born = moment(born, now);
  event.sent = moment(sent, now);
  return std::nullopt;
}

std::optional<DecodeError> read_anchor(BytesReader& in, Event& event, std::uint32_t trees) {
  if (in.left() / tree_size < trees) return DecodeError::truncated;
  event.anchor = std::make_shared<Lineage>();
  event.anchor->trees.resize(trees);
  for (Lineage::Tree& tree : event.anchor->trees)
    if (!in.take(tree.origin) || !in.take(tree.root) || !in.take(tree.edge) ||
        !in.take(tree.children))
      return DecodeError::truncated;
  return std::nullopt;
}

std::optional<DecodeError> check_rows(const Schema& schema, const std::uint8_t* rows,
                                      const RowsHeader& header) {
  std::vector<std::uint32_t> truths;
  for (std::size_t i = 0; i < schema.size(); ++i)
    if (schema.field(i).type == Type::boolean) truths.push_back(schema.offset(i));
  std::vector<std::uint32_t> cells = cells_of(schema);
  std::uint64_t used = 0;
  for (std::uint32_t i = 0; i < header.rows; ++i, rows += header.row_size) {
    for (std::uint32_t truth : truths)
      if (rows[truth] > 1) return DecodeError::value;
    for (std::uint32_t cell : cells) {
      auto size = load<std::uint32_t>(rows + cell + 4);
      std::uint64_t end = std::uint64_t{load<std::uint32_t>(rows + cell)} + size;
      if (end > header.arena) return DecodeError::range;
      used += size;
    }
  }
  // Rows that share their bytes would grow beyond measure where they are sent on.
  if (used > header.arena) return DecodeError::range;
  return std::nullopt;
}

std::optional<DecodeError> read_batch(const Buffer& body, const BytesReader& in,
                                      const RowsHeader& header, const DecodeOptions& options,
                                      Event& event) {
  SchemaPtr schema = options.schema(event.to, event.input);
  if (!schema) return DecodeError::unknown_schema;
  if (header.row_size != schema->row_size()) return DecodeError::row_size;
  std::uint64_t rows_size = std::uint64_t{header.rows} * header.row_size;
  if (header.rows > rows_max || in.left() != rows_size + header.arena) return DecodeError::size;
  if (auto error = check_rows(*schema, in.here(), header)) return error;
  ByteBuffer rows;
  if (rows_size != 0) std::memcpy(rows.grow(rows_size), in.here(), rows_size);
  std::size_t arena = in.offset() + rows_size;
  event.batch =
      std::make_shared<const Batch>(std::move(schema), std::move(rows),
                                    body.part(arena, header.arena).data, header.arena, header.rows);
  return std::nullopt;
}

std::optional<DecodeError> decode_event(const Buffer& body, const DecodeOptions& options,
                                        Event& event) {
  BytesReader in(body.view());
  std::uint8_t flags = 0;
  RowsHeader rows;
  if (auto error = read_event(in, event, flags, rows, options.now)) return error;
  bool tracked = (flags & event_anchor) != 0;
  if (!tracked && rows.trees != 0) return DecodeError::size;
  if (tracked)
    if (auto error = read_anchor(in, event, rows.trees)) return error;
  if ((flags & event_batch) != 0) return read_batch(body, in, rows, options, event);
  return in.left() == 0 && rows.rows == 0 ? std::nullopt : std::optional(DecodeError::size);
}

std::optional<DecodeError> decode_credit(const Buffer& body, Credit& credit) {
  BytesReader in(body.view());
  if (!in.take(credit.to) || !in.take(credit.edge) || !in.take(credit.slot) ||
      !in.take(credit.rounds))
    return DecodeError::truncated;
  return std::nullopt;  // a newer version may have added to it
}

std::optional<DecodeError> decode_acks(const Buffer& body, Acks& acks) {
  BytesReader in(body.view());
  std::uint32_t count = 0;
  if (!in.take(acks.to) || !in.take(count)) return DecodeError::truncated;
  if (in.left() != std::size_t{count} * ack_item_size) return DecodeError::size;
  acks.items.resize(count);
  for (AckItem& item : acks.items) {
    std::uint8_t kind = 0;
    if (!in.take(item.root) || !in.take(item.pieces) || !in.take(kind))
      return DecodeError::truncated;
    if (kind > static_cast<std::uint8_t>(AckItem::Kind::reset)) return DecodeError::value;
    item.kind = static_cast<AckItem::Kind>(kind);
  }
  return std::nullopt;
}

}  // namespace

std::optional<DecodeError> decode(const Buffer& bytes, const DecodeOptions& options,
                                  WireMessage& out) {
  Prefix prefix;
  if (auto error = read_prefix(bytes, prefix)) return error;
  Buffer body;
  if (auto error = unpack(bytes, prefix, options.bytes_max, body)) return error;
  switch (static_cast<Kind>(prefix.kind)) {
    case Kind::event:
      return decode_event(body, options, out.emplace<Event>());
    case Kind::credit:
      return decode_credit(body, out.emplace<Credit>());
    case Kind::acks:
      return decode_acks(body, out.emplace<Acks>());
  }
  return DecodeError::kind;
}

}  // namespace dnstorm::cluster
