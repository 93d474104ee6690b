// Frames of Storm's multilang protocol: one JSON text, a line end, the line `end`.
// Pure; owned by one task.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace dnstorm::operators {

using Json = nlohmann::json;

// A frame may be larger than any tuple that makes sense, but not without bound.
inline constexpr std::size_t frame_bytes_max = std::size_t{64} << 20;

// The bytes of a frame. Text that is not UTF-8 goes out with U+FFFD in its place.
std::string frame_of(const Json& message);

// Cuts what comes from a child into frames.
class FrameReader {
 public:
  // False: a frame without end has grown beyond frame_bytes_max.
  bool feed(std::string_view bytes);
  // The text of the next whole frame, without its last line.
  std::optional<std::string> take();
  // What has come since the last whole frame.
  std::string_view rest() const { return buffer_; }

 private:
  std::string buffer_;
  std::size_t line_ = 0;     // where the line that is not whole begins
  std::size_t scanned_ = 0;  // no line ends before this but those seen
  std::deque<std::string> frames_;
};

// What waits to be written to a child. Answers (task ids) stand before tuples that wait, since a
// child that has asked for one works nothing off before it has come; a frame that has begun to
// leave is not interrupted.
class Outbox {
 public:
  void queue(std::string frame) { frames_.push_back(std::move(frame)); }
  void answer(std::string frame) { answers_.push_back(std::move(frame)); }
  bool empty() const { return leaving_.size() == gone_ && answers_.empty() && frames_.empty(); }
  // What is to be written next; empty: nothing.
  std::string_view next();
  // So many bytes of that have been.
  void written(std::size_t bytes) { gone_ += bytes; }
  void clear();

 private:
  std::deque<std::string> answers_;
  std::deque<std::string> frames_;
  std::string leaving_;
  std::size_t gone_ = 0;
};

}  // namespace dnstorm::operators
