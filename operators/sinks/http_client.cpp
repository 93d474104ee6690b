#include "operators/sinks/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <cctype>
#include <cstring>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

constexpr long connect_timeout_ms = 3'000;

struct CurlCloser {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Kept {
  std::string& body;
  std::size_t bytes_max;
};

std::size_t keep_answer(char* data, std::size_t, std::size_t size, void* into) {
  auto& kept = *static_cast<Kept*>(into);
  kept.body.append(data, std::min(size, kept.bytes_max - kept.body.size()));
  return size;
}

std::string failure_text(CURL* handle, CURLcode code, const char* details) {
  long system = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &system);
  std::string text = code == CURLE_OPERATION_TIMEDOUT ? "no answer in time"
                     : code == CURLE_COULDNT_CONNECT && system != 0
                         ? std::strerror(static_cast<int>(system))
                     : *details != 0 ? details
                                     : curl_easy_strerror(code);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::unique_ptr<curl_slist, CurlCloser> header_list(const HttpRequest& request) {
  // curl would ask a server for leave before it sends a large body: a round trip for nothing.
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  for (const std::string& header : request.headers) list = curl_slist_append(list, header.c_str());
  return std::unique_ptr<curl_slist, CurlCloser>(list);
}

class CurlClient final : public HttpTransport {
 public:
  CurlClient() : handle_(curl_easy_init()) {
    DNSTORM_ASSERT(handle_ != nullptr, "libcurl gives no handle");
  }

  HttpAnswer exchange(const HttpRequest& request) override {
    HttpAnswer answer;
    char details[CURL_ERROR_SIZE] = "";
    Kept kept{answer.body, request.answer_bytes_max};
    std::unique_ptr<curl_slist, CurlCloser> headers = header_list(request);
    set_up(request, headers.get(), kept, details);
    CURLcode code = curl_easy_perform(handle_.get());
    if (code != CURLE_OK) {
      // A status line without the rest of the answer is no answer.
      answer.failure = failure_text(handle_.get(), code, details);
      return answer;
    }
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &retry_after_s);
    answer.status = static_cast<int>(status);
    answer.retry_after = std::min<DurationNs>(retry_after_s, 3'600) * ns_per_s;
    return answer;
  }

 private:
  void set_up(const HttpRequest& request, curl_slist* headers, Kept& kept, char* details) {
    CURL* handle = handle_.get();
    curl_easy_reset(handle);  // keeps the connection
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout / ns_per_ms));
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "dnstorm");
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &kept);
    if (!request.user.empty()) {
      curl_easy_setopt(handle, CURLOPT_USERNAME, request.user.c_str());
      curl_easy_setopt(handle, CURLOPT_PASSWORD, request.password.c_str());
    }
    if (!request.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, request.ca_file.c_str());
    if (request.insecure) {
      curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!request.post) return;
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS,
                     request.body.data() == nullptr ? "" : request.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }

  std::unique_ptr<CURL, CurlCloser> handle_;
};

// Sets up the TLS library: once a process, before the first handle.
void start_curl() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  DNSTORM_ASSERT(ready == CURLE_OK, "libcurl cannot start", static_cast<int>(ready));
}

struct Following {
  CURL* handle;
  const std::function<bool(std::string_view)>& take;
  Kept kept;  // of an answer that is not 200
  bool enough = false;
};

std::size_t pass_on(char* data, std::size_t, std::size_t size, void* into) {
  auto& following = *static_cast<Following*>(into);
  long status = 0;
  curl_easy_getinfo(following.handle, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return keep_answer(data, 1, size, &following.kept);
  following.enough = !following.take({data, size});
  return following.enough ? 0 : size;
}

}  // namespace

HttpAnswer follow(const HttpRequest& request, const std::function<bool(std::string_view)>& take) {
  start_curl();
  std::unique_ptr<CURL, CurlCloser> owned(curl_easy_init());
  CURL* handle = owned.get();
  DNSTORM_ASSERT(handle != nullptr, "libcurl gives no handle");
  char details[CURL_ERROR_SIZE] = "";
  HttpAnswer answer;
  Following following{handle, take, {answer.body, request.answer_bytes_max}, false};
  std::unique_ptr<curl_slist, CurlCloser> headers = header_list(request);
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "dnstorm");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, pass_on);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &following);
  CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK && !following.enough) {
    answer.failure = failure_text(handle, code, details);
    return answer;
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

std::unique_ptr<HttpTransport> make_http_client() {
  start_curl();
  return std::make_unique<CurlClient>();
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-._~", c) != nullptr)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string gzip(std::string_view text) {
  constexpr int window_bits_gzip = 15 + 16;
  constexpr int memory_level = 8;
  z_stream stream{};
  int code = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits_gzip, memory_level,
                          Z_DEFAULT_STRATEGY);
  DNSTORM_ASSERT(code == Z_OK, "zlib cannot start", code);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads there
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  code = deflate(&stream, Z_FINISH);
  DNSTORM_ASSERT(code == Z_STREAM_END, "deflateBound() was not enough", code);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace dnstorm::operators
