// The list of points that a database refused, each with its reason: line protocol with the reasons
// as comments, so that what was refused by mistake can be delivered by hand.
//
//   # field type conflict: input field "count" on measurement "qtypes" is type ...
//   qtypes,qtype=A count=12i 1700000000000000000
//
// It goes on over runs and is bounded: when it has grown to its limit it becomes <name>.old, in the
// place of the one before. Calls must not overlap.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

namespace dnstorm::operators {

struct RefusedLine {
  std::string line;    // with its line end
  std::string reason;  // without one
};

class RejectedFile {
 public:
  explicit RejectedFile(std::string path, std::uint64_t bytes_max = 32U << 20);

  // In one piece and brought to the disk; false: problem() says why not.
  bool append(std::span<const RefusedLine> lines);
  const std::string& path() const { return path_; }
  const std::string& problem() const { return problem_; }

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool open();

  std::string path_;
  std::uint64_t bytes_max_;
  std::string problem_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace dnstorm::operators
