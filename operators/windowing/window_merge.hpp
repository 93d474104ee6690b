// The states of sliding windows out of those of their panes, with three merges a window however
// many panes it has.
//
// The axis is cut into blocks as long as a window. A window that is no block has one boundary
// inside, and is what is left of the block before it together with what has passed of the block
// behind: the rests of a block are built once, from its end; the beginning grows pane by pane
// (van Herk, Gil and Werman, for running maxima). The blocks lie at multiples of the length, so
// the order of merging, and with it an estimate that depends on it, is a function of the window
// alone.
//
// State: void merge(const State&), the state of the rows of both. Not thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "operators/windowing/state_pool.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

template <class State>
struct Pane {
  WindowBounds bounds;
  std::unique_ptr<State> state;
};

template <class State>
class WindowMerge {
 public:
  using Panes = std::vector<Pane<State>>;  // ascending by start

  WindowMerge() = default;
  WindowMerge(WindowShape shape, typename StatePool<State>::Make make)
      : shape_(shape),
        pool_(std::move(make), static_cast<std::size_t>(shape.length() / shape.slide()) + 4) {}

  // use(const State&) with the state of a window. Windows come in order of time, and `panes` has
  // all from the window's start on.
  template <class Use>
  void over(const Panes& panes, WindowBounds window, Use&& use) {
    // Never the start, not even where time begins.
    TimeNs boundary = std::max(window_of(window.end, shape_.length()).start, window.start + 1);
    while (!rests_.empty() && rests_.back().bounds.start < window.start) {
      pool_.recycle(std::move(rests_.back().state));
      rests_.pop_back();
    }
    bool ready = prefix_ != nullptr && boundary == boundary_ && !rests_.empty() &&
                 rests_.back().bounds.start == window.start;
    if (!ready) begin_block(panes, window, boundary);
    for (const Pane<State>& pane : panes)
      if (pane.bounds.start >= prefix_end_ && pane.bounds.start < window.end)
        prefix_->merge(*pane.state);
    prefix_end_ = window.end;
    std::unique_ptr<State> state = std::move(rests_.back().state);
    rests_.pop_back();
    state->merge(*prefix_);
    use(std::as_const(*state));
    pool_.recycle(std::move(state));
    merged_to_ = window.end;
  }

  // A row has come to the pane that begins here.
  void touch(TimeNs pane_start) {
    if (pane_start < merged_to_) forget();
  }

 private:
  void forget() {
    for (Pane<State>& rest : rests_) pool_.recycle(std::move(rest.state));
    rests_.clear();
    if (prefix_ != nullptr) pool_.recycle(std::move(prefix_));
    prefix_ = nullptr;
    merged_to_ = time_min;
  }

  // The rests with which windows begin, from this window's on.
  void begin_block(const Panes& panes, WindowBounds window, TimeNs boundary) {
    forget();
    boundary_ = boundary;
    prefix_ = pool_.fresh();
    prefix_end_ = boundary;
    std::unique_ptr<State> rest = pool_.fresh();
    std::size_t left = panes.size();
    while (left != 0 && panes[left - 1].bounds.start >= boundary) --left;
    for (DurationNs step = (boundary - 1 - window.start) / shape_.slide(); step >= 0; --step) {
      TimeNs start = window.start + step * shape_.slide();
      for (; left != 0 && panes[left - 1].bounds.start >= start; --left)
        rest->merge(*panes[left - 1].state);
      std::unique_ptr<State> copy = pool_.fresh();
      copy->merge(*rest);
      rests_.push_back({{start, boundary}, std::move(copy)});
    }
    pool_.recycle(std::move(rest));
  }

  WindowShape shape_;
  StatePool<State> pool_;
  TimeNs boundary_ = 0;  // of the block at hand
  Panes rests_;          // descending by start
  std::unique_ptr<State> prefix_;
  TimeNs prefix_end_ = 0;
  TimeNs merged_to_ = time_min;
};

}  // namespace dnstorm::operators
