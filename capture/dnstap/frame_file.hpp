// Frame Streams in files: reading (plain, gzip, zstd, xz) and writing (plain, .gz, .zst).
//
// Reading takes the text that `dnstap-ldns -y` and `dnstap-read -y` write as well, told by how it
// begins: each document is a frame (text_document.hpp), one that cannot be read a frame that
// decode() has a reason for. Of a document at most text_document_max bytes are held.
//
// A file is START, data frames, STOP; several of them may stand one after the other, as `cat` makes
// them, and the last STOP may be missing: a server that was killed writes none. A file that is cut
// inside a frame gives all frames before the cut and then Read::error; so does a damaged one.
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/dnstap/frame_stream.hpp"
#include "capture/dnstap/text_document.hpp"
#include "capture/file/sink.hpp"
#include "capture/file/window.hpp"
#include "engine/base/block.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::dnstap {

// One data frame. `bytes` belongs to the reader; if there is a block, they lie in it and live as
// long as it.
struct Frame {
  std::span<const std::uint8_t> bytes;
  const Block* block = nullptr;
  // False: the stream's content type is another one, the frame is no dnstap message.
  bool dnstap = true;
};

enum class Read : std::uint8_t { frame, end, error };

class FrameFile {
 public:
  // `path` may be "-": standard input. Errors: no_input, io, data (empty, does not begin with
  // START nor as the text does).
  static Result<std::unique_ptr<FrameFile>> open(const std::string& path);
  // The same of a file that is open already. `name` is how messages call it.
  static Result<std::unique_ptr<FrameFile>> open(std::string name, file::Window window);
  // Whether a file begins as Frame Streams or their text do; false also where it cannot be read.
  static bool is_frame_file(const std::string& path);
  static bool is_frame_file(file::Window& window);

  // From here on frames come with the block that they lie in.
  void lend_blocks() {
    lends_ = true;
    if (text_ == nullptr) window_.lend_blocks();
  }

  // The frame's bytes hold until the next call, or as long as its block is held. After Read::end or
  // Read::error every further call answers the same. A content type that is not dnstap's is an
  // error, told after the last frame: so all frames are counted.
  Read next(Frame& out);
  const Error& error() const { return error_; }

  std::uint64_t frames() const { return frames_; }
  std::uint64_t unknown_controls() const { return unknown_controls_; }
  // Whether the last stream has ended by STOP.
  bool stopped() const { return !open_; }
  std::uint64_t bytes_read() const { return window_.source().bytes_read(); }
  std::uint64_t bytes_total() const { return window_.source().bytes_total(); }

 private:
  FrameFile(std::string name, file::Window window)
      : name_(std::move(name)), window_(std::move(window)) {}
  Read next_binary(Frame& out);
  Read next_document(Frame& out);
  bool find_document(std::size_t& size, std::size_t& separator);
  void keep_frame(Frame& out);
  bool take_control(std::span<const std::uint8_t> payload);
  Read finish();
  Read fail(std::string_view how, std::string_view what, ErrorKind kind = ErrorKind::data);
  Read end_of_stream(std::uint32_t wanted);

  std::string name_;
  file::Window window_;
  std::unique_ptr<TextDocument> text_;  // only of text
  std::vector<std::uint8_t> frame_;     // made of a document
  bool lends_ = false;
  Block made_;                          // where frames made of text lie that are lent
  std::uint8_t* made_bytes_ = nullptr;  // of made_
  std::size_t made_size_ = 0, made_used_ = 0;
  Read state_ = Read::frame;
  bool open_ = false;  // between START and STOP
  bool dnstap_ = true;
  std::uint64_t frames_ = 0;
  std::uint64_t unknown_controls_ = 0;
  std::optional<std::string> foreign_type_;
  Error error_;
};

// Collects frames in a buffer of a MiB. close() writes STOP and reports what could not be written;
// the destructor only tidies up.
class FrameFileWriter {
 public:
  static Result<std::unique_ptr<FrameFileWriter>> open(const std::string& path);
  Result<void> write(std::span<const std::uint8_t> frame);
  Result<void> close();
  std::uint64_t frames() const { return frames_; }
  std::uint64_t bytes() const { return bytes_ + buffer_.size(); }  // before compression

 private:
  explicit FrameFileWriter(std::unique_ptr<file::ByteSink> sink) : sink_(std::move(sink)) {}
  Result<void> flush();

  std::unique_ptr<file::ByteSink> sink_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;  // handed to the sink
};

}  // namespace dnstorm::capture::dnstap
