// The folder of a node: one node at a time has it, and knows when nothing of an earlier one is
// left. Used by one thread, when the node begins.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::cluster {

class NodeHome {
 public:
  // Makes the folder, takes its lock, waits until workers of an earlier process are gone, and
  // counts the starts. Fails with kind `unavailable` if another node has it.
  static Result<NodeHome> open(const std::string& folder);
  NodeHome(NodeHome&& other) noexcept;
  NodeHome& operator=(NodeHome&&) = delete;
  ~NodeHome();

  const std::string& id() const { return id_; }   // of the folder, for ever
  std::uint64_t start() const { return start_; }  // this is the n-th

 private:
  NodeHome() = default;
  int lock_ = -1;
  std::string id_;
  std::uint64_t start_ = 0;
};

}  // namespace dnstorm::cluster
