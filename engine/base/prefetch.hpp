// Asks for a cache line before it is needed. GCC takes a function that does nothing but prefetch
// for one without effect, and drops the calls of it before it would inline them; the empty volatile
// statement is the effect that keeps them.
#pragma once

namespace dnstorm {

[[gnu::always_inline]] inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("");
}

[[gnu::always_inline]] inline void prefetch_line_to_write(const void* address) {
  __builtin_prefetch(address, 1);
  asm volatile("");
}

}  // namespace dnstorm
