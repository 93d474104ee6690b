// Where a capture's bytes come from: a file or a pipe, decompressed on the way where it is
// compressed. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::capture::file {

class Source {
 public:
  virtual ~Source() = default;
  // Up to `size` bytes into `to`; 0 is the end. Waits for at least one byte.
  // Errors: io (reading failed), data (compressed data are damaged or cut off).
  virtual Result<std::size_t> read(std::uint8_t* to, std::size_t size) = 0;
  // Of the file on disk.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

// Opens a file, or standard input for "-", and looks at its first bytes: gzip, zstd and xz are
// decompressed. Errors: no_input, io, unavailable (too many open files).
Result<std::unique_ptr<Source>> open_source(const std::string& path);

enum class Compression : std::uint8_t { none, gzip, zstd, xz };
// Wraps `compressed`. `what` of its errors is a clause without the file's name.
std::unique_ptr<Source> decompress(Compression compression, std::unique_ptr<Source> compressed);

}  // namespace dnstorm::capture::file
