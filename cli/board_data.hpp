// What the pages of the board ask for beside the stream: below /api/data, by the name of who
// answers
// (/api/data/history?...). Each answer is put together by a file of its own; here they are only
// listed and found, and who may change something is told.
//
// add() before the server starts; answer() is called by several threads of the server at once, and
// so is each handler.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/base/http_api.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

class BoardData {
 public:
  // Gets the path behind its name: "" or "/...".
  using Handler = std::function<ApiAnswer(const ApiRequest&)>;
  // Whether there is something yet.
  using Offered = std::function<bool()>;

  void add(const std::string& name, Handler handler, Offered offered = {}) {
    handlers_[name] = {std::move(handler), std::move(offered)};
  }

  // The page that is shown to who names none; not called: Live.
  void begin_with(const std::string& page) { first_ = page; }

  // GET of nothing more: {"data":["history",...],"first":"live"}, so that the page offers what
  // there is.
  ApiAnswer answer(const ApiRequest& request) const;

 private:
  struct Source {
    Handler handler;
    Offered offered;  // empty: from the beginning
  };
  std::map<std::string, Source> handlers_;
  std::string first_ = "live";
};

// {"error":"..."} with one sentence for people.
ApiAnswer data_problem(unsigned status, const std::string& sentence);
ApiAnswer data_problem(const Error& error);

// What is answered to a request that would change something and may not; nothing: it may. On
// loopback whoever cannot be a page of another site (ApiRequest::deliberate), elsewhere who sends
// `token` besides.
std::optional<ApiAnswer> refuse_change(const ApiRequest& request, const std::string& token);

}  // namespace dnstorm::cli
