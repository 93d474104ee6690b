#include "cli/tap_desk.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace dnstorm::cli {

class TapDesk::Source final : public board::LineSource {
 public:
  Source(TapDesk& desk, std::unique_ptr<Tap> tap) : desk_(desk), tap_(std::move(tap)) {}
  ~Source() override {
    std::lock_guard lock(desk_.mutex_);
    desk_.open_.remove(tap_.get());
    desk_.closed_.notify_all();
  }
  std::string take() override { return tap_->take(); }
  bool ended() const override { return tap_->ended(); }

 private:
  TapDesk& desk_;
  std::unique_ptr<Tap> tap_;
};

Result<std::unique_ptr<board::LineSource>> TapDesk::open(const TapRequest& request) {
  std::lock_guard lock(mutex_);
  if (open_.size() >= open_max)
    return Error{ErrorKind::unavailable,
                 fmt::format("tap: {} are open already, which is the limit: close one", open_max),
                 "edge"};
  std::unique_ptr<Tap> tap = DNSTORM_TRY(Tap::open(plan_, hub_, clock_, request));
  if (over_) tap->end();
  open_.push_back(tap.get());
  return std::unique_ptr<board::LineSource>(std::make_unique<Source>(*this, std::move(tap)));
}

TapRequest tap_request(const board::TapQuery& query) {
  TapRequest request{query.edge, query.where};
  if (!query.rate.empty()) {
    const char* end = query.rate.data() + query.rate.size();
    auto [rest, problem] = std::from_chars(query.rate.data(), end, request.rate);
    if (problem != std::errc() || rest != end) request.rate = 0;
  }
  return request;
}

Result<std::unique_ptr<board::LineSource>> TapDesk::open(const board::TapQuery& query) {
  return open(tap_request(query));
}

void TapDesk::end() {
  std::lock_guard lock(mutex_);
  over_ = true;
  for (Tap* tap : open_) tap->end();
}

void TapDesk::wait_until_closed() {
  constexpr std::chrono::seconds patience(2);
  std::unique_lock lock(mutex_);
  closed_.wait_for(lock, patience, [this] { return open_.empty(); });
}

}  // namespace dnstorm::cli
