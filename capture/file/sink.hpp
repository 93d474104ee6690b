// Where the bytes of a file that is written go: plain, gzip or Zstandard by the ending of its path.
// One owner, one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::capture::file {

// finish() says whether all bytes arrived; the destructor only tidies up.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> put(std::span<const std::uint8_t> bytes) = 0;
  virtual Result<void> finish() = 0;
};

// ".gz": gzip, ".zst": Zstandard, anything else plain; "-" is standard output, plain. Whoever puts
// small pieces collects them: every put() is a write. Errors: permission, io.
Result<std::unique_ptr<ByteSink>> open_sink(const std::string& path);

}  // namespace dnstorm::capture::file
