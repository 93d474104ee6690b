// Sends the frames of a dnstap file to a Unix socket as a server does: bidirectional Frame Streams
// (READY, ACCEPT, START, data frames, STOP, FINISH), as fast as the socket takes them.
//
//   dnstap_sender SOCKET FILE [TIMES]
//
// The file is read into memory first. Prints the number of frames sent and the monotonic clock
// before the connection and after FINISH, so that senders can be put on one time line:
// "FRAMES BEGAN ENDED". Exit code 1 and a message if anything fails.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view content_type = "protobuf:dnstap.Dnstap";
constexpr std::uint32_t content_type_field = 1;
constexpr std::size_t length_size = 4;
constexpr std::size_t write_size = std::size_t{64} * 1024;

enum Control : std::uint32_t { accept_frame = 1, start = 2, stop = 3, ready = 4, finish = 5 };

struct Frames {
  std::string bytes;  // each frame behind its length
  std::uint64_t count = 0;
};

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xFF);
  return bytes;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() < length_size || at > bytes.size() - length_size)
    throw std::runtime_error("the file is cut");
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < length_size; ++i)
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

Frames read_frames(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + std::string(path));
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  Frames frames;
  frames.bytes.reserve(file.size());
  for (std::size_t at = 0; at < file.size();) {
    std::size_t length = number_at(file, at);
    const bool control = length == 0;  // an escape: a control frame and its length follow
    if (control) {
      at += length_size;
      length = number_at(file, at);
    }
    if (length > file.size() - at - length_size) throw std::runtime_error("the file is cut");
    if (!control) {
      frames.bytes.append(file, at, length_size + length);
      ++frames.count;
    }
    at += length_size + length;
  }
  return frames;
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to " + path + ": " + std::strerror(errno));
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), std::min(bytes.size(), write_size), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive(int fd, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = recv(fd, bytes.data() + at, size - at, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw std::runtime_error("the receiver hung up");
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

void send_control(int fd, Control type) {
  std::string body = big_endian(type);
  if (type == ready || type == start) {
    body += big_endian(content_type_field) + big_endian(content_type.size());
    body += content_type;
  }
  send_all(fd, big_endian(0) + big_endian(static_cast<std::uint32_t>(body.size())) + body);
}

void expect_control(int fd, Control type) {
  const std::string head = receive(fd, 2 * length_size);
  const std::uint32_t size = number_at(head, length_size);
  if (number_at(head, 0) != 0 || size < length_size || size > 512)
    throw std::runtime_error("the receiver sent no control frame");
  if (number_at(receive(fd, size), 0) != type)
    throw std::runtime_error("the receiver sent another control frame than is due");
}

double monotonic_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

void run(const std::string& socket_path, const char* file, unsigned long times) {
  const Frames frames = read_frames(file);
  const double began = monotonic_seconds();
  const int fd = connect_to(socket_path);
  send_control(fd, ready);
  expect_control(fd, accept_frame);
  send_control(fd, start);
  for (unsigned long i = 0; i < times; ++i) send_all(fd, frames.bytes);
  send_control(fd, stop);
  expect_control(fd, finish);
  const double ended = monotonic_seconds();
  close(fd);
  const auto sent = static_cast<unsigned long long>(frames.count * times);
  std::printf("%llu %.6f %.6f\n", sent, began, ended);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fputs("usage: dnstap_sender SOCKET FILE [TIMES]\n", stderr);
    return 64;
  }
  try {
    run(argv[1], argv[2], argc == 4 ? std::strtoul(argv[3], nullptr, 10) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dnstap_sender: %s\n", error.what());
    return 1;
  }
}
