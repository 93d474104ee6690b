#include "cli/traffic_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "capture/convert/message_file.hpp"
#include "capture/pcap/writer.hpp"
#include "capture/synth/generator.hpp"
#include "cli/terminal_line.hpp"
#include "cli/version.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::cli {

namespace convert = capture::convert;
namespace synth = capture::synth;

namespace {

using capture::cdns::Role;
using capture::dnstap::MessageKind;
using capture::pcap::Writer;
using synth::Truth;

struct DnstapType {
  const char* name;
  MessageKind kind;
  Role role;
};
constexpr DnstapType types[] = {
    {"auth", MessageKind::auth, Role::auth},
    {"client", MessageKind::client, Role::client},
    {"forwarder", MessageKind::forwarder, Role::forwarder},
    {"resolver", MessageKind::resolver, Role::resolver},
    {"stub", MessageKind::stub, Role::stub},
    {"tool", MessageKind::tool, Role::tool},
};

void show_progress(TerminalLine& line, TimeNs time) {
  if (line.step(200'000))
    line.show(fmt::format("{} packets, traffic until {}", thousands(line.steps()),
                          format_time(time / ns_per_s * ns_per_s)));
}

Result<void> write_text(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return Error{ErrorKind::io, fmt::format("{}: cannot write: {}", path, std::strerror(errno)),
               path};
}

convert::CapturedMessage captured(const synth::Message& message) {
  convert::CapturedMessage out;
  out.time = message.time;
  out.src = message.ends.src;
  out.dst = message.ends.dst;
  out.has_src = out.has_dst = true;
  out.v6 = !message.ends.src.is_v4();
  out.src_port = message.ends.src_port;
  out.dst_port = message.ends.dst_port;
  out.transport = message.tcp ? capture::cdns::Transport::tcp : capture::cdns::Transport::udp;
  out.response = message.response;
  out.wire = message.wire;
  return out;
}

// Both are opened with the first packet or message: a name list that cannot be read leaves an older
// file alone.
Result<Truth> write_capture(const synth::Options& options, const std::string& path) {
  std::unique_ptr<Writer> writer;
  auto open = [&]() -> Result<void> {
    if (!writer) writer = DNSTORM_TRY(Writer::open(path, {.nanoseconds = options.nanoseconds}));
    return {};
  };
  TerminalLine progress;
  auto sink = [&](TimeNs time, synth::ByteSpan frame, std::uint32_t length) -> Result<void> {
    DNSTORM_CHECK(open());
    show_progress(progress, time);
    return writer->write(time, frame, length);
  };
  Result<Truth> truth = synth::generate(options, sink);
  progress.clear();
  if (!truth.ok()) return truth;
  DNSTORM_CHECK(open());
  DNSTORM_CHECK(writer->close());
  return truth;
}

Result<Truth> write_dnstap(const synth::Options& options, const TrafficFile& file, Role role) {
  std::unique_ptr<convert::MessageSink> writer;
  auto open = [&]() -> Result<void> {
    convert::SinkOptions identity{
        .identity = file.identity.empty() ? "dnstorm-generate" : file.identity,
        .version = fmt::format("dnstorm {}", version)};
    if (!writer)
      writer = DNSTORM_TRY(convert::open_sink(file.path, convert::Format::dnstap, identity));
    return {};
  };
  TerminalLine progress;
  auto sink = [&](const synth::Message& message) -> Result<void> {
    DNSTORM_CHECK(open());
    show_progress(progress, message.time);
    convert::CapturedMessage out = captured(message);
    out.role = message.upstream ? Role::resolver : role;
    convert::Refusal refusal = DNSTORM_TRY(writer->put(out));
    DNSTORM_ASSERT(refusal == convert::Refusal::none, "generated messages fit into frames");
    return {};
  };
  Result<Truth> truth = synth::generate_messages(options, sink);
  progress.clear();
  if (!truth.ok()) return truth;
  DNSTORM_CHECK(open());
  DNSTORM_CHECK(writer->close());
  return truth;
}

std::string parts_text(const Truth& truth) {
  if (truth.parts() == 0) return "";
  return fmt::format(", {} other segments and fragments", thousands(truth.parts()));
}

}  // namespace

std::vector<std::string> dnstap_types() {
  std::vector<std::string> names;
  for (const DnstapType& type : types) names.emplace_back(type.name);
  return names;
}

Result<void> write_traffic(synth::Options options, const TrafficFile& file) {
  bool frames = convert::format_of_path(file.path) == convert::Format::dnstap;
  for (const auto& [option, value] : {std::pair("--dnstap-type", &file.dnstap_type),
                                      std::pair("--dnstap-identity", &file.identity)})
    if (!frames && !value->empty())
      return Error{ErrorKind::usage,
                   fmt::format("{}: {} becomes a capture; name it .fstrm for dnstap", option,
                               file.path == "-" ? "standard output" : file.path),
                   option};
  const std::string wanted = file.dnstap_type.empty() ? "auth" : file.dnstap_type;
  const auto* type = std::find_if(std::begin(types), std::end(types),
                                  [&](const DnstapType& t) { return wanted == t.name; });
  DNSTORM_ASSERT(type != std::end(types), "the kinds are checked", wanted);
  if (frames) options.dnstap = type->kind;
  Truth truth = frames ? DNSTORM_TRY(write_dnstap(options, file, type->role))
                       : DNSTORM_TRY(write_capture(options, file.path));
  std::string told = file.truth;
  if (told.empty() && file.path != "-") told = file.path + ".json";
  if (!told.empty()) DNSTORM_CHECK(write_text(told, truth.json(options)));
  fmt::print(stderr,
             "{}: {} {}: {} messages ({} queries, {} responses), {} malformed, {} not DNS{}{}\n",
             file.path == "-" ? "standard output" : file.path, thousands(truth.packets()),
             frames ? "frames" : "packets", thousands(truth.messages()), thousands(truth.queries()),
             thousands(truth.responses()), thousands(truth.malformed()), thousands(truth.not_dns()),
             parts_text(truth), told.empty() ? "" : "; true counts in " + told);
  return {};
}

}  // namespace dnstorm::cli
