// Where taps are hung on edges of a run: who listens sees the batches that pass, live.
//
//   TapHub taps;                                   // outlives the run
//   options.taps = &taps;                          // RunOptions
//   taps.open(place, listener);                    // any thread, also while the run goes on
//   taps.close(*listener);                         // it may still be shown what is under way
//
// Executors ask any_open() for every batch: without a tap that is all it costs. A listener is
// called on the threads of executors, of several at once, and holds them up for as long as it
// takes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/api/batch.hpp"

namespace dnstorm::runtime {

struct TapPlace {
  enum class Side : std::uint8_t {
    output,  // rows as a component emits them: `index` is one of its output streams
    input,   // rows as they come to a component: `index` is one of its inputs
  };
  std::uint32_t component = 0;  // index into Plan::components
  Side side = Side::output;
  std::uint32_t index = 0;

  bool operator==(const TapPlace&) const = default;
};

class TapListener {
 public:
  virtual ~TapListener() = default;
  // `task`: of the place's component. What is to be kept must be copied: the rows may lie in memory
  // that the source uses again.
  virtual void see(std::uint32_t task, const Batch& batch, const Selection* selection) = 0;
};

class TapHub {
 public:
  TapHub() = default;
  TapHub(const TapHub&) = delete;
  TapHub& operator=(const TapHub&) = delete;

  void open(const TapPlace& place, std::shared_ptr<TapListener> listener);
  void close(const TapListener& listener);

  bool any_open() const { return open_.load(std::memory_order_relaxed) != 0; }
  void show(const TapPlace& place, std::uint32_t task, const Batch& batch,
            const Selection* selection) const;

 private:
  struct Tap {
    TapPlace place;
    std::shared_ptr<TapListener> listener;
  };
  std::atomic<std::size_t> open_{0};
  mutable std::mutex mutex_;
  std::vector<Tap> taps_;
};

}  // namespace dnstorm::runtime
