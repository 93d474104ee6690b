// Which edge of a topology a tap is to be hung on: "decode:queries->names" and what it means in a
// plan. Pure.
//
//   component                  what it emits on its stream `default`, or on its only one
//   component:stream           what it emits on that stream
//   component[:stream]->other  what comes to `other` that way, as its tasks get it
#pragma once

#include <string>
#include <vector>

#include "engine/plan/plan.hpp"
#include "engine/runtime/tap_hub.hpp"

namespace dnstorm::cli {

struct TapEdge {
  runtime::TapPlace place;
  std::string from;
  std::string stream;
  std::string to;  // empty: what `from` emits, whoever reads it
  SchemaPtr schema;

  // Whose tasks see the rows.
  const std::string& component() const { return to.empty() ? from : to; }
};

// As find_tap_edge() takes it.
std::string to_string(const TapEdge& edge);

// All that can be tapped: streams that nobody reads are not made, and are not here.
std::vector<TapEdge> tap_edges(const plan::Plan& plan);

// Fails with kind `usage`; the sentence names the nearest edge, or those there are.
Result<TapEdge> find_tap_edge(const plan::Plan& plan, const std::string& text);

}  // namespace dnstorm::cli
