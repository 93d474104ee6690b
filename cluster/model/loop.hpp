// A thread that runs what is posted to it, one after the other, and calls `on_time` when its time
// has come: the shell in which a state machine lives. It sleeps while there is nothing to do.
//
//   Loop loop([&] { machine.tick(...); return machine.next_time(); });
//   loop.start();  loop.post([&] { machine.take(report); });   // any thread
//   loop.stop();                                               // what is posted by then is run
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "engine/base/time.hpp"

namespace dnstorm::cluster {

class Loop {
 public:
  // `on_time` is called on the loop's thread after whatever has been run, and answers when it wants
  // to be called next (of `clock`'s steady time; time_max: only after the next post).
  Loop(const Clock& clock, std::function<TimeNs()> on_time);
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  void post(std::function<void()> what);
  // Posts it and waits for its answer; not from the loop's own thread.
  template <class F>
  auto ask(F what) {
    std::promise<decltype(what())> answer;
    auto future = answer.get_future();
    post([&] { answer.set_value(what()); });
    return future.get();
  }
  void stop();

 private:
  void run();
  const Clock& clock_;
  std::function<TimeNs()> on_time_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> posted_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dnstorm::cluster
