// An InfluxDB and a passing of time that a test scripts.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "operators/sinks/http_client.hpp"
#include "operators/sinks/pause.hpp"

namespace dnstorm::operators::testing {

// Time passes by waiting only.
class JumpingPause final : public Pause {
 public:
  TimeNs now() const override { return now_.load(); }
  void wait(std::unique_lock<std::mutex>&, std::condition_variable&, DurationNs time) override {
    if (jumps.size() < 1000) jumps.push_back(time);
    now_ += time;
  }
  std::vector<DurationNs> jumps;

 private:
  std::atomic<TimeNs> now_{0};
};

inline HttpAnswer no_answer() { return {.failure = "connection refused"}; }
inline HttpAnswer with_status(int status, std::string body = "") {
  return {.status = status, .body = std::move(body)};
}

// Answers from a script; when that has ended, as `always` says.
class ScriptedServer final : public HttpTransport {
 public:
  HttpAnswer exchange(const HttpRequest& request) override {
    std::string body(request.body);
    bodies.push_back(body);
    if (answer) return answer(body);
    if (script.empty()) return always;
    HttpAnswer next = script.front();
    script.pop_front();
    return next;
  }
  std::deque<HttpAnswer> script;
  HttpAnswer always = with_status(204);
  std::function<HttpAnswer(const std::string&)> answer;
  std::vector<std::string> bodies;
};

}  // namespace dnstorm::operators::testing
