// The file that takes points which a database would not take: line protocol, made when the first
// point comes, never over an existing file. Calls must not overlap.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

class UndeliveredFile {
 public:
  // The file will be <folder>/dnstorm-undelivered-<topology>-<time>.lp.
  UndeliveredFile(std::string folder, std::string topology, const Clock& clock);

  // Whether the folder takes files, asked before there is anything to lose.
  Result<void> check() const;
  // Whole lines. False if they could not be written; failure() says why.
  bool append(std::string_view lines);
  // Empty until the first append().
  const std::string& path() const { return path_; }
  const std::string& failure() const { return failure_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool open();

  std::string folder_;
  std::string topology_;
  const Clock& clock_;
  std::string path_;
  std::string failure_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace dnstorm::operators
