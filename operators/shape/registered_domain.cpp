#include "operators/shape/registered_domain.hpp"

#include <libpsl.h>

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::string_view v6_reverse = "ip6.arpa";
constexpr std::size_t v6_reverse_labels = 10;

// Where the last `labels` labels begin; 0 if there are not so many.
std::size_t last_labels(std::string_view name, std::size_t labels) {
  std::size_t at = name.size();
  while (labels-- > 0) {
    at = at == 0 ? std::string_view::npos : name.rfind('.', at - 1);
    if (at == std::string_view::npos) return 0;
  }
  return at + 1;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Puts harmless letters in place of escapes (\. and \032): same length, and no dot that parts nothing.
void hide_escapes(std::string& name) {
  for (std::size_t at = name.find('\\'); at != std::string::npos; at = name.find('\\', at)) {
    std::size_t size = at + 1 < name.size() && is_digit(name[at + 1]) ? 4 : 2;
    size = std::min(size, name.size() - at);
    name.replace(at, size, size, 'x');
  }
}

}  // namespace

RegisteredDomain::RegisteredDomain() : list_(psl_latest(nullptr)), cache_(cache_size) {
  DNSTORM_ASSERT(list_ != nullptr, "libpsl has no list of public suffixes");
}

RegisteredDomain::~RegisteredDomain() { psl_free(list_); }

std::uint16_t RegisteredDomain::look_up(std::string_view qname) {
  // No name is that long; what is nevertheless stands for itself.
  if (qname.size() > 0xffff) return 0;
  plain_ = qname;
  hide_escapes(plain_);
  std::string_view plain = plain_;
  if (plain.ends_with(v6_reverse) && last_labels(plain, 2) == plain.size() - v6_reverse.size())
    return static_cast<std::uint16_t>(last_labels(plain, v6_reverse_labels));
  const char* domain = psl_registrable_domain(list_, plain_.c_str());
  return static_cast<std::uint16_t>(domain == nullptr ? 0 : domain - plain_.c_str());
}

}  // namespace dnstorm::operators
