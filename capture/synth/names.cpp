#include "capture/synth/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_set>

#include "capture/dns/name.hpp"

namespace dnstorm::capture::synth {

namespace {

// Own choice, after the order of the largest registries: com near a half, then net, org, the large
// countries and some new generic ones.
constexpr TldShare tlds[] = {
    {"com", 47.0}, {"net", 7.0},   {"org", 6.0},  {"de", 4.5},     {"cn", 2.5},    {"co.uk", 2.5},
    {"nl", 2.0},   {"io", 2.0},    {"ru", 2.0},   {"com.br", 1.7}, {"fr", 1.7},    {"it", 1.5},
    {"eu", 1.3},   {"pl", 1.2},    {"com.au", 1}, {"ca", 1.0},     {"ch", 1.0},    {"se", 0.9},
    {"es", 0.9},   {"co.jp", 0.9}, {"info", 0.9}, {"in", 0.8},     {"be", 0.7},    {"cz", 0.7},
    {"us", 0.7},   {"at", 0.6},    {"dk", 0.6},   {"co", 0.6},     {"tv", 0.6},    {"me", 0.5},
    {"edu", 0.5},  {"xyz", 0.5},   {"app", 0.4},  {"dev", 0.4},    {"cloud", 0.4}, {"online", 0.3},
    {"shop", 0.3}, {"co.za", 0.3}, {"fi", 0.3},   {"no", 0.3},     {"kr", 0.3},    {"tw", 0.3},
    {"gov", 0.3},  {"biz", 0.3},   {"top", 0.2},  {"site", 0.2},   {"ai", 0.2},    {"ac.uk", 0.1},
};

constexpr std::string_view onsets[] = {"b",  "c",  "d",  "f",  "g",  "h",  "j",  "k",  "l",  "m",
                                       "n",  "p",  "r",  "s",  "t",  "v",  "w",  "z",  "br", "cl",
                                       "dr", "fl", "gr", "pl", "pr", "sh", "st", "tr", "th", "qu"};
constexpr std::string_view vowels[] = {"a", "e", "i",  "o",  "u",  "a",
                                       "e", "o", "ai", "ea", "oo", "io"};
constexpr std::string_view codas[] = {"", "", "", "", "n", "r", "s", "l", "m", "x", "nd", "st"};
// One domain in ten ends in such a word: of a client's names that do not exist, as many then have a
// beginning or an end in common as of lists of popular domains, 3 %.
constexpr std::string_view endings[] = {"hub",  "shop",    "web", "soft",
                                        "news", "-online", "24",  "media"};
constexpr double ending_share = 0.1;

// Hosts in front of a registered domain; '#' becomes a number.
struct HostShare {
  std::string_view name;
  double share;
};
constexpr HostShare hosts[] = {
    {"www", 26},         {"", 20},
    {"api", 6},          {"mail", 4},
    {"cdn", 4},          {"static", 3},
    {"img", 3},          {"m", 2},
    {"login", 2},        {"app", 2},
    {"assets", 2},       {"events", 2},
    {"telemetry", 2},    {"update", 1.5},
    {"ns#", 1.5},        {"smtp", 1.5},
    {"imap", 1},         {"vpn", 1},
    {"autodiscover", 1}, {"ads", 1.5},
    {"track", 1.5},      {"push", 1},
    {"time", 0.5},       {"edge-#.eu-west", 2},
    {"s#.cdn", 2},       {"api-#.us-east", 2},
    {"v#.stream", 1},    {"img#", 1.5},
    {"auth.api", 1},     {"mx#", 1},
    {"prod.metrics", 1}, {"a#.gw.region-#", 1},
};

template <std::size_t n>
std::string_view any_of(const std::string_view (&list)[n], Random& random) {
  return list[random.below(n)];
}

template <class Row, std::size_t n>
WeightedChoice choice_of(const Row (&rows)[n]) {
  std::vector<double> weights;
  for (const Row& row : rows) weights.push_back(row.share);
  return WeightedChoice(weights);
}

std::string syllable(Random& random) {
  std::string text(any_of(onsets, random));
  text += any_of(vowels, random);
  text += any_of(codas, random);
  return text;
}

// Makes names that it has not made before.
class Inventor {
 public:
  Inventor(std::size_t count, std::string_view tld, Random& random)
      : tld_(tld), random_(random), tlds_(choice_of(tlds)), hosts_(choice_of(hosts)) {
    used_.reserve(count * 2 / 3);
    asked_.reserve(count);
  }

