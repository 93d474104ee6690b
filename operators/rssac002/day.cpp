#include "operators/rssac002/day.hpp"

#include <fmt/format.h>

namespace dnstorm::operators {

namespace {

// A table that is larger than the cache is asked for a slot some keys before it is needed.
constexpr std::uint32_t distance = 16;

template <class Key, class Use>
void add_ahead(SourceSet<Key>& set, RssacDay::Arrivals<Key>& arrivals, Use&& use_new) {
  std::uint32_t ahead = std::min(distance, arrivals.size);
  if (set.sketch() == nullptr)
    for (std::uint32_t i = 0; i < ahead; ++i) set.prefetch(arrivals.hashes[i]);
  for (std::uint32_t i = 0; i < arrivals.size; ++i) {
    if (i + distance < arrivals.size) set.prefetch(arrivals.hashes[i + distance]);
    if (set.add(arrivals.keys[i], arrivals.hashes[i])) use_new(arrivals.keys[i]);
  }
  arrivals.size = 0;
}

}  // namespace

const char* rssac_metric_name(RssacMetric metric) {
  switch (metric) {
    case RssacMetric::traffic_volume:
      return "traffic-volume";
    case RssacMetric::traffic_sizes:
      return "traffic-sizes";
    case RssacMetric::rcode_volume:
      return "rcode-volume";
    case RssacMetric::unique_sources:
      return "unique-sources";
    case RssacMetric::label_count:
      break;
  }
  return "label-count";
}

RssacDay::RssacDay(const RssacSources& sources)
    : v4_(sources.exact_max, sources.precision),
      v6_(sources.exact_max, sources.precision),
      nets_(sources.exact_max, sources.precision) {}

void RssacDay::take(Arrivals<SourceV4>& arrivals) {
  add_ahead(v4_, arrivals, [](SourceV4) {});
}

void RssacDay::take(Arrivals<SourceV6>& arrivals) {
  // A network is new only with an address that is.
  add_ahead(v6_, arrivals,
            [this](const SourceV6& key) { nets_.add(key.net, source_hash(key.net)); });
}

std::vector<RssacFigure> RssacDay::figures(RssacMetric metric) const {
  switch (metric) {
    case RssacMetric::traffic_volume:
      return volume_figures();
    case RssacMetric::traffic_sizes:
      return size_figures();
    case RssacMetric::rcode_volume:
      return plain_figures(rcodes_at, labels_at);
    case RssacMetric::unique_sources:
      return source_figures();
    case RssacMetric::label_count:
      break;
  }
  return plain_figures(labels_at, counts_end);
}

std::vector<RssacFigure> RssacDay::plain_figures(std::size_t from, std::size_t to) const {
  std::vector<RssacFigure> figures;
  for (std::size_t i = from; i < to; ++i)
    if (counts_[i] != 0) figures.push_back({"", fmt::to_string(i - from), counts_[i]});
  if (figures.empty()) figures.push_back({"", "0", 0});
  return figures;
}

std::vector<RssacFigure> RssacDay::volume_figures() const {
  std::vector<RssacFigure> figures;
  for (std::size_t way = 0; way < 4; ++way)
    for (std::size_t version = 0; version < 2; ++version)
      figures.push_back({"",
                         fmt::format("dns-{}-{}-{}", way % 2 == 0 ? "udp" : "tcp",
                                     way / 2 == 0 ? "queries-received" : "responses-sent",
                                     version == 0 ? "ipv4" : "ipv6"),
                         counts_[volume_at + 2 * way + version]});
  return figures;
}

std::vector<RssacFigure> RssacDay::size_figures() const {
  std::vector<RssacFigure> figures;
  for (unsigned way : {0U, 2U, 1U, 3U}) {
    std::string section = fmt::format("{}-{}-sizes", way % 2 == 0 ? "udp" : "tcp",
                                      way / 2 == 0 ? "request" : "response");
    std::size_t last = way / 2 == 0 ? 18 : 256;
    for (std::size_t bin = 0; bin <= last; ++bin) {
      std::uint64_t count = counts_[sizes_at + way * bins + bin];
      if (count == 0) continue;
      std::string item = fmt::format("{}-", bin * bin_width);
      if (bin != last) item += fmt::to_string(bin * bin_width + bin_width - 1);
      figures.push_back({section, std::move(item), count});
    }
  }
  if (figures.empty()) figures.push_back({"udp-request-sizes", "0-15", 0});
  return figures;
}

std::vector<RssacFigure> RssacDay::source_figures() const {
  return {{"", "num-sources-ipv4", v4_.count(), v4_.relative_error()},
          {"", "num-sources-ipv6", v6_.count(), v6_.relative_error()},
          {"", "num-sources-ipv6-aggregate", nets_.count(), nets_.relative_error()}};
}

void RssacDay::clear() {
  std::fill(counts_.begin(), counts_.end(), 0U);
  first_ = time_max;
  v4_.clear();
  v6_.clear();
  nets_.clear();
}

void RssacDay::merge(const RssacDay& other) {
  other.each_piece([this](std::uint32_t, std::uint8_t kind, std::string_view bytes) {
    DNSTORM_ASSERT(add_piece(kind, bytes), "days of other settings are merged", int{kind});
  });
}

std::string RssacDay::counts_piece() const {
  StateWriter out;
  for (std::uint32_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    out.put(i);
    out.put(counts_[i]);
  }
  return out.take();
}

std::string RssacDay::first_piece() const {
  StateWriter out;
  out.put(first_);
  return out.take();
}

bool RssacDay::add_counts(std::string_view bytes) {
  constexpr std::size_t one = sizeof(std::uint32_t) + sizeof(std::uint64_t);
  if (bytes.size() % one != 0) return false;
  StateReader in(bytes);
  while (!in.at_end()) {
    auto place = in.get<std::uint32_t>();
    auto count = in.get<std::uint64_t>();
    if (place >= counts_.size()) return false;
    counts_[place] += count;
  }
  return true;
}

bool RssacDay::add_piece(std::uint8_t kind, std::string_view bytes) {
  switch (kind) {
    case 0:
      return add_counts(bytes);
    case 1:
      return v4_.add_piece(bytes);
    case 2:
      return v6_.add_piece(bytes);
    case 3:
      return nets_.add_piece(bytes);
    case 1 + sketch_kind:
      return v4_.merge_registers(bytes);
    case 2 + sketch_kind:
      return v6_.merge_registers(bytes);
    case 3 + sketch_kind:
      return nets_.merge_registers(bytes);
    case first_kind:
      if (bytes.size() != sizeof first_) return false;
      begins(StateReader(bytes).get<TimeNs>());
      return true;
    default:
      return false;
  }
}

}  // namespace dnstorm::operators
