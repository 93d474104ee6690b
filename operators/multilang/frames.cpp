#include "operators/multilang/frames.hpp"

namespace dnstorm::operators {

std::string frame_of(const Json& message) {
  return message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\nend\n";
}

bool FrameReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  std::size_t begin = 0;
  for (;;) {
    std::size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) break;
    std::string_view line = std::string_view(buffer_).substr(line_, end - line_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    scanned_ = end + 1;
    if (line == "end") {
      frames_.push_back(buffer_.substr(begin, line_ - begin));
      begin = scanned_;
    }
    line_ = scanned_;
  }
  buffer_.erase(0, begin);
  line_ -= begin;
  scanned_ = buffer_.size();
  return buffer_.size() <= frame_bytes_max;
}

std::optional<std::string> FrameReader::take() {
  if (frames_.empty()) return std::nullopt;
  std::string frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

std::string_view Outbox::next() {
  if (gone_ == leaving_.size()) {
    gone_ = 0;
    leaving_.clear();
    std::deque<std::string>& from = answers_.empty() ? frames_ : answers_;
    if (from.empty()) return {};
    leaving_ = std::move(from.front());
    from.pop_front();
  }
  return std::string_view(leaving_).substr(gone_);
}

void Outbox::clear() {
  answers_.clear();
  frames_.clear();
  leaving_.clear();
  gone_ = 0;
}

}  // namespace dnstorm::operators
