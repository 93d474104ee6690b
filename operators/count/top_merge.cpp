#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/top_output.hpp"

namespace dnstorm::operators {

namespace {

// Keeps the candidates of each window until its tops have all come: a top hands its window out when
// the watermark passes the window's end, and that watermark arrives here after the rows.
class TopMergeBolt final : public Bolt {
 public:
  explicit TopMergeBolt(Options options) : options_(std::move(options)) {}

  Result<void> prepare(const TaskContext& task) override {
    const auto& of = options_.list("of");
    for (const Input& input : task.inputs) {
      const Schema& schema = *input.schema;
      readers_.push_back({KeyReader(schema, of), schema.ref<std::int64_t>("window"),
                          schema.ref<std::int64_t>("window_end"),
                          schema.ref<std::uint64_t>("count"), schema.ref<std::uint64_t>("error")});
    }
    lateness_ = options_.duration("lateness");
    late_rows_ = &task.counter("late_rows");
    output_ = TopOutput(*task.inputs[0].schema, task.outputs[0], of,
                        static_cast<std::size_t>(options_.integer("k")));
    return {};
  }

  void execute(const InputBatch& in, Emitter& /*out*/) override {
    const Reader& reader = readers_[in.input];
    for (RowView row : in.rows()) {
      WindowBounds bounds{row.get(reader.window), row.get(reader.window_end)};
      if (is_closed(bounds)) {
        late_rows_->add();
        continue;
      }
      Window& window = windows_[bounds.start];
      window.bounds = bounds;
      window.candidates.push_back({row.get(reader.count), row.get(reader.error), {}});
      reader.key.append(row, window.candidates.back().key);
    }
  }

  void watermark(TimeNs now, Emitter& out) override {
    watermark_ = std::max(watermark_, now);
    for (auto at = windows_.begin(); at != windows_.end();) {
      if (!is_closed(at->second.bounds)) {
        ++at;
        continue;
      }
      emit(at->second, out);
      at = windows_.erase(at);
    }
  }

  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    out.put(std::uint64_t{windows_.size()});
    for (const auto& [start, window] : windows_) {
      out.put(start);
      out.put(window.bounds.end);
      out.put(std::uint64_t{window.candidates.size()});
      for (const Candidate& candidate : window.candidates) {
        out.put(candidate.count);
        out.put(candidate.error);
        out.put_bytes(candidate.key);
      }
    }
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    for (std::uint64_t left = in.get_count(3 * sizeof(TimeNs)); left != 0; --left) {
      auto start = in.get<TimeNs>();
      Window& window = windows_[start];
      window.bounds = {start, in.get<TimeNs>()};
      for (std::uint64_t more = in.get_count(3 * sizeof(TimeNs)); more != 0; --more) {
        auto count = in.get<std::uint64_t>();
        auto error = in.get<std::uint64_t>();
        window.candidates.push_back({count, error, std::string(in.get_bytes())});
        if (!in.ok() || !output_.order().holds(window.candidates.back().key))
          return damaged_state();
      }
    }
    if (!in.ok()) return damaged_state();
    return {};
  }

 private:
  struct Reader {
    KeyReader key;
    FieldRef<std::int64_t> window;
    FieldRef<std::int64_t> window_end;
    FieldRef<std::uint64_t> count;
    FieldRef<std::uint64_t> error;
  };
  struct Candidate {
    std::uint64_t count = 0;
    std::uint64_t error = 0;
    std::string key;
  };
  struct Window {
    WindowBounds bounds;
    std::vector<Candidate> candidates;
  };

  bool is_closed(const WindowBounds& bounds) const {
    if (watermark_ == time_max) return true;
    bool bounded = bounds.end > bounds.start;
    return bounded && add_time(bounds.end, lateness_) <= watermark_;
  }

  void emit(Window& window, Emitter& out) const {
    std::sort(window.candidates.begin(), window.candidates.end(),
              [&](const Candidate& a, const Candidate& b) {
                return output_.order().compare(a.key, b.key) < 0;
              });
    std::vector<RankedItem> items;
    for (const Candidate& candidate : window.candidates) {
      // Inputs that are not parts of one stream may both have seen an item.
      if (!items.empty() && items.back().key == candidate.key) {
        items.back().count += candidate.count;
        items.back().error += candidate.error;
      } else {
        items.push_back({candidate.count, candidate.error, candidate.key});
      }
    }
    output_.emit(items, window.bounds, out);
  }

  Options options_;
  std::vector<Reader> readers_;  // one an input
  DurationNs lateness_ = 0;
  TimeNs watermark_ = time_min;
  std::map<TimeNs, Window> windows_;  // by start
  TopOutput output_;
  Counter* late_rows_ = nullptr;
};

}  // namespace

std::unique_ptr<Bolt> make_top_merge(const Options& options) {
  return std::make_unique<TopMergeBolt>(options);
}

}  // namespace dnstorm::operators
