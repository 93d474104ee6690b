#include "cluster/feed/frame_codec.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>

#include "engine/api/state.hpp"

namespace dnstorm::cluster {

namespace {

constexpr std::uint8_t version = 2;
// The oldest reader that these bytes are for.
constexpr std::uint8_t version_oldest = 1;
constexpr std::uint8_t version_of_points = 2;
constexpr int level = 1;
constexpr std::size_t head_bytes = 10;

Error broken(const char* how) {
  return {ErrorKind::data, fmt::format("frames of a board that {}", how), {}};
}

std::string body_of(const KeptFrame& kept) {
  const FeedFrame& frame = kept.frame;
  StateWriter out;
  for (const std::string* text : {&frame.source, &frame.panel, &frame.view, &frame.title})
    out.put_bytes(*text);
  out.put(frame.start);
  out.put(frame.end);
  out.put(kept.first_end);
  out.put(std::uint64_t{frame.columns.size()});
  for (const std::string& column : frame.columns) out.put_bytes(column);
  out.put(std::uint64_t{frame.rows.size()});
  for (const FeedRow& row : frame.rows) {
    out.put_bytes(row.key);
    out.put(std::uint64_t{row.values.size()});
    for (double value : row.values) out.put(value);
  }
  out.put(std::uint64_t{frame.cells});
  return out.take();
}

KeptFrame read_frame(StateReader& in) {
  KeptFrame kept;
  FeedFrame& frame = kept.frame;
  for (std::string* text : {&frame.source, &frame.panel, &frame.view, &frame.title})
    *text = in.get_bytes();
  frame.start = in.get<TimeNs>();
  frame.end = in.get<TimeNs>();
  kept.first_end = in.get<TimeNs>();
  for (auto left = in.get_count(8); left != 0; --left) frame.columns.emplace_back(in.get_bytes());
  for (auto left = in.get_count(16); left != 0; --left) {
    FeedRow& row = frame.rows.emplace_back();
    row.key = in.get_bytes();
    for (auto values = in.get_count(8); values != 0; --values)
      row.values.push_back(in.get<double>());
  }
  if (!in.at_end()) frame.cells = in.get<std::uint64_t>();  // an older writer has none
  return kept;
}

}  // namespace

std::string encode_frames(const std::vector<KeptFrame>& frames) {
  StateWriter all;
  for (const KeptFrame& frame : frames) all.put_bytes(body_of(frame));
  std::string plain = all.take();
  StateWriter head;
  head.put(version);
  const bool points = std::any_of(frames.begin(), frames.end(),
                                  [](const KeptFrame& kept) { return is_points(kept.frame); });
  head.put(points ? version_of_points : version_oldest);
  head.put(std::uint64_t{plain.size()});
  std::string bytes = head.take();
  bytes.resize(head_bytes + ZSTD_compressBound(plain.size()));
  std::size_t size = ZSTD_compress(bytes.data() + head_bytes, bytes.size() - head_bytes,
                                   plain.data(), plain.size(), level);
  bytes.resize(head_bytes + size);  // the bound was room enough: no error is possible
  return bytes;
}

Result<std::vector<KeptFrame>> decode_frames(std::string_view bytes) {
  StateReader head(bytes.substr(0, head_bytes));
  (void)head.get<std::uint8_t>();  // a newer version has appended
  if (head.get<std::uint8_t>() > version) return broken("only a newer version can read");
  auto size = head.get<std::uint64_t>();
  if (!head.ok()) return broken("are cut off");
  if (size > frames_bytes_max) return broken("are too large");
  std::string plain(size, '\0');
  std::size_t got = ZSTD_decompress(plain.data(), plain.size(), bytes.data() + head_bytes,
                                    bytes.size() - head_bytes);
  if (ZSTD_isError(got) != 0 || got != size) return broken("cannot be unpacked");
  StateReader in(plain);
  std::vector<KeptFrame> frames;
  while (in.ok() && !in.at_end()) {
    StateReader one(in.get_bytes());
    frames.push_back(read_frame(one));
    if (!one.ok()) return broken("say less than they should");
  }
  if (!in.ok()) return broken("are cut off");
  return frames;
}

}  // namespace dnstorm::cluster
