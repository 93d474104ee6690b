// The windows of an aggregate over rows as they come: of event time, of processing time or of
// numbers of rows; tumbling or sliding. Says which rows are late. Used by one task; not
// thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "engine/api/bolt.hpp"
#include "operators/windowing/windows.hpp"

namespace dnstorm::operators {

enum class WindowAxis : std::uint8_t { event_time, processing_time, row_number };

struct WindowSpec {
  WindowAxis axis = WindowAxis::event_time;
  WindowShape shape;  // of row numbers: rows
  DurationNs lateness = 0;
};

// Rows of an input whose windows have all been handed out: counted, and passed on if somebody
// reads them.
class LateRows {
 public:
  LateRows() = default;
  LateRows(Counter& counter, std::size_t stream) : counter_(&counter), stream_(stream) {}

  void add(const Rows& rows, std::uint32_t first, std::uint32_t last) {
    for (std::uint32_t i = first; i < last; ++i)
      late_.push_back(static_cast<std::uint16_t>(rows.index(i)));
  }
  void pass_on(const InputBatch& in, Emitter& out) {
    if (late_.empty()) return;
    counter_->add(late_.size());
    if (stream_ != 0 && out.wanted(stream_))
      out.forward(stream_, in.batch, std::make_shared<const Selection>(late_));
    late_.clear();
  }

 private:
  Counter* counter_ = nullptr;
  std::size_t stream_ = 0;  // 0: there is none
  Selection late_;          // kept for its memory
};

template <class State>
class RowWindows {
 public:
  RowWindows() = default;
  RowWindows(const WindowSpec& spec, LateRows late, const Clock* clock,
             const typename StatePool<State>::Make& make)
      : spec_(spec),
        clock_(clock),
        windows_(spec.shape, spec.lateness, make),
        late_(std::move(late)) {}

  // add(State&, first, last) for runs of rows; emit(const State&, WindowBounds) for windows that
  // these rows complete.
  template <class Add, class Emit>
  void take(const InputBatch& in, FieldRef<std::int64_t> time, Emitter& out, Add&& add,
            Emit&& emit) {
    Rows rows = in.rows();
    if (rows.empty()) return;
    switch (spec_.axis) {
      case WindowAxis::event_time:
        windows_.each_run(rows, time, add, [&](std::uint32_t first, std::uint32_t last) {
          late_.add(rows, first, last);
        });
        return late_.pass_on(in, out);
      case WindowAxis::processing_time:
        tick(emit);
        if (State* state = windows_.at(now_)) add(*state, 0U, rows.size());
        return;
      case WindowAxis::row_number:
        return take_numbered(rows, time, add, emit);
    }
  }

  // Event time has reached `now`; time_max ends every kind of window.
  template <class Emit>
  void watermark(TimeNs now, Emit&& emit) {
    if (spec_.axis == WindowAxis::event_time || now == time_max) close(now, emit);
  }
  // Processing time goes on without rows.
  template <class Emit>
  void tick(Emit&& emit) {
    if (spec_.axis != WindowAxis::processing_time || now_ == time_max) return;
    now_ = std::max(now_, clock_->wall_ns());
    close(now_, emit);
  }

  // All but the panes, which Windows::each_pane and restore_pane are for.
  void save(StateWriter& out) const {
    windows_.save(out);
    out.put(now_);
    out.put(std::uint64_t{spans_.size()});
    for (const Span& span : spans_) {
      out.put(span.pane);
      out.put(span.first);
      out.put(span.last);
    }
  }
  // False: the bytes are not those of save().
  bool restore(StateReader& in) {
    windows_.restore(in);
    now_ = in.get<TimeNs>();
    for (std::uint64_t left = in.get_count(sizeof(Span)); left != 0; --left) {
      auto pane = in.get<TimeNs>();
      auto first = in.get<TimeNs>();
      spans_.push_back({pane, first, in.get<TimeNs>()});
    }
    bool numbers = spec_.axis == WindowAxis::row_number;
    return in.ok() && (!numbers || (now_ >= 0 && now_ < time_max / 2));
  }
  template <class Use>
  void each_pane(Use&& use) const {
    windows_.each_pane(use);
  }
  State* restore_pane(TimeNs start) { return windows_.restore_pane(start); }

 private:
  // The times of the rows of a pane of row numbers.
  struct Span {
    TimeNs pane = 0;
    TimeNs first = time_max;
    TimeNs last = time_min;
  };

  template <class Add, class Emit>
  void take_numbered(const Rows& rows, FieldRef<std::int64_t> time, Add&& add, Emit&& emit) {
    for (std::uint32_t first = 0; first < rows.size();) {
      WindowBounds pane = spec_.shape.pane_of(now_);
      auto last =
          static_cast<std::uint32_t>(std::min<TimeNs>(rows.size(), first + (pane.end - now_)));
      if (spans_.empty() || spans_.back().pane != pane.start)
        spans_.push_back({.pane = pane.start});
      for (std::uint32_t i = first; i < last; ++i) {
        spans_.back().first = std::min(spans_.back().first, rows[i].get(time));
        spans_.back().last = std::max(spans_.back().last, rows[i].get(time));
      }
      if (State* state = windows_.at(now_)) add(*state, first, last);
      now_ += last - first;
      first = last;
      if (now_ == pane.end) close(now_, emit);
    }
  }

  template <class Emit>
  void close(TimeNs now, Emit&& emit) {
    if (spec_.axis != WindowAxis::row_number) return windows_.close(now, emit);
    windows_.close(now, [&](const State& state, WindowBounds numbers) {
      while (!spans_.empty() && spans_.front().pane < numbers.start) spans_.pop_front();
      TimeNs first = time_max;
      TimeNs last = time_min;
      for (const Span& span : spans_) {
        if (span.pane >= numbers.end) break;
        first = std::min(first, span.first);
        last = std::max(last, span.last);
      }
      emit(state, WindowBounds{first, add_time(last, 1)});
    });
  }

  WindowSpec spec_;
  const Clock* clock_ = nullptr;
  Windows<State> windows_;
  LateRows late_;
  TimeNs now_ = 0;  // processing time; the number of the next row
  std::deque<Span> spans_;
};

}  // namespace dnstorm::operators
