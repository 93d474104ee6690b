// Answers what the board's page Capacity asks for:
//
//   GET .../capacity?server=&window=&weeks=&drain=&share=&limit=...    JSON, see capacity_json.hpp
//   GET .../capacity/capacity.ics?...&windows=                        the windows as a calendar
//
// Arguments are the options of `dnstorm advise` (docs/capacity.md); numbers are those that it gives
// of the same store, and the answer says by which command. The file is read when somebody asks, at
// most once a minute and so seldom that reading takes a twentieth of the time at most; questions
// that were answered from what was read are not worked out again. Thread-safe: one question is
// worked out at a time.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "cli/advise_question.hpp"
#include "cli/capacity_source.hpp"
#include "engine/base/http_api.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

class BoardCapacity {
 public:
  BoardCapacity(CapacitySource source, const Clock& clock)
      : source_(std::move(source)), clock_(clock) {}

  // `path` of the request: what follows the name.
  ApiAnswer answer(const ApiRequest& request);

 private:
  struct Asked;
  Result<Asked> read(const ApiRequest& request) const;
  Result<void> know();
  Result<void> read_file();
  Result<operators::AdviceQuestion> question_of(const Asked& asked) const;
  Result<ApiAnswer> work_out(const Asked& asked, bool calendar) const;
  std::string command(const Asked& asked) const;

  CapacitySource source_;
  const Clock& clock_;
  std::mutex mutex_;  // guards all below
  bool read_ = false;
  TimeNs next_ = 0;  // steady; when it may be read again
  operators::Pasts pasts_, response_times_;
  std::map<std::string, ApiAnswer> answers_;  // from what was read, by question
};

}  // namespace dnstorm::cli
