// What RSSAC002 wants to know of a day, or of a part of one that is merged with others: counts of
// messages and the sets of sources. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"
#include "operators/rssac002/source_set.hpp"

namespace dnstorm::operators {

enum class RssacMetric : std::uint8_t {
  traffic_volume,
  traffic_sizes,
  rcode_volume,
  unique_sources,
  label_count
};
inline constexpr std::size_t rssac_metric_count = 5;
const char* rssac_metric_name(RssacMetric metric);

struct RssacSources {
  std::uint64_t exact_max = 0;
  std::uint8_t precision = 16;
};

// One line of a document.
struct RssacFigure {
  std::string section;  // of traffic-sizes: which of the four
  std::string item;
  std::uint64_t count = 0;
  double error = 0;  // relative standard error; 0: exact
};

// What of a message counts.
struct RssacMessage {
  bool response = false;
  bool tcp = false;
  bool v6 = false;
  std::uint32_t size = 0;
  std::uint16_t rcode = 0;
  std::uint8_t labels = 0;
};

class RssacDay {
 public:
  explicit RssacDay(const RssacSources& sources);

  void count(const RssacMessage& message) {
    unsigned way = message.response ? 2 : 0;
    way += message.tcp ? 1 : 0;
    std::uint32_t bin = std::min(message.size / bin_width, message.response ? 256U : 18U);
    ++counts_[volume_at + 2 * way + (message.v6 ? 1 : 0)];
    ++counts_[sizes_at + way * bins + bin];
    if (message.response)
      ++counts_[rcodes_at + message.rcode % rcodes];
    else
      ++counts_[labels_at + message.labels];
  }
  // The input began at that time. Of several it is the earliest.
  void begins(TimeNs time) { first_ = std::min(first_, time); }
  TimeNs first() const { return first_; }  // time_max: not known
  // The sources of queries, some rows at a time.
  template <class Key>
  struct Arrivals {
    static constexpr std::uint32_t keys_max = 256;
    void add(const Key& key) {
      keys[size] = key;
      hashes[size++] = source_hash(key);
    }
    std::array<Key, keys_max> keys;
    std::array<std::uint64_t, keys_max> hashes;
    std::uint32_t size = 0;
  };
  // Empty the arrivals.
  void take(Arrivals<SourceV4>& arrivals);
  void take(Arrivals<SourceV6>& arrivals);

  // The lines of a metric's document, in their order; at least one.
  std::vector<RssacFigure> figures(RssacMetric metric) const;

  void clear();
  void merge(const RssacDay& other);

  // All of it in pieces, each of a few kilobytes and of one key group, for checkpoints and for
  // other tasks: use(key group, kind, bytes).
  template <class Use>
  void each_piece(Use&& use) const {
    use(std::uint32_t{0}, std::uint8_t{0}, std::string_view(counts_piece()));
    if (first_ != time_max) use(std::uint32_t{0}, first_kind, std::string_view(first_piece()));
    each_piece_of(v4_, 1, use);
    each_piece_of(v6_, 2, use);
    each_piece_of(nets_, 3, use);
  }
  // False: this is no piece, or one of a sketch of another precision.
  bool add_piece(std::uint8_t kind, std::string_view bytes);

 private:
  static constexpr std::uint32_t bin_width = 16;
  static constexpr std::size_t bins = 257;
  static constexpr std::size_t rcodes = 4096;  // twelve bits, with the extension of EDNS
  static constexpr std::size_t volume_at = 0;
  static constexpr std::size_t sizes_at = volume_at + 8;
  static constexpr std::size_t rcodes_at = sizes_at + 4 * bins;
  static constexpr std::size_t labels_at = rcodes_at + rcodes;
  static constexpr std::size_t counts_end = labels_at + 256;
  static constexpr std::uint8_t sketch_kind = 3;  // more than the kind of the keys
  static constexpr std::uint8_t first_kind = 7;

  template <class Key, class Use>
  static void each_piece_of(const SourceSet<Key>& set, std::uint8_t kind, Use&& use) {
    if (const HyperLogLog* sketch = set.sketch()) {
      const auto& registers = sketch->registers();
      return use(
          std::uint32_t{0}, static_cast<std::uint8_t>(kind + sketch_kind),
          std::string_view(reinterpret_cast<const char*>(registers.data()), registers.size()));
    }
    set.each_piece([&](std::uint32_t group, std::string_view bytes) { use(group, kind, bytes); });
  }
  std::string counts_piece() const;
  std::string first_piece() const;
  bool add_counts(std::string_view bytes);
  std::vector<RssacFigure> plain_figures(std::size_t from, std::size_t to) const;
  std::vector<RssacFigure> volume_figures() const;
  std::vector<RssacFigure> size_figures() const;
  std::vector<RssacFigure> source_figures() const;

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(counts_end);
  TimeNs first_ = time_max;
  SourceSet<SourceV4> v4_;
  SourceSet<SourceV6> v6_;
  SourceSet<SourceNet> nets_;
};

}  // namespace dnstorm::operators
