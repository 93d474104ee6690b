#include "cli/run_control.hpp"

#include <fmt/format.h>

#include <charconv>

namespace dnstorm::cli {

namespace {

Result<std::string> rebalance(runtime::LocalRun& run, const board::ControlRequest& request) {
  std::uint32_t executors = 0;
  const std::string& text = request.executors;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), executors);
  if (problem != std::errc() || rest != text.data() + text.size())
    return Error{ErrorKind::usage, fmt::format("executors is a number, not '{}'", text), ""};
  DNSTORM_CHECK(run.rebalance(request.component, executors));
  return fmt::format("{} has {} {} now", request.component, executors,
                     executors == 1 ? "executor" : "executors");
}

}  // namespace

Result<std::string> control(runtime::LocalRun& run, const board::ControlRequest& request) {
  if (request.action == "rebalance") return rebalance(run, request);
  if (request.action == "activate") {
    run.activate();
    return std::string("its spouts are asked for rows");
  }
  if (request.action == "deactivate") {
    run.deactivate();
    return std::string("its spouts are not asked for rows until it is activated");
  }
  return Error{ErrorKind::usage,
               fmt::format("there is no action '{}', only rebalance, activate and deactivate",
                           request.action),
               ""};
}

}  // namespace dnstorm::cli
