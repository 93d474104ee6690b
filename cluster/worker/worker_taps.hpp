// The taps of a worker: opened by orders (cluster/model/tap_order.hpp), and ended when the orders
// come no more. Used by one thread; time comes in. Plans and what OpenTap refers to must outlive
// it, or its end().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cluster/model/tap_order.hpp"
#include "engine/base/result.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cluster {

// One that is open, until it is destroyed.
class RowTap {
 public:
  virtual ~RowTap() = default;
  virtual std::string take() = 0;  // whole lines since the last call; "": nothing new
  virtual void end() = 0;          // take() then gives the last ones
};
using OpenTap = std::function<Result<std::unique_ptr<RowTap>>(const plan::Plan&, const TapOrder&)>;

struct TapEvents {
  std::function<void(const std::string& id, std::string lines)> say;
  std::function<void(const std::string& level, const std::string& text)> log;
};

class WorkerTaps {
 public:
  // More would cost the run too much of its time.
  static constexpr std::size_t open_max = 8;

  WorkerTaps(OpenTap open, TapEvents events) : open_(std::move(open)), events_(std::move(events)) {}

  void take(const TapOrder& order, const plan::Plan& plan, TimeNs now);
  void look(TimeNs now);  // says what was seen, and ends taps whose orders have stopped
  void end();             // of the run: they say their last

 private:
  struct Open {
    std::unique_ptr<RowTap> tap;  // none: it was refused, which is said once
    std::string edge;
    TimeNs until = 0;
  };
  void open(const TapOrder& order, const plan::Plan& plan, Open& entry);
  void say(const std::string& id, Open& entry);
  void close(const std::string& id, Open& entry);

  OpenTap open_;
  TapEvents events_;
  std::map<std::string, Open> taps_;  // by id
};

}  // namespace dnstorm::cluster
