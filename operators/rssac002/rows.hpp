// The rows that `rssac002` gives: lines of documents, or with partial: true pieces of a day.
#pragma once

#include <vector>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {

std::vector<Field> rssac_line_fields();
std::vector<Field> rssac_piece_fields();

struct RssacLineRefs {
  RssacLineRefs() = default;
  explicit RssacLineRefs(const Schema& schema);
  FieldRef<TimeNs> window, window_end, from, until;
  FieldRef<Str> version, service, metric, section, item;
  FieldRef<std::uint64_t> count;
  FieldRef<double> error;
};

struct RssacPieceRefs {
  RssacPieceRefs() = default;
  explicit RssacPieceRefs(const Schema& schema);
  FieldRef<TimeNs> window, window_end;
  FieldRef<Bytes> pieces;
};

}  // namespace dnstorm::operators
