// libcurl for the tests of the server: one request, or a stream read event by event.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/board/server/page_model.hpp"

namespace dnstorm::board {

struct Reply {
  long status = 0;                             // 0: no answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(const std::string& url) : curl_(curl_easy_init(), &curl_easy_cleanup) {
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT, 60L);  // a hang is a failure, not a hang
    set(CURLOPT_HEADERFUNCTION, &HttpClient::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &HttpClient::on_body);
    set(CURLOPT_WRITEDATA, this);
  }
  template <class Value>
  HttpClient& set(CURLoption option, Value value) {
    curl_easy_setopt(curl_.get(), option, value);
    return *this;
  }
  HttpClient& header(const std::string& line) {
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
    return set(CURLOPT_HTTPHEADER, headers_.get());
  }
  Reply get() {
    curl_easy_perform(curl_.get());
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &reply_.status);
    return reply_;
  }
  // Calls `on_event` for each event until it says false or the server ends the stream.
  Reply stream(std::function<bool(const Event&)> on_event) {
    on_event_ = std::move(on_event);
    return get();
  }

 private:
  static std::size_t on_header(char* data, std::size_t, std::size_t n, void* self) {
    const std::string line(data, n);
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return n;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return std::tolower(c); });
    const std::size_t start = line.find_first_not_of(' ', colon + 1);
    static_cast<HttpClient*>(self)->reply_.headers[name] =
        line.substr(start, line.find_last_not_of("\r\n") + 1 - start);
    return n;
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t n, void* self) {
    return static_cast<HttpClient*>(self)->take(std::string(data, n)) ? n : 0;
  }
  bool take(const std::string& bytes) {
    reply_.body += bytes;
    if (!on_event_) return true;
    for (std::size_t end; (end = reply_.body.find("\n\n", taken_)) != std::string::npos;) {
      const auto events = parse_events(reply_.body.substr(taken_, end + 2 - taken_));
      taken_ = end + 2;
      for (const Event& event : events)
        if (!on_event_(event)) return false;
    }
    return true;
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr,
                                                                       &curl_slist_free_all};
  std::function<bool(const Event&)> on_event_;
  Reply reply_;
  std::size_t taken_ = 0;
};

}  // namespace dnstorm::board
