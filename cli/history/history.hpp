// Answers what the page Traffic asks for (docs/traffic.md), out of files of the sink `store`.
#pragma once

#include <string>
#include <vector>

#include "engine/base/http_api.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

struct HistoryFile {
  std::string store;  // id of the component
  std::string path;
};

class History {
 public:
  // At least one file; the first that is there is asked unless a request names another.
  explicit History(std::vector<HistoryFile> files) : files_(std::move(files)) {}

  // JSON. Reads the file anew for each request; may be called by several threads.
  Result<std::string> answer(const ApiRequest& request) const;

 private:
  Result<const HistoryFile*> file_of(const ApiRequest& request) const;

  std::vector<HistoryFile> files_;
};

}  // namespace dnstorm::cli
