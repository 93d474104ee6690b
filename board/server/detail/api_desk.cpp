#include "board/server/detail/api_desk.hpp"

#include <charconv>

#include "board/server/detail/reply.hpp"

namespace dnstorm::board::detail {
namespace {

// Of all bodies that are being read or wait: many large ones at once do not fill the memory.
constexpr std::size_t bytes_held_max = 64 * 1024 * 1024;

ApiAnswer problem(unsigned status, const char* kind, const char* sentence) {
  return {status, "application/json",
          std::string(R"({"error":")") + kind + R"(","errorMessage":")" + sentence + "\"}"};
}

bool says_too_long(const char* content_length) {
  std::string_view text = content_length;
  std::size_t bytes = 0;
  auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return failed == std::errc::result_out_of_range || bytes > api_body_bytes_max;
}

}  // namespace

ApiDesk::ApiDesk(std::string_view prefix, Handler handler, DeskLimits limits,
                 const char* control_header, bool loopback)
    : prefix_(prefix),
      handler_(std::move(handler)),
      limits_(limits),
      control_header_(control_header),
      loopback_(loopback) {
  while (workers_.size() < limits_.threads) workers_.emplace_back([this] { run(); });
}

bool ApiDesk::has(std::string_view path) const {
  return path.starts_with(prefix_) &&
         (path.size() == prefix_.size() || path[prefix_.size()] == '/');
}

MHD_Result ApiDesk::take(MHD_Connection* connection, std::string_view method, std::string_view path,
                         const char* piece, std::size_t* size, void** context) {
  if (!*context) return begin(connection, method, path, context);
  auto& exchange = *static_cast<Exchange*>(*context);
  if (*size != 0) return read(exchange, piece, size);
  {
    std::lock_guard lock(mutex_);
    if (exchange.phase == Phase::waiting) return MHD_YES;
  }
  if (exchange.phase == Phase::answered) return send_answer(connection, exchange.answer);
  return hand_over(exchange);
}

MHD_Result ApiDesk::begin(MHD_Connection* connection, std::string_view method,
                          std::string_view path, void** context) {
  if (says_too_long(header(connection, "Content-Length")))
    return send_answer(connection, problem(MHD_HTTP_CONTENT_TOO_LARGE, "InvalidRequestException",
                                           "a request has at most 4 MiB"));
  auto exchange = std::make_unique<Exchange>();
  exchange->desk = this;
  exchange->connection = connection;
  ApiRequest& request = exchange->request;
  request = read_request(connection, control_header_, loopback_);
  request.method = method;
  request.path = path.substr(prefix_.size());
  request.content_type = header(connection, "Content-Type");
  *context = exchange.release();
  return MHD_YES;
}

MHD_Result ApiDesk::read(Exchange& exchange, const char* piece, std::size_t* size) {
  std::string& body = exchange.request.body;
  // What is too long without having said so cannot be answered before its end: it is cut off.
  if (body.size() + *size > api_body_bytes_max || bytes_held_ + *size > bytes_held_max)
    return MHD_NO;
  body.append(piece, *size);
  bytes_held_ += *size;
  *size = 0;
  return MHD_YES;
}

MHD_Result ApiDesk::hand_over(Exchange& exchange) {
  std::lock_guard lock(mutex_);
  if (stopping_) return MHD_NO;
  if (waiting_.size() >= limits_.waiting_max)
    return send_answer(exchange.connection, problem(MHD_HTTP_SERVICE_UNAVAILABLE, "BusyException",
                                                    "too many requests wait already: try again"));
  exchange.phase = Phase::waiting;
  MHD_suspend_connection(exchange.connection);
  waiting_.push_back(&exchange);
  news_.notify_one();
  return MHD_YES;
}

void ApiDesk::completed(void** context) {
  std::unique_ptr<Exchange> exchange(static_cast<Exchange*>(*context));
  *context = nullptr;
  if (exchange) exchange->desk->bytes_held_ -= exchange->request.body.size();
}

void ApiDesk::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Exchange& exchange = *waiting_.front();
    waiting_.pop_front();
    bool late = stopping_;
    lock.unlock();
    exchange.answer = late ? problem(MHD_HTTP_SERVICE_UNAVAILABLE, "ShutdownException",
                                     "this program is about to end")
                           : handler_(exchange.request);
    lock.lock();
    exchange.phase = Phase::answered;
    // Under the lock: once it is resumed the exchange may be gone.
    MHD_resume_connection(exchange.connection);
  }
}

void ApiDesk::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
  for (std::thread& worker : workers_)
    if (worker.joinable()) worker.join();
}

}  // namespace dnstorm::board::detail
