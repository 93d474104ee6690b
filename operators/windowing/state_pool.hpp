// Makes states and takes them back to be used again, so that a running topology allocates nothing.
// State: void clear(), called before it is used again. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace dnstorm::operators {

template <class State>
class StatePool {
 public:
  using Make = std::function<std::unique_ptr<State>()>;

  StatePool() = default;
  // More than `kept_max` states are needed only for a moment (a jump of the clock, much lateness).
  StatePool(Make make, std::size_t kept_max) : make_(std::move(make)), kept_max_(kept_max) {}

  std::unique_ptr<State> fresh() {
    if (spare_.empty()) return make_();
    std::unique_ptr<State> state = std::move(spare_.back());
    spare_.pop_back();
    return state;
  }
  void recycle(std::unique_ptr<State> state) {
    state->clear();
    if (spare_.size() < kept_max_) spare_.push_back(std::move(state));
  }

 private:
  Make make_;
  std::size_t kept_max_ = 0;
  std::vector<std::unique_ptr<State>> spare_;
};

}  // namespace dnstorm::operators
