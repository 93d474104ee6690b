// The options of `decode`, and what it declares with them.
#pragma once

#include <vector>

#include "capture/packet/fragments.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::operators {

struct DecodeOptions {
  std::vector<std::uint16_t> ports;
  bool detect = false;
  bool whole = true;  // messages are read to their end, not to that of their questions
  bool tcp = true;
  bool fragments = true;
  capture::stream::TcpStreams::Limits stream_limits;
  capture::packet::Fragments::Limits fragment_limits;
};

std::vector<OptionSpec> decode_option_specs();
// Fails with kind `config`: a port that is none.
Result<DecodeOptions> read_decode_options(const Options& options);
Result<Declaration> declare_decode(const Options& options, const std::vector<InputDecl>& inputs);

}  // namespace dnstorm::operators
