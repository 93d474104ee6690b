// The sinks by format.
#pragma once

#include "capture/convert/message_file.hpp"

namespace dnstorm::capture::convert::detail {

using OpenedSink = Result<std::unique_ptr<MessageSink>>;
OpenedSink open_capture_sink(const std::string& path, bool pcapng);
OpenedSink open_dnstap_sink(const std::string& path, const SinkOptions& options);
OpenedSink open_cdns_sink(const std::string& path);
OpenedSink open_json_sink(const std::string& path, bool wire);

}  // namespace dnstorm::capture::convert::detail
