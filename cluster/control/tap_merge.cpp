#include "cluster/control/tap_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dnstorm::cluster {

namespace {

using Json = nlohmann::json;

constexpr std::size_t waiting_bytes_max = 4 << 20;
constexpr DurationNs counts_period = ns_per_s;
constexpr DurationNs quiet_period = 10 * ns_per_s;
constexpr std::string_view row_begin = R"({"at")";

std::uint64_t number_of(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

TapMerge::TapMerge(std::string head, std::uint32_t rate, TimeNs now)
    : rows_max_(std::size_t{rate} * 2),
      sampler_(rate),
      waiting_(std::move(head)),
      next_counts_(now + counts_period),
      next_quiet_(now + quiet_period) {}

void TapMerge::take(const std::string& node, std::string_view lines, TimeNs now) {
  if (over_) return;
  Worker& worker = workers_[node];
  std::vector<std::string_view> rows;
  for (std::size_t end; (end = lines.find('\n')) != std::string_view::npos;) {
    std::string_view line = lines.substr(0, end + 1);
    lines.remove_prefix(end + 1);
    if (line.starts_with(row_begin))
      rows.push_back(line);
    else
      take_line(worker, line);
  }
  show(rows, now);
}

void TapMerge::take_line(Worker& worker, std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return;
  if (json.contains("tap")) {  // it counts from 0 again
    worker.before.seen += worker.now.seen;
    worker.before.matched += worker.now.matched;
    worker.now = {};
  }
  auto counts = json.find("counts");
  if (counts != json.end() && counts->is_object())
    worker.now = {number_of(*counts, "seen"), number_of(*counts, "matched")};
}

void TapMerge::show(const std::vector<std::string_view>& rows, TimeNs now) {
  std::size_t room = waiting_.size() < waiting_bytes_max ? rows_max_ - rows_ : 0;
  std::size_t shown = sampler_.admit(now, std::min(rows.size(), room));
  for (std::size_t i = 0; i < shown; ++i) waiting_ += rows[i];
  rows_ += shown;
  shown_ += shown;
}

void TapMerge::end(std::string reason) {
  if (over_) return;
  over_ = true;
  reason_ = std::move(reason);
}

std::string TapMerge::take_lines(TimeNs now) {
  std::string text = std::move(waiting_);
  waiting_.clear();
  rows_ = 0;
  std::uint64_t seen = sum().seen;
  bool due = now >= next_quiet_ || (now >= next_counts_ && seen != seen_told_);
  if (over_ && !end_told_) {
    text += fmt::format("{{\"end\":true,\"reason\":{},{}}}\n", Json(reason_).dump(), counts());
    end_told_ = true;
  } else if (due && !over_) {
    text += fmt::format("{{{}}}\n", counts());
    seen_told_ = seen;
    next_counts_ = now + counts_period;
    next_quiet_ = now + quiet_period;
  }
  return text;
}

TapMerge::Counts TapMerge::sum() const {
  Counts sum;
  for (const auto& [node, worker] : workers_) {
    sum.seen += worker.before.seen + worker.now.seen;
    sum.matched += worker.before.matched + worker.now.matched;
  }
  // Rows come as they pass, counts once a second.
  sum.matched = std::max(sum.matched, shown_);
  sum.seen = std::max(sum.seen, sum.matched);
  return sum;
}

std::string TapMerge::counts() const {
  Counts all = sum();
  return fmt::format(R"("counts":{{"seen":{},"matched":{},"shown":{},"not_shown":{}}})", all.seen,
                     all.matched, shown_, all.matched - shown_);
}

}  // namespace dnstorm::cluster
