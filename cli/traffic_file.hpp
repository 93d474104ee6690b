// Where generated traffic goes: a capture or, by its ending, a dnstap file, and its true counts
// beside it.
#pragma once

#include <string>
#include <vector>

#include "capture/synth/profile.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

struct TrafficFile {
  std::string path;   // "-": a capture on standard output
  std::string truth;  // empty: beside the file; of standard output: nowhere
  // Of dnstap frames, and of no capture. Empty: "auth" and "dnstorm-generate". The version is this
  // program's.
  std::string dnstap_type, identity;
};
// What `dnstap_type` may be.
std::vector<std::string> dnstap_types();

// Tells on standard error what was written. Errors: those of the generator and of the files.
Result<void> write_traffic(capture::synth::Options options, const TrafficFile& file);

}  // namespace dnstorm::cli
