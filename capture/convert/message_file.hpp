// Files of DNS messages, whatever their format: pcap, pcapng, dnstap, C-DNS, JSON lines. Reading
// tells the format by the bytes, writing by the ending of the path.
//
// What of a file is no DNS message, or cannot be made one, is counted by its reason, and so is a
// message that a format has no place for. Of captures, segments of TCP and fragments are put
// together. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "capture/cdns/captured_message.hpp"
#include "capture/file/window.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::convert {

using cdns::CapturedMessage;

enum class Format : std::uint8_t { pcap, pcapng, dnstap, cdns, json };
// "pcap", "pcapng", "dnstap", "cdns", "json".
std::string_view to_string(Format format);
std::optional<Format> parse_format(std::string_view text);
// By the ending, behind which ".gz" or ".zst" may stand: .pcap .cap, .pcapng, .fstrm .dnstap .tap,
// .cdns, .json .jsonl .ndjson. Nothing for others.
std::optional<Format> format_of_path(std::string_view path);

// How many, by reason: "tcp_segment", "address_default", ...
using Reasons = std::map<std::string, std::uint64_t, std::less<>>;

enum class Read : std::uint8_t { message, end, error };

class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // `out.wire` holds until the next call. After Read::end or Read::error: the same again.
  virtual Read next(CapturedMessage& out) = 0;
  virtual const Error& error() const = 0;
  virtual Format format() const = 0;
  // Packets, frames, items or lines that gave no message.
  virtual const Reasons& left_out() = 0;
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_total() const = 0;
};

// Whether a file that begins so is JSON lines of messages: an object with a time (the first line,
// of which `window` has the beginning).
bool begins_json_lines(file::Window& window);
// JSON lines out of a file that is open already.
std::unique_ptr<MessageSource> open_json_lines(std::string name, file::Window window);

// `path` may be "-"; without `from` the bytes tell. Errors: no_input, io, data.
Result<std::unique_ptr<MessageSource>> open_source(const std::string& path,
                                                   std::optional<Format> from = {});

// Why a message was not written.
enum class Refusal : std::uint8_t {
  none,
  too_long,  // more than a datagram, or a frame of the format, can hold
  bad_time,  // before 1970 or beyond what the format counts
};
inline constexpr std::size_t refusal_count = 3;
std::string_view to_string(Refusal refusal);

class MessageSink {
 public:
  virtual ~MessageSink() = default;
  virtual Result<Refusal> put(const CapturedMessage& message) = 0;
  virtual Result<void> close() = 0;
  // Fields that a message did not have and the format asks for, and what it has no place for.
  virtual const Reasons& notes() const = 0;
};

struct SinkOptions {
  bool wire = true;  // JSON lines: the message itself, in base64
  // dnstap: of the server, in each frame. Empty: left out.
  std::string identity{}, version{};
};
// `path` may be "-". Errors: permission, io.
Result<std::unique_ptr<MessageSink>> open_sink(const std::string& path, Format to,
                                               SinkOptions options = {});

}  // namespace dnstorm::capture::convert
