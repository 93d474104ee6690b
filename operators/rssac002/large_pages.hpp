// Memory for tables that are read at random: in pages of 2 MiB where the kernel gives them, for the
// address translation of a small page costs more than the cache miss.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace dnstorm::operators {

template <class T>
struct LargePages {
  using value_type = T;
  LargePages() = default;
  template <class Other>
  LargePages(const LargePages<Other>&) {}  // NOLINT: as the standard wants allocators

  T* allocate(std::size_t count) {
    std::size_t bytes = count * sizeof(T);
    bool large = bytes >= page;
    void* memory =
        large ? std::aligned_alloc(page, (bytes + page - 1) / page * page) : std::malloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    // A wish: without it all is the same, but slower.
    if (large) (void)::madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  friend bool operator==(const LargePages&, const LargePages&) { return true; }

 private:
  static constexpr std::size_t page = std::size_t{2} << 20;
};

}  // namespace dnstorm::operators
