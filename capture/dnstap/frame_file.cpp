#include "capture/dnstap/frame_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {
namespace {

constexpr std::size_t buffer_size = 1u << 20;
constexpr std::size_t stream_head = 12;  // escape, length and type of START
constexpr std::size_t shown_content_type_max = 64;

std::span<const std::uint8_t> bytes_of(const file::Window& window) {
  return {window.data(), window.size()};
}

// The head of a START frame: escape, a length that fits one, the type.
bool begins_stream(const file::Window& window) {
  if (window.size() < stream_head) return false;
  const std::uint8_t* at = window.data();
  return load_be32(at) == 0 && load_be32(at + 4) >= 4 && load_be32(at + 4) <= control_bytes_max &&
         load_be32(at + 8) == static_cast<std::uint32_t>(ControlType::start);
}

bool begins_text(file::Window& window) {
  window.need(text_head_max);
  return TextDocument::begins(
      {reinterpret_cast<const char*>(window.data()), std::min(window.size(), text_head_max)});
}

// As a message shows it: foreign bytes do not reach a terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, shown_content_type_max)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

Result<std::unique_ptr<FrameFile>> FrameFile::open(const std::string& path) {
  std::unique_ptr<file::Source> source = DNSTORM_TRY(file::open_source(path));
  std::string name = path == "-" ? "standard input" : path;
  return open(std::move(name), file::Window(std::move(source)));
}

Result<std::unique_ptr<FrameFile>> FrameFile::open(std::string name, file::Window window) {
  if (!window.need(stream_head) && window.failure()) return Error(*window.failure()).within(name);
  if (window.size() == 0)
    return Error{ErrorKind::data, fmt::format("{}: is empty, not a dnstap file", name), {}};
  bool text = !begins_stream(window) && begins_text(window);
  if (!text && !begins_stream(window))
    return Error{ErrorKind::data,
                 fmt::format("{}: is no Frame Streams file: it does not begin with START", name),
                 {}};
  std::unique_ptr<FrameFile> file(new FrameFile(std::move(name), std::move(window)));
  if (text) file->text_ = std::make_unique<TextDocument>();
  return file;
}

bool FrameFile::is_frame_file(const std::string& path) {
  auto source = file::open_source(path);
  if (!source.ok()) return false;
  file::Window window(std::move(*source));
  return is_frame_file(window);
}

bool FrameFile::is_frame_file(file::Window& window) {
  return (window.need(stream_head) && begins_stream(window)) || begins_text(window);
}

Read FrameFile::next(Frame& out) { return text_ ? next_document(out) : next_binary(out); }

Read FrameFile::next_binary(Frame& out) {
  while (state_ == Read::frame) {
    Token token = next_token(bytes_of(window_));
    switch (token.kind) {
      case Token::Kind::data:
        if (!open_) return fail("damaged", "a frame outside START and STOP");
        window_.skip(token.size);
        out.bytes = token.payload;
        out.block = window_.block();
        out.dnstap = dnstap_;
        ++frames_;
        return Read::frame;
      case Token::Kind::control:
        if (!take_control(token.payload)) return state_;
        window_.skip(token.size);
        break;
      case Token::Kind::too_long:
        return fail("damaged", fmt::format("a frame of {} bytes", token.size));
      case Token::Kind::more:
        if (!window_.need(token.size)) return end_of_stream(token.size);
    }
  }
  return state_;
}

// The document that the window begins with, and the line that ends it. False where it is too long:
// then `size` bytes of it are in the window, and more follows.
bool FrameFile::find_document(std::size_t& size, std::size_t& separator) {
  std::size_t looked = 0;
  for (;;) {
    std::string_view text(reinterpret_cast<const char*>(window_.data()), window_.size());
    separator = TextDocument::find_end(text, looked, size);
    if (size != std::string_view::npos) return true;
    if (text.size() > text_document_max) {
      size = text.size() - text_separator.size();  // a separator may have begun
      return false;
    }
    looked = text.size() < text_separator.size() ? 0 : text.size() - text_separator.size();
    // Beyond its first size the window grows twofold: a long document costs what it is long.
    std::size_t had = text.size();
    bool small = had < file::Window::first_size;
    if (!window_.need(small ? had + 1 : 2 * had) && window_.size() == had) {
      size = window_.size();
      separator = 0;
      return true;
    }
  }
}

Read FrameFile::next_document(Frame& out) {
  bool too_long = false;
  while (state_ == Read::frame) {
    std::size_t size = 0, separator = 0;
    if (!find_document(size, separator)) {
      too_long = true;
      window_.skip(size);
      continue;
    }
    bool last = separator == 0;
    std::string_view text(reinterpret_cast<const char*>(window_.data()), size);
    bool cut = last && window_.failure();
    frame_.clear();
    bool something = too_long || (!cut && text_->read(text, frame_));
    if (too_long) encode(DecodeError::text_too_long, frame_);
    window_.skip(size + separator);
    if (something) {
      keep_frame(out);
      ++frames_;
      return Read::frame;
    }
    if (cut)
      return fail(window_.failure()->kind == ErrorKind::io ? "damaged" : "cut off",
                  window_.failure()->what, window_.failure()->kind);
    if (last) return state_ = Read::end;
  }
  return state_;
}

// Lent frames lie one after the other in blocks, as those of a binary file do.
void FrameFile::keep_frame(Frame& out) {
  out.dnstap = true;
  out.block = nullptr;
  out.bytes = frame_;
  if (!lends_) return;
  if (made_size_ - made_used_ < frame_.size()) {
    made_size_ = std::max(frame_.size(), file::Window::first_size);
    std::shared_ptr<std::uint8_t[]> fresh =
        std::make_shared_for_overwrite<std::uint8_t[]>(made_size_);
    made_bytes_ = fresh.get();
    made_ = std::move(fresh);
    made_used_ = 0;
  }
  std::uint8_t* to = made_bytes_ + made_used_;
  std::copy(frame_.begin(), frame_.end(), to);
  made_used_ += frame_.size();
  out.bytes = {to, frame_.size()};
  out.block = &made_;
}

// False: the file cannot be read on.
bool FrameFile::take_control(std::span<const std::uint8_t> payload) {
  Control control;
  if (!parse_control(payload, control)) {
    fail("damaged", "a control frame whose fields do not fit it");
    return false;
  }
  if (!control.known) {
    ++unknown_controls_;
  } else if (control.type == ControlType::start && !open_) {
    open_ = true;
    dnstap_ = control.takes_dnstap();
    if (!dnstap_ && !foreign_type_) foreign_type_ = printable(control.first_content_type);
  } else if (control.type == ControlType::stop && open_) {
    open_ = false;
  } else {
    // The rest of the handshake has no business in a file.
    fail("damaged", fmt::format("a control frame of type {} is out of place",
                                static_cast<std::uint32_t>(control.type)));
    return false;
  }
  return true;
}

Read FrameFile::fail(std::string_view how, std::string_view what, ErrorKind kind) {
  error_ = {kind,
            fmt::format("{}: {} in frame {} at byte {}: {}", name_, how, frames_ + 1,
                        window_.offset(), what),
            {}};
  return state_ = Read::error;
}

// The stream ended before `wanted` bytes: the proper end if it ended between two frames.
Read FrameFile::end_of_stream(std::uint32_t wanted) {
  const std::optional<Error>& failure = window_.failure();
  if (failure && failure->kind == ErrorKind::io)
    return fail("damaged", failure->what, failure->kind);
  if (!failure && window_.size() == 0) return finish();
  return fail("cut off", failure ? failure->what
                                 : fmt::format("{} of {} bytes are there", window_.size(), wanted));
}

Read FrameFile::finish() {
  if (!foreign_type_) return state_ = Read::end;
  error_ = {ErrorKind::data,
            fmt::format("{}: holds frames of the content type '{}', not '{}'; they are no dnstap "
                        "messages",
                        name_, *foreign_type_, dnstap_content_type),
            {}};
  return state_ = Read::error;
}

Result<std::unique_ptr<FrameFileWriter>> FrameFileWriter::open(const std::string& path) {
  std::unique_ptr<file::ByteSink> sink = DNSTORM_TRY(file::open_sink(path));
  std::unique_ptr<FrameFileWriter> writer(new FrameFileWriter(std::move(sink)));
  writer->buffer_.reserve(buffer_size);
  put_control(writer->buffer_, ControlType::start, dnstap_content_type);
  return writer;
}

Result<void> FrameFileWriter::write(std::span<const std::uint8_t> frame) {
  DNSTORM_ASSERT(sink_ != nullptr, "a closed dnstap writer is used");
  put_frame(buffer_, frame);
  ++frames_;
  if (buffer_.size() >= buffer_size) return flush();
  return {};
}

Result<void> FrameFileWriter::flush() {
  Result<void> done = sink_->put(buffer_);
  bytes_ += buffer_.size();
  buffer_.clear();
  return done;
}

Result<void> FrameFileWriter::close() {
  if (sink_ == nullptr) return {};
  put_control(buffer_, ControlType::stop);
  Result<void> flushed = flush();
  Result<void> finished = sink_->finish();
  sink_ = nullptr;
  return flushed.ok() ? std::move(finished) : std::move(flushed);
}

}  // namespace dnstorm::capture::dnstap
