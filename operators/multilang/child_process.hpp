// A child process with pipes to its standard input, output and error, in a process group of its
// own. No shell: the command is a list of arguments. Nothing blocks but wait(). A resource: at its
// end the whole group is killed and the child is waited for, so none outlives it and none stays a
// zombie. Belongs to one thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct ProcessSpec {
  std::vector<std::string> command;      // the first is looked for in PATH
  std::vector<std::string> environment;  // NAME=VALUE, over what this process has
  std::string directory;                 // empty: that of this process
};

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { close(); }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

class ChildProcess {
 public:
  // How it has ended.
  struct Exit {
    int code = 0;
    int signal = 0;  // 0: it has ended by itself, with `code`
    std::string text() const;
  };

  static Result<std::unique_ptr<ChildProcess>> start(const ProcessSpec& spec);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Returns when one of its outputs has something, when its input takes something (if `to_write`),
  // when it has ended, or after that time.
  void wait(bool to_write, DurationNs at_most);
  // How much of it the pipe took. Once nobody reads any more, all is taken and goes nowhere.
  std::size_t write(std::string_view bytes);
  void close_input() { input_.close(); }
  // Appends what is there; false once there will be nothing more.
  bool read_output(std::string& into) { return read(output_, into); }
  bool read_errors(std::string& into) { return read(errors_, into); }
  // Not before it has ended.
  const std::optional<Exit>& exit();
  // It has ended, however many of its own children hold on to the pipes.
  bool gone() { return exit().has_value(); }
  void kill();

 private:
  ChildProcess() = default;
  static bool read(FileDescriptor& from, std::string& into);

  pid_t pid_ = -1;
  FileDescriptor input_, output_, errors_;
  FileDescriptor ended_;  // readable when it has
  std::optional<Exit> exit_;
};

}  // namespace dnstorm::operators