  std::string domain() {
    std::string label = syllable(random_);  // one by one: the order within a sum is not fixed
    label += syllable(random_);
    if (random_.chance(0.45)) label += syllable(random_);
    if (random_.chance(ending_share)) label += any_of(endings, random_);
    std::string_view tld = tld_.empty() ? tlds[tlds_.pick(random_)].name : tld_;
    std::string name = fmt::format("{}.{}", label, tld);
    while (!used_.insert(name).second) {
      label += syllable(random_);
      name = fmt::format("{}.{}", label, tld);
    }
    return name;
  }

  std::string host_of(std::string_view domain) {
    std::string host;
    for (char c : hosts[hosts_.pick(random_)].name) {
      if (c == '#')
        host += std::to_string(random_.between(1, 40));
      else
        host += c;
    }
    std::string name = host.empty() ? std::string(domain) : fmt::format("{}.{}", host, domain);
    if (host.empty()) host = "w";
    while (!asked_.insert(name).second)
      name = fmt::format("{}{}.{}", host, random_.between(1, 9999), domain);
    return name;
  }

 private:
  std::string_view tld_;
  Random& random_;
  WeightedChoice tlds_;
  WeightedChoice hosts_;
  std::unordered_set<std::string> used_;
  std::unordered_set<std::string> asked_;
};

std::string_view trim(std::string_view line) {
  std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::span<const TldShare> tld_mix() { return tlds; }

void NameList::add(std::string_view name) {
  text_ += name;
  ends_.push_back(text_.size());
}

NameList NameList::invented(std::size_t count, std::string_view tld, Random& random) {
  Inventor inventor(count, tld, random);
  NameList list;
  std::vector<std::string> domains;
  while (list.size() < count) {
    // The first ranks go to different domains; later, popular domains have more hosts among the
    // asked names than others: the index is drawn twice.
    if (domains.size() < 40 || random.chance(0.55)) {
      domains.push_back(inventor.domain());
      list.add(inventor.host_of(domains.back()));
    } else {
      std::uint32_t bound = random.below(static_cast<std::uint32_t>(domains.size())) + 1;
      list.add(inventor.host_of(domains[random.below(bound)]));
    }
  }
  return list;
}

Result<NameList> NameList::from_file(const std::string& path) {
  std::ifstream in(path);
  if (!in)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot read the name list: {}", path, std::strerror(errno)),
                 path};
  NameList list;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    std::string_view name = trim(line);
    if (name.empty() || name.front() == '#') continue;
    if (std::size_t comma = name.find(','); comma != std::string_view::npos)
      name = trim(name.substr(comma + 1));
    std::optional<std::string> normal = dns::normal_name(name);
    if (name.empty() || !normal)
      return Error{
          ErrorKind::data,
          fmt::format("{}:{}: \"{}\" is not a domain name; one name or \"rank,name\" a line", path,
                      number, name),
          path};
    list.add(*normal);
  }
  if (list.size() == 0)
    return Error{ErrorKind::data, fmt::format("{}: no names in the list", path), path};
  return list;
}

std::string_view last_label(std::string_view name) {
  std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || name.size() == 1 ? name : name.substr(dot + 1);
}

std::string_view registered_domain(std::string_view name) {
  static constexpr std::string_view seconds[] = {"co", "com", "ac", "org", "net", "gov", "edu"};
  std::size_t top = name.rfind('.');
  if (top == std::string_view::npos || top == 0) return name;
  std::size_t second = name.rfind('.', top - 1);
  if (second == std::string_view::npos || second == 0) return name;
  std::string_view label = name.substr(second + 1, top - second - 1);
  bool country = name.size() - top == 3;
  if (!country || std::find(std::begin(seconds), std::end(seconds), label) == std::end(seconds))
    return name.substr(second + 1);
  std::size_t third = name.rfind('.', second - 1);
  return third == std::string_view::npos ? name : name.substr(third + 1);
}

}  // namespace dnstorm::capture::synth
