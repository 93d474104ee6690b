#include "cluster/model/lease_page.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace dnstorm::cluster {

static_assert(std::atomic<TimeNs>::is_always_lock_free, "two processes share the number");

namespace {

constexpr std::size_t page_bytes = sizeof(std::atomic<TimeNs>);

Error problem(const char* what) {
  return {ErrorKind::internal,
          fmt::format("the memory that a worker shares with its node: {}: {}", what,
                      std::strerror(errno)),
          {}};
}

std::atomic<TimeNs>* map(int file) {
  void* at = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return at == MAP_FAILED ? nullptr : static_cast<std::atomic<TimeNs>*>(at);
}

}  // namespace

Result<LeasePage> LeasePage::make() {
  int file = ::memfd_create("dnstorm-lease", MFD_CLOEXEC);
  if (file < 0) return problem("memfd_create");
  LeasePage page(file, nullptr);
  if (::ftruncate(file, page_bytes) != 0) return problem("ftruncate");
  page.until_ = map(file);
  if (page.until_ == nullptr) return problem("mmap");
  page.set(time_min);
  return page;
}

Result<LeasePage> LeasePage::open(int file) {
  LeasePage page(file, map(file));
  if (page.until_ == nullptr) return problem("mmap");
  return page;
}

LeasePage::~LeasePage() {
  if (until_ != nullptr) ::munmap(until_, page_bytes);
  if (file_ >= 0) ::close(file_);
}

LeasePage::LeasePage(LeasePage&& other) noexcept
    : file_(std::exchange(other.file_, -1)), until_(std::exchange(other.until_, nullptr)) {}

LeasePage& LeasePage::operator=(LeasePage&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(until_, other.until_);
  return *this;
}

}  // namespace dnstorm::cluster
