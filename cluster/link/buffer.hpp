// Bytes that several may hold and nobody changes any more: how a message goes from the thread that
// wrote it through a link into a socket, and back, without a copy. A value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/block.hpp"

namespace dnstorm::cluster {

struct Buffer {
  Block data;
  std::size_t size = 0;

  std::span<const std::uint8_t> view() const { return {data.get(), size}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data.get()), size}; }
  // A piece of it; keeps all of it alive.
  Buffer part(std::size_t offset, std::size_t length) const {
    return {Block(data, data.get() + offset), length};
  }
  static Buffer copy_of(std::span<const std::uint8_t> bytes) {
    auto data = std::make_shared_for_overwrite<std::uint8_t[]>(bytes.size());
    if (!bytes.empty()) std::memcpy(data.get(), bytes.data(), bytes.size());
    return {std::move(data), bytes.size()};
  }
  static Buffer copy_of(std::string_view text) {
    return copy_of(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
  }
};

}  // namespace dnstorm::cluster
