// `collect`: a sink that keeps every row it is given, for a command that reads the result of a
// topology itself (dnstorm report). It is no part of the catalogue: whoever wants it adds it to the
// registry and holds the tables.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"

namespace dnstorm::cli {

// One value, as number and as text for people.
struct Cell {
  std::uint64_t number = 0;
  double real = 0;
  std::string text;
};

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;

  std::size_t column(std::string_view name) const;  // must exist
  const Cell& at(std::size_t row, std::string_view name) const { return rows[row][column(name)]; }
};

// By the id of the component that the rows come from. Read it when the run has ended.
struct Tables {
  std::mutex mutex;
  std::map<std::string, Table> by_component;
};

OperatorDef collect_operator(std::shared_ptr<Tables> tables);

}  // namespace dnstorm::cli
