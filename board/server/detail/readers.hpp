// What goes on and on to a client: events of the page, lines of a tap.
#pragma once

#include <memory>
#include <string>

#include "board/server/live.hpp"
#include "board/server/server.hpp"

namespace dnstorm::board::detail {

// What one client is being given. read() copies the next bytes, 0 if there are none now.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::size_t read(char* out, std::size_t size) = 0;
  virtual bool ended() const = 0;
};

class EventReader final : public Reader {
 public:
  EventReader(std::shared_ptr<Live> live, std::string_view last_id)
      : live_(std::move(live)), place_(live_->subscribe(last_id)) {}
  std::size_t read(char* out, std::size_t size) override { return live_->read(place_, out, size); }
  bool ended() const override { return live_->closed(); }

 private:
  std::shared_ptr<Live> live_;
  Subscription place_;
};

class LineReader final : public Reader {
 public:
  explicit LineReader(std::unique_ptr<LineSource> source) : source_(std::move(source)) {}
  std::size_t read(char* out, std::size_t size) override {
    if (given_ == text_.size()) {
      text_ = source_->take();
      given_ = 0;
    }
    const std::size_t n = text_.copy(out, size, given_);
    given_ += n;
    return n;
  }
  bool ended() const override { return given_ == text_.size() && source_->ended(); }

 private:
  std::unique_ptr<LineSource> source_;
  std::string text_;
  std::size_t given_ = 0;
};

}  // namespace dnstorm::board::detail
