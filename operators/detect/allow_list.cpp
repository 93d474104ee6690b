#include "operators/detect/allow_list.hpp"

#include <algorithm>
#include <cctype>

#include "engine/base/ip.hpp"

namespace dnstorm::operators {

Result<AllowList> AllowList::parse(const std::vector<std::string>& texts) {
  AllowList list;
  std::vector<std::string> networks;
  for (std::string text : texts) {
    if (text.find('/') != std::string::npos || parse_ip(text)) {
      networks.push_back(std::move(text));
      continue;
    }
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (text.size() > 1 && text.back() == '.') text.pop_back();
    if (text.empty() || text.find(' ') != std::string::npos)
      return Error{ErrorKind::config, "'" + text + "' is neither a domain nor a network", "allow"};
    list.domains_.insert(std::move(text));
  }
  auto parsed = PrefixSet::parse(networks);
  if (!parsed.ok()) return Error{ErrorKind::config, parsed.error().what, "allow"};
  list.networks_ = std::move(*parsed);
  return list;
}

bool AllowList::contains(std::string_view key) const {
  while (!key.empty()) {
    std::size_t blank = std::min(key.find(' '), key.size());
    if (contains_part(key.substr(0, blank))) return true;
    key.remove_prefix(std::min(blank + 1, key.size()));
  }
  return false;
}

bool AllowList::contains_part(std::string_view part) const {
  if (auto address = parse_ip(part.substr(0, part.find('/')))) return networks_.contains(*address);
  while (!part.empty()) {
    if (domains_.contains(std::string(part))) return true;
    std::size_t dot = part.find('.');
    if (dot == std::string_view::npos) return false;
    part.remove_prefix(dot + 1);
  }
  return false;
}

}  // namespace dnstorm::operators
