// ZooKeeper's C client behind a small face: one session, calls whose answers come as functions, and
// a few that wait. The only place that knows <zookeeper/zookeeper.h>.
//
// Functions that were handed over are called on the client's own thread, or, where a call fails at
// once, on the caller's; none is called once the client is destroyed. Codes are ZooKeeper's (0:
// good).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster::detail {

enum class SessionState : std::uint8_t { connected, disconnected, expired };

// host:port,host:port/path
struct ZooAddress {
  std::string servers;
  std::string root;  // "/path", or empty
};
ZooAddress parse_zoo_address(const std::string& text);

bool is_no_node(int code);
bool is_bad_version(int code);
std::string code_text(int code);

// A change of a node's data; versions as ZooKeeper counts them, any_version: whatever it is.
inline constexpr std::int32_t any_version = -1;

class ZooClient {
 public:
  // `on_session`: whenever its state changes. `on_change`: a node that was watched has changed.
  // Fails if a server's name cannot be resolved.
  static Result<std::unique_ptr<ZooClient>> open(const std::string& servers, DurationNs timeout,
                                                 std::function<void(SessionState)> on_session,
                                                 std::function<void()> on_change);
  // The session ends with it, and its ephemeral nodes.
  ~ZooClient();
  ZooClient(const ZooClient&) = delete;
  ZooClient& operator=(const ZooClient&) = delete;

  DurationNs timeout() const;  // as agreed with the server
  std::int64_t session() const;

  // Calls with an answer.
  void make_folder(const std::string& path);  // if there is none; calls behind it find it
  void make_candidate(const std::string& path,
                      std::function<void(int code, std::string path)> answer);
  void children(const std::string& path,
                std::function<void(int code, std::vector<std::string> names)> answer);
  void exists(const std::string& path, bool watch, std::function<void(int code)> answer);
  // In one transaction: `guard` is there, and `path` gets `data`. The answer has the new version.
  void set_guarded(const std::string& guard, const std::string& path, const std::string& data,
                   std::function<void(int code, std::int32_t version)> answer);

  // Calls that wait, for two thirds of the time-out at most. Not on the client's thread.
  int wait_children(const std::string& path, std::vector<std::string>& names);
  int wait_get(const std::string& path, std::string& data);
  // In one transaction: `guard` has that version, and `path` is set, made or deleted.
  enum class Change : std::uint8_t { none, make, set, remove };
  int wait_change(const std::string& guard, std::int32_t guard_version, Change change,
                  const std::string& path, const std::string& data);

 private:
  struct State;
  explicit ZooClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dnstorm::cluster::detail
