// The entries of map's options as text, and what they mean. Pure functions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/api/options.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::operators {

// A field that is computed: "kibibytes:u32 = size // 1024", "share:f64:value = hits / count".
struct MapEntry {
  Field field;
  std::string expression;
};
Result<MapEntry> parse_map_entry(const std::string& text);
Result<std::vector<MapEntry>> parse_map_entries(const Options& options);

// By its new name, the old one of a field: of "source = client".
Result<std::map<std::string, std::string>> parse_renamed(const Options& options);

// The fields as they go on: those of the input that are kept, in their order, renamed or replaced
// where they stand, then the new ones.
Result<std::vector<Field>> mapped_fields(const Options& options, const InputDecl& input,
                                         const std::vector<MapEntry>& entries,
                                         const std::map<std::string, std::string>& renamed);

}  // namespace dnstorm::operators
