// A piece of memory that several may read and the last of them frees: how bytes pass from a reader
// into batches without a copy. Nobody writes into it once it is handed out.
#pragma once

#include <cstdint>
#include <memory>

namespace dnstorm {

using Block = std::shared_ptr<const std::uint8_t[]>;

}  // namespace dnstorm
