#include "cli/run_address.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace dnstorm::cli {

std::string base_url(std::string address) {
  while (address.ends_with('/')) address.pop_back();
  if (address.find("://") != std::string::npos) return address;
  if (address.find_first_not_of("0123456789") == std::string::npos)
    return "http://127.0.0.1:" + address;
  return "http://" + address;
}

std::string bearer_header(const char* variable) {
  const char* token = std::getenv(variable);
  if (token == nullptr || *token == 0) return {};
  return fmt::format("Authorization: Bearer {}", token);
}

}  // namespace dnstorm::cli
