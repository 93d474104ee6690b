// What goes between the executors of two workers, as bytes and back: events with their rows,
// credits, words to the ack ledgers. Pure functions; any thread.
//
// Of a batch only the selected rows go, and of its arena only what they refer to: one copy. The
// receiver knows the schema. decode() checks everything once (sizes, each string's range, truth
// values); then rows are read as ever, their strings out of the very buffer that was received.
// cluster/README.md has the layout.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>

#include "cluster/link/buffer.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/tracker.hpp"

namespace dnstorm::cluster {

inline constexpr std::uint8_t codec_version = 1;

using WireMessage = std::variant<runtime::Event, runtime::Credit, runtime::Acks>;

struct EncodeOptions {
  int zstd_level = 0;                // 0: nothing is compressed
  std::size_t compress_from = 1024;  // bytes
  std::size_t bytes_max = 64 << 20;
  // Clock::steady_ns. Clocks of two machines have nothing to do with each other, so that an event
  // carries how long ago it was born and sent; the time on the way is not part of its latencies.
  TimeNs now = 0;
};
// Without what nobody but the sender knows (Lineage::settled). Of size 0: it would be larger than
// `bytes_max`.
Buffer encode(const runtime::Event& event, const EncodeOptions& options);
Buffer encode(const runtime::Credit& credit);
Buffer encode(const runtime::Acks& acks, const EncodeOptions& options);

// Why bytes were refused.
enum class DecodeError : std::uint8_t {
  truncated,
  version,         // of a version that is not understood
  kind,            // no such message
  size,            // lengths that do not add up
  too_large,       // unpacked
  packed,          // zstd cannot read it
  unknown_schema,  // for a task or input that is not here
  row_size,        // of another schema
  range,           // a string that lies outside the bytes
  value,           // a field that no row can have
};
inline constexpr std::size_t decode_error_count = 10;
std::string_view to_string(DecodeError error);

struct DecodeOptions {
  // The schema of an input of a task that is here; null: there is none. Must be thread-safe if
  // decode() is called by several threads.
  std::function<SchemaPtr(runtime::TaskIndex to, std::uint32_t input)> schema;
  std::size_t bytes_max = 64 << 20;  // unpacked
  TimeNs now = 0;                    // Clock::steady_ns
};
std::optional<DecodeError> decode(const Buffer& bytes, const DecodeOptions& options,
                                  WireMessage& out);
// The task it is for, of what has passed decode().
runtime::TaskIndex task_of(const WireMessage& message);

}  // namespace dnstorm::cluster
