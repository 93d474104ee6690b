// Opens the listening socket: one place that turns what can go wrong into one clear sentence.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::board {

struct Listener {
  int fd = -1;
  std::uint16_t port = 0;
  std::string url;
  bool loopback = false;  // reachable from this machine only
};

// What a client may leave unread in the kernel; small, so that a slow one is noticed within
// seconds.
inline constexpr int send_buffer_bytes = 64 * 1024;

Result<Listener> open_listener(const std::string& host, std::uint16_t port);

// A page of another site that had its name point here (DNS rebinding) sends that name: on loopback
// only addresses and localhost are answered.
bool is_local_host_header(std::string_view host);

}  // namespace dnstorm::board
