#include "operators/spouts/pcap_file_options.hpp"

#include <fmt/format.h>

#include "engine/base/parse_time.hpp"

namespace dnstorm::operators {

namespace pcap = capture::pcap;

namespace {

Result<TimeNs> time_option(const Options& options, const std::string& name, TimeNs otherwise) {
  const std::string& text = options.text(name);
  if (text.empty()) return otherwise;
  if (auto time = parse_time(text)) return *time;
  return Error{ErrorKind::config,
               fmt::format("option '{}' is a time such as 2026-11-21T19:19:17Z or seconds since "
                           "1970, not '{}'",
                           name, text),
               name};
}

}  // namespace

Result<PcapFileOptions> pcap_file_options(const Options& options) {
  PcapFileOptions file;
  file.files = options.list("file");
  file.watch = options.text("watch");
  // An empty value is none, so that `--set packets.file=` takes the file of a topology away.
  if (file.files == std::vector<std::string>{""}) file.files.clear();
  file.order = options.text("order") == "files" ? pcap::FileOrder::files : pcap::FileOrder::time;
  file.pattern = options.text("pattern");
  file.leave_damaged = options.text("damaged") == "leave";
  if (options.given("readers")) file.readers = static_cast<unsigned>(options.integer("readers"));
  file.read_ahead = static_cast<std::size_t>(options.integer("read_ahead"));
  file.filter = options.text("filter");
  file.max_disorder = options.duration("max_disorder");
  auto replay = ReplayClock::parse(options.text("speed"));
  if (!replay)
    return Error{ErrorKind::config,
                 fmt::format("option 'speed' is max, 1x, 10x ..., not '{}'", options.text("speed")),
                 "speed"};
  file.replay = *replay;
  file.from = DNSTORM_TRY(time_option(options, "from", time_min));
  file.to = DNSTORM_TRY(time_option(options, "to", time_max));
  if (file.from >= file.to)
    return Error{ErrorKind::config, "option 'from' is a time before 'to'", "from"};
  return file;
}

}  // namespace dnstorm::operators
