#include "cli/tap.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "board/server/json.hpp"
#include "capture/dns/base_encodings.hpp"

namespace dnstorm::cli {

namespace {

constexpr std::size_t value_bytes_max = 512;  // of a text; what is longer is cut
constexpr std::size_t waiting_bytes_max = 4 << 20;
constexpr DurationNs counts_period = ns_per_s;
constexpr DurationNs quiet_period = 10 * ns_per_s;

std::string cut(std::string text) {
  if (text.size() <= value_bytes_max) return text;
  std::size_t whole = text.size();
  text.resize(value_bytes_max);
  return text + fmt::format("... ({} bytes)", whole);
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string text = capture::dns::hex(bytes.first(std::min(bytes.size(), value_bytes_max / 2)));
  if (text.size() < bytes.size() * 2) text += fmt::format("... ({} bytes)", bytes.size());
  return text;
}

void write_cell(board::JsonWriter& json, const operators::CellReader& cell, const RowView& row) {
  json.key(cell.name);
  if (cell.type == Type::bytes) {
    json.value(std::string_view(hex(row.get(FieldRef<Bytes>{cell.offset}))));
    return;
  }
  std::string text = cell.text(row);
  bool number = cell.numeric() && cell.type != Type::time;
  if (cell.type == Type::f64 && !std::isfinite(row.get(FieldRef<double>{cell.offset})))
    json.null();
  else if (number || (cell.type == Type::boolean && cell.labels.empty()))
    json.raw(text);
  else
    json.value(std::string_view(cut(std::move(text))));
}

}  // namespace

class Tap::Listener final : public runtime::TapListener {
 public:
  Listener(TapEdge edge, TapRequest request, std::vector<std::unique_ptr<operators::RowTest>> tests,
           const Clock& clock)
      : edge_(std::move(edge)),
        request_(std::move(request)),
        tests_(std::move(tests)),
        clock_(clock),
        lines_max_(std::size_t{request_.rate} * 2),
        sampler_(request_.rate) {
    for (std::size_t i = 0; i < edge_.schema->size(); ++i)
      cells_.push_back(operators::CellReader::of(*edge_.schema, i));
    lines_.push_back(head());
    next_counts_ = clock_.steady_ns() + counts_period;
    next_quiet_ = clock_.steady_ns() + quiet_period;
  }

  void see(std::uint32_t task, const Batch& batch, const Selection* selection) override {
    Selection left;
    if (selection != nullptr) {
      left = *selection;
    } else {
      left.resize(batch.row_count());
      std::iota(left.begin(), left.end(), std::uint16_t{0});
    }
    std::size_t seen = left.size();
    for (const auto& test : tests_) test->narrow(batch, left);
    std::lock_guard lock(mutex_);
    if (over_) return;
    seen_ += seen;
    matched_ += left.size();
    std::size_t room = bytes_ < waiting_bytes_max ? lines_max_ - std::min(lines_max_, rows_) : 0;
    std::size_t shown = sampler_.admit(clock_.steady_ns(), std::min(left.size(), room));
    left.resize(shown);
    for (RowView row : Rows(batch, &left)) keep(line_of(task, row));
    rows_ += shown;
    shown_ += shown;
  }

  std::string take() {
    std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& line : lines_) text += line;
    lines_.clear();
    bytes_ = rows_ = 0;
    TimeNs now = clock_.steady_ns();
    bool due = now >= next_quiet_ || (now >= next_counts_ && seen_ != seen_told_);
    if (over_ && !end_told_) {
      text += fmt::format("{{\"end\":true,{}}}\n", counts());
      end_told_ = true;
    } else if (due && !over_) {
      text += fmt::format("{{{}}}\n", counts());
      seen_told_ = seen_;
      next_counts_ = now + counts_period;
      next_quiet_ = now + quiet_period;
    }
    return text;
  }

  void end() {
    std::lock_guard lock(mutex_);
    over_ = true;
  }
  bool ended() const {
    std::lock_guard lock(mutex_);
    return end_told_;
  }
  const runtime::TapPlace& place() const { return edge_.place; }

