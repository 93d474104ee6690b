// The files of the page, embedded in the binary by cmake/EmbedFolder.cmake.
#pragma once

#include <span>
#include <string_view>

namespace dnstorm::board {

struct Asset {
  std::string_view path;  // "/assets/index-4f1c.js"; "/" is the page
  std::string_view type;  // Content-Type
  std::string_view etag;  // with its quotes
  bool immutable;         // the name has a hash of the content in it
  std::string_view plain;
  std::string_view gzip;
};

std::span<const Asset> assets();

}  // namespace dnstorm::board
