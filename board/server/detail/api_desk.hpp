// Requests below a prefix: takes their bodies in, has them answered on threads of its own, so that
// an answer that takes its time holds up no stream, and gives the answers back to the library.
//
// take() and on_completed() are called by the library's one thread, stop() by whoever ends the
// server, before the library is stopped: it cannot close a connection that is suspended.
#pragma once

#include <microhttpd.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/base/http_api.hpp"

namespace dnstorm::board::detail {

inline constexpr std::size_t api_body_bytes_max = 4 * 1024 * 1024;

struct DeskLimits {
  std::size_t threads = 1;        // that many requests are answered at once,
  std::size_t waiting_max = 256;  // and that many wait; the next one is refused with 503
};

class ApiDesk {
 public:
  using Handler = std::function<ApiAnswer(const ApiRequest&)>;

  // `prefix`: "/api/v1"; the handler gets the rest of a path. `control_header`: what makes a
  // request deliberate.
  ApiDesk(std::string_view prefix, Handler handler, DeskLimits limits, const char* control_header,
          bool loopback);
  ~ApiDesk() { stop(); }

  bool has(std::string_view path) const;

  // One call of the library's for a request: the first, one with a piece of its body, or the last.
  MHD_Result take(MHD_Connection* connection, std::string_view method, std::string_view path,
                  const char* piece, std::size_t* size, void** context);
  // The library has done with a connection's request, whichever desk took it, or none
  // (MHD_OPTION_NOTIFY_COMPLETED).
  static void completed(void** context);
  void stop();

 private:
  enum class Phase : unsigned char { reading, waiting, answered };
  struct Exchange {
    ApiDesk* desk;
    MHD_Connection* connection;
    ApiRequest request;
    ApiAnswer answer = {};
    Phase phase = Phase::reading;
  };

  MHD_Result begin(MHD_Connection* connection, std::string_view method, std::string_view path,
                   void** context);
  MHD_Result read(Exchange& exchange, const char* piece, std::size_t* size);
  MHD_Result hand_over(Exchange& exchange);
  void run();

  const std::string_view prefix_;
  const Handler handler_;
  const DeskLimits limits_;
  const char* const control_header_;
  const bool loopback_;
  std::size_t bytes_held_ = 0;  // of bodies; used by the library's thread only

  std::mutex mutex_;  // guards what follows, and the phases of exchanges
  std::condition_variable news_;
  std::deque<Exchange*> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace dnstorm::board::detail
