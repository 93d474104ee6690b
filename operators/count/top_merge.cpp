#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operators/checkpoint.hpp"
#include "operators/count/parts.hpp"
#include "operators/count/top_state.hpp"

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
                          schema.ref<std::uint64_t>("count"), schema.ref<std::uint64_t>("error"),
                          schema.ref<std::uint32_t>("group"), schema.ref<Bytes>(sketch_field)});
    }
    lateness_ = options_.duration("lateness");
    late_rows_ = &task.counter("late_rows");
    damaged_parts_ = &task.counter("damaged_parts");
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
      if (reader.sketch.present()) {
        add_sketch(window, row, reader);
        continue;
      }
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
      save_sketches(window, out);
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
      if (!restore_sketches(window, in)) return damaged_state();
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
    // Of parts behind any grouping.
    FieldRef<std::uint32_t> group;
    FieldRef<Bytes> sketch;
  };
  struct Candidate {
    std::uint64_t count = 0;
    std::uint64_t error = 0;
    std::string key;
  };
  struct Window {
    WindowBounds bounds;
    std::vector<Candidate> candidates;
    std::unique_ptr<TopState> sketches;  // instead of candidates
  };

  bool is_closed(const WindowBounds& bounds) const {
    if (watermark_ == time_max) return true;
    bool bounded = bounds.end > bounds.start;
    return bounded && add_time(bounds.end, lateness_) <= watermark_;
  }

  std::unique_ptr<SpaceSaving> read_sketch(StateReader& in) const {
    auto sketch = std::make_unique<SpaceSaving>(capacity_of(options_));
    auto valid = [this](std::string_view key) { return output_.order().holds(key); };
    return sketch->restore(in, valid) ? std::move(sketch) : nullptr;
  }
  void add_sketch(Window& window, const RowView& row, const Reader& reader) {
    auto bytes = row.get(reader.sketch);
    StateReader in({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    auto part = read_sketch(in);
    std::uint32_t group = row.get(reader.group);
    if (part == nullptr || !in.at_end() || group >= key_groups) return damaged_parts_->add();
    if (window.sketches == nullptr)
      window.sketches = std::make_unique<TopState>(capacity_of(options_));
    auto& sketch = window.sketches->groups[group];
    if (sketch == nullptr)
      sketch = std::move(part);
    else
      sketch->merge(*part);
  }
  static void save_sketches(const Window& window, StateWriter& out) {
    std::vector<std::uint32_t> groups;
    for (std::uint32_t group = 0; window.sketches != nullptr && group < key_groups; ++group)
      if (window.sketches->groups[group] != nullptr) groups.push_back(group);
    out.put(std::uint64_t{groups.size()});
    for (std::uint32_t group : groups) {
      out.put(group);
      window.sketches->groups[group]->save(out);
    }
  }
  bool restore_sketches(Window& window, StateReader& in) const {
    std::uint64_t left = in.get_count(2 * sizeof(std::uint32_t));
    if (left != 0) window.sketches = std::make_unique<TopState>(capacity_of(options_));
    for (; left != 0; --left) {
      auto group = in.get<std::uint32_t>();
      if (group >= key_groups || window.sketches->groups[group] != nullptr) return false;
      window.sketches->groups[group] = read_sketch(in);
      if (window.sketches->groups[group] == nullptr) return false;
    }
    return in.ok();
  }

  void emit(Window& window, Emitter& out) const {
    if (window.sketches != nullptr) {
      std::vector<RankedItem> items = items_of(*window.sketches);
      return output_.emit(items, window.bounds, out);
    }
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
  Counter* damaged_parts_ = nullptr;
};

}  // namespace

std::unique_ptr<Bolt> make_top_merge(const Options& options) {
  return std::make_unique<TopMergeBolt>(options);
}

}  // namespace dnstorm::operators
