#include "capture/privacy/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace dnstorm::capture::privacy {

namespace {

constexpr std::size_t text_max = 256;

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error problem(ErrorKind kind, const std::string& path, const std::string& what) {
  return {kind, fmt::format("{}: {}", path, what), "key_file"};
}

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// Nothing that is in the file is said: it may be nearly a key.
std::optional<std::vector<std::uint8_t>> parse(std::string_view text) {
  std::vector<std::uint8_t> digits;
  for (char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    auto value = digit(c);
    if (!value) return std::nullopt;
    digits.push_back(*value);
  }
  if (digits.size() != 32 && digits.size() != 64) return std::nullopt;
  std::vector<std::uint8_t> key;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    key.push_back(static_cast<std::uint8_t>(digits[i] << 4 | digits[i + 1]));
  return key;
}

}  // namespace

Result<std::vector<std::uint8_t>> read_key_file(const std::string& path) {
  File file(path);
  if (file.fd() < 0)
    return problem(errno == EACCES ? ErrorKind::permission : ErrorKind::no_input, path,
                   fmt::format("the key cannot be read: {}", std::strerror(errno)));
  struct stat about = {};
  if (fstat(file.fd(), &about) != 0 || !S_ISREG(about.st_mode))
    return problem(ErrorKind::config, path, "a key is read from a regular file only");
  if ((about.st_mode & 077) != 0)
    return problem(ErrorKind::permission, path,
                   "others than its owner may use this key; run chmod 600 on it");
  char text[text_max];
  ssize_t size = read(file.fd(), text, sizeof text);
  if (size < 0)
    return problem(ErrorKind::io, path,
                   fmt::format("the key cannot be read: {}", std::strerror(errno)));
  auto key = parse({text, static_cast<std::size_t>(size)});
  if (!key)
    return problem(ErrorKind::config, path,
                   "this is no key: 32 or 64 hexadecimal digits (openssl rand -hex 32)");
  return *key;
}

}  // namespace dnstorm::capture::privacy
