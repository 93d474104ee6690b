// The text of the topology that runs, and which of its lines made a component: for the board. What
// stands for ${...} is not put in, so it tells no secret that the file does not have in it.
//
//   auto source = TopologySource::read("mine.yaml", variables);   // before rights are given up
//   source.answer(request);                                       // any number of times
//
// A value; answer() may be called by any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/http_api.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::cli {

struct SourceLines {
  int first = 0;  // 1-based
  std::string text;
  bool operator==(const SourceLines&) const = default;
};

// The item of a list, as it is written in YAML, that the line is in; the line alone if it is in
// none that begins on a line of its own.
SourceLines item_around(std::string_view text, int line);

class TopologySource {
 public:
  // What cannot be read has no lines: who runs it has said so.
  static TopologySource read(const std::string& path, const topology::Variables& variables);

  // Of a text that is at hand; `open`: what it includes.
  static TopologySource of(const std::string& text, const std::string& path,
                           const topology::Variables& variables, const topology::OpenFile& open);

  // GET .../source?component=ID: {"component","parts":[{"file","line","text"},...]}, first the
  // component, then the streams that lead to it.
  ApiAnswer answer(const ApiRequest& request) const;

 private:
  topology::Topology topology_;
  std::map<std::string, std::string> texts_;  // by file
};

}  // namespace dnstorm::cli
