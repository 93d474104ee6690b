// The sources by format.
#pragma once

#include "capture/convert/message_file.hpp"
#include "capture/file/window.hpp"

namespace dnstorm::capture::convert::detail {

using Opened = Result<std::unique_ptr<MessageSource>>;
Opened open_capture(std::string name, file::Window window);
Opened open_dnstap(std::string name, file::Window window);
Opened open_cdns(std::string name, file::Window window);
Opened open_json(std::string name, file::Window window);

}  // namespace dnstorm::capture::convert::detail
