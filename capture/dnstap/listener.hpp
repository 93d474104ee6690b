// Sockets that wait for senders: Unix ones with owner and mode, TCP ones. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::capture::dnstap {

// A descriptor with one owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  int release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

struct UnixOptions {
  std::string path;
  mode_t mode = 0660;
  std::string owner;  // USER, USER:GROUP or :GROUP; empty: whoever runs dnstorm
};

// A Unix socket that listens. One that a dead process left at the path is removed; one that
// somebody listens at, and anything else there, is an error. The file is removed at the end.
class UnixListener {
 public:
  static Result<UnixListener> open(const UnixOptions& options);
  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();
  int fd() const { return fd_.get(); }

 private:
  UnixListener(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Descriptor fd_;
  std::string path_;
  ino_t inode_ = 0;  // of the file that was made: another's is not removed
};

// `address`: HOST:PORT, [HOST]:PORT or PORT (of the loopback interface). Port 0: any that is free.
Result<Descriptor> listen_tcp(const std::string& address);
std::uint16_t port_of(int fd);

}  // namespace dnstorm::capture::dnstap
