// Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends the process at once.
#pragma once

namespace dnstorm::cli {

// Installs the handlers; once, from main's thread, before other threads are started.
void watch_stop_signals();
bool stop_requested();
// Returns after `milliseconds`, or at once when a stop was requested.
void wait_for_stop(int milliseconds);

}  // namespace dnstorm::cli
