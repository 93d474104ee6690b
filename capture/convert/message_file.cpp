#include "capture/convert/message_file.hpp"

#include <algorithm>
#include <array>

#include "capture/cdns/reader.hpp"
#include "capture/convert/detail/sinks.hpp"
#include "capture/convert/detail/sources.hpp"
#include "capture/dnstap/frame_file.hpp"
#include "capture/file/source.hpp"

namespace dnstorm::capture::convert {
namespace {

constexpr std::array<std::string_view, 5> format_names = {"pcap", "pcapng", "dnstap", "cdns",
                                                          "json"};

bool cut_ending(std::string_view& path, std::string_view ending) {
  if (!path.ends_with(ending)) return false;
  path.remove_suffix(ending.size());
  return true;
}

Format format_of_bytes(file::Window& window) {
  if (dnstap::FrameFile::is_frame_file(window)) return Format::dnstap;
  if (cdns::Reader::is_cdns(window)) return Format::cdns;
  if (window.need(1) && *window.data() == '{') return Format::json;
  return Format::pcap;
}

}  // namespace

std::string_view to_string(Format format) { return format_names[static_cast<std::size_t>(format)]; }

std::optional<Format> parse_format(std::string_view text) {
  for (std::size_t i = 0; i < format_names.size(); ++i)
    if (format_names[i] == text) return static_cast<Format>(i);
  return {};
}

std::optional<Format> format_of_path(std::string_view path) {
  if (!cut_ending(path, ".gz")) cut_ending(path, ".zst");
  struct Ending {
    std::string_view text;
    Format format;
  };
  static constexpr Ending endings[] = {{".pcap", Format::pcap},     {".cap", Format::pcap},
                                       {".pcapng", Format::pcapng}, {".fstrm", Format::dnstap},
                                       {".dnstap", Format::dnstap}, {".tap", Format::dnstap},
                                       {".cdns", Format::cdns},     {".json", Format::json},
                                       {".jsonl", Format::json},    {".ndjson", Format::json}};
  for (const Ending& ending : endings)
    if (path.ends_with(ending.text)) return ending.format;
  return {};
}

std::string_view to_string(Refusal refusal) {
  static constexpr std::string_view names[refusal_count] = {"none", "too_long", "bad_time"};
  return names[static_cast<std::size_t>(refusal)];
}

bool begins_json_lines(file::Window& window) {
  constexpr std::size_t looked_at = 4096;
  // As far as the first line goes and no further: of a pipe, more may come much later.
  for (std::size_t wanted = 1;;) {
    bool more = window.need(wanted);
    std::string_view head(reinterpret_cast<const char*>(window.data()),
                          std::min(window.size(), looked_at));
    if (!head.starts_with('{')) return false;
    std::size_t end = head.find('\n');
    if (end != head.npos || head.size() == looked_at || !more)
      return head.substr(0, end).find("\"time_ns\"") != head.npos;
    wanted = head.size() + 1;
  }
}

std::unique_ptr<MessageSource> open_json_lines(std::string name, file::Window window) {
  return detail::open_json(std::move(name), std::move(window)).value();
}

Result<std::unique_ptr<MessageSource>> open_source(const std::string& path,
                                                   std::optional<Format> from) {
  file::Window window(DNSTORM_TRY(file::open_source(path)));
  std::string name = path == "-" ? "standard input" : path;
  switch (from ? *from : format_of_bytes(window)) {
    case Format::dnstap:
      return detail::open_dnstap(std::move(name), std::move(window));
    case Format::cdns:
      return detail::open_cdns(std::move(name), std::move(window));
    case Format::json:
      return detail::open_json(std::move(name), std::move(window));
    case Format::pcap:
    case Format::pcapng:
      break;
  }
  return detail::open_capture(std::move(name), std::move(window));
}

Result<std::unique_ptr<MessageSink>> open_sink(const std::string& path, Format to,
                                               SinkOptions options) {
  switch (to) {
    case Format::dnstap:
      return detail::open_dnstap_sink(path, options);
    case Format::cdns:
      return detail::open_cdns_sink(path);
    case Format::json:
      return detail::open_json_sink(path, options.wire);
    case Format::pcap:
    case Format::pcapng:
      break;
  }
  return detail::open_capture_sink(path, to == Format::pcapng);
}

}  // namespace dnstorm::capture::convert