 private:
  std::string head() const {
    board::JsonWriter json;
    json.begin_object().key("tap").begin_object().member("edge",
                                                         std::string_view(to_string(edge_)));
    json.member("component", std::string_view(edge_.component()));
    json.member("where", std::string_view(request_.where));
    json.member("rate", std::uint64_t{request_.rate}).key("fields").begin_array();
    for (const Field& field : edge_.schema->fields())
      json.begin_object()
          .member("name", std::string_view(field.name))
          .member("type", to_string(field.type))
          .end_object();
    json.end_array().end_object().end_object();
    return json.take() + "\n";
  }

  std::string line_of(std::uint32_t task, const RowView& row) const {
    board::JsonWriter json;
    json.begin_object().member("at", std::string_view(format_time(clock_.wall_ns())));
    if (!request_.node.empty()) json.member("node", std::string_view(request_.node));
    json.member("component", std::string_view(edge_.component()));
    json.member("task", std::uint64_t{task}).key("row").begin_object();
    for (const operators::CellReader& cell : cells_) write_cell(json, cell, row);
    json.end_object().end_object();
    return json.take() + "\n";
  }

  std::string counts() const {
    return fmt::format(R"("counts":{{"seen":{},"matched":{},"shown":{},"not_shown":{}}})", seen_,
                       matched_, shown_, matched_ - shown_);
  }

  void keep(std::string line) {
    bytes_ += line.size();
    lines_.push_back(std::move(line));
  }

  const TapEdge edge_;
  const TapRequest request_;
  const std::vector<std::unique_ptr<operators::RowTest>> tests_;
  std::vector<operators::CellReader> cells_;
  const Clock& clock_;
  const std::size_t lines_max_;

  mutable std::mutex mutex_;  // guards all below
  Sampler sampler_;
  std::deque<std::string> lines_;
  std::size_t rows_ = 0;  // of lines_
  std::size_t bytes_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t shown_ = 0;
  std::uint64_t seen_told_ = 0;
  TimeNs next_counts_ = 0;
  TimeNs next_quiet_ = 0;
  bool over_ = false;
  bool end_told_ = false;
};

Result<std::unique_ptr<Tap>> Tap::open(const plan::Plan& plan, runtime::TapHub& hub,
                                       const Clock& clock, const TapRequest& request) {
  if (request.rate < 1 || request.rate > tap_rate_max)
    return Error{ErrorKind::usage,
                 fmt::format("tap: the rate lies between 1 and {} rows a second", tap_rate_max),
                 "rate"};
  TapEdge edge = DNSTORM_TRY(find_tap_edge(plan, request.edge));
  std::vector<std::unique_ptr<operators::RowTest>> tests;
  if (!request.where.empty()) {
    auto conditions = operators::parse_filter(request.where);
    if (!conditions.ok())
      return Error{ErrorKind::usage, "tap: the filter: " + conditions.error().what, "where"};
    for (const operators::FilterCondition& condition : *conditions) {
      if (!edge.schema->find(condition.field))
        return Error{ErrorKind::usage,
                     fmt::format("tap: rows of '{}' have no field '{}' (or nobody reads it); "
                                 "there are {}",
                                 to_string(edge), condition.field, edge.schema->names()),
                     "where"};
      auto test = operators::make_row_test(condition, *edge.schema);
      if (!test.ok())
        return Error{ErrorKind::usage, "tap: the filter: " + test.error().what, "where"};
      tests.push_back(std::move(*test));
    }
  }
  auto listener = std::make_shared<Listener>(std::move(edge), request, std::move(tests), clock);
  hub.open(listener->place(), listener);
  return std::unique_ptr<Tap>(new Tap(hub, std::move(listener)));
}

Tap::Tap(runtime::TapHub& hub, std::shared_ptr<Listener> listener)
    : hub_(hub), listener_(std::move(listener)) {}
Tap::~Tap() { hub_.close(*listener_); }
std::string Tap::take() { return listener_->take(); }
void Tap::end() { listener_->end(); }
bool Tap::ended() const { return listener_->ended(); }

}  // namespace dnstorm::cli
