// The parts of a topology as they stand in its file and in those that it includes, merged, not yet
// read: what an included file says and somebody else stands in for is never looked at.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/topology/detail/fields.hpp"

namespace dnstorm::topology::detail {

// No topology is made of more files than this; a bound on what includes in includes can cost.
inline constexpr std::size_t includes_max = 100;

struct Parts {
  const Node* name = nullptr;
  std::vector<Entry> config;
  std::vector<const Node*> plugins, components, worker_hooks, spouts, bolts, streams;
};

class Gatherer {
 public:
  // Adds the files that are included to topology.includes. The nodes live as long as this.
  Gatherer(Topology& topology, const Variables& variables, const OpenFile& open, Problems& problems)
      : topology_(topology), variables_(variables), open_(open), problems_(problems) {}

  // Of the file that was named, and whose text this is.
  Parts gather(const std::string& text);

 private:
  Parts gather_file(const std::string& text, const std::string& path, std::uint32_t file);
  std::vector<const Node*> list_of(Fields& fields, std::string_view key);
  void include(const Node& node, const std::string& path, Parts& into);
  bool may_include(const Node& name, const std::string& path);

  Topology& topology_;
  const Variables& variables_;
  const OpenFile& open_;
  Problems& problems_;
  std::deque<Tree> trees_;
  std::vector<std::string>
      chain_;  // the files that are being read, each included by the one before
};

}  // namespace dnstorm::topology::detail
