#include "capture/synth/attack/labels.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dnstorm::capture::synth::attack {

namespace {

constexpr std::string_view words[] = {
    "www",     "mail",    "ftp",    "webmail", "smtp",   "pop",      "ns1",     "ns2",
    "cpanel",  "whm",     "admin",  "test",    "dev",    "stage",    "beta",    "demo",
    "api",     "app",     "portal", "vpn",     "remote", "intranet", "git",     "ci",
    "jenkins", "jira",    "wiki",   "docs",    "files",  "backup",   "db",      "mysql",
    "oracle",  "ldap",    "auth",   "sso",     "login",  "secure",   "shop",    "store",
    "blog",    "news",    "forum",  "support", "help",   "status",   "monitor", "grafana",
    "kibana",  "elastic", "redis",  "kafka",   "proxy",  "gateway",  "edge",    "cdn",
    "static",  "assets",  "img",    "video",   "media",  "mobile",   "old",     "new",
    "summer",  "river",   "stone",  "garden",  "silver", "winter",   "bridge",  "market",
    "orange",  "window",  "letter", "forest",  "island", "mirror",   "rocket",  "planet",
    "copper",  "button",  "engine", "ticket",  "castle", "harbor",   "meadow",  "pencil",
    "signal",  "thunder", "velvet", "wonder",  "yellow", "zephyr",   "anchor",  "breeze"};

}  // namespace

std::size_t word_count() { return std::size(words); }

std::string word(std::size_t number) {
  if (number < std::size(words)) return std::string(words[number]);
  std::size_t beyond = number - std::size(words);
  std::size_t second = beyond / std::size(words);
  std::string both =
      fmt::format("{}{}", words[beyond % std::size(words)], words[second % std::size(words)]);
  // Two words are used up: a number keeps the name its own.
  return second < std::size(words) ? both : fmt::format("{}{}", both, second / std::size(words));
}

std::string random_label(Random& random, std::string_view alphabet, std::uint32_t shortest,
                         std::uint32_t longest) {
  std::string label(random.between(shortest, longest), 'a');
  for (char& c : label) c = alphabet[random.below(static_cast<std::uint32_t>(alphabet.size()))];
  return label;
}

std::string random_labels(Random& random, std::string_view alphabet, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0 && i % 60 == 0) text += '.';
    text += alphabet[random.below(static_cast<std::uint32_t>(alphabet.size()))];
  }
  return text;
}

}  // namespace dnstorm::capture::synth::attack
