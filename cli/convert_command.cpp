// dnstorm convert: messages from one format of files into another, and what became of each.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "capture/convert/message_file.hpp"
#include "cli/app.hpp"
#include "cli/stop_signal.hpp"
#include "cli/terminal_line.hpp"

namespace dnstorm::cli {

namespace convert = capture::convert;

namespace {

struct ConvertArgs {
  std::string input;
  std::string output;
  std::string from;
  std::string to;
  bool no_wire = false;
  bool quiet = false;
};

void show_progress(TerminalLine& line, const convert::MessageSource& source) {
  if (!line.step(100'000)) return;
  std::uint64_t total = source.bytes_total();
  std::string share =
      total == 0 ? ""
                 : fmt::format(", {:.0f} %", 100.0 * static_cast<double>(source.bytes_read()) /
                                                 static_cast<double>(total));
  line.show(fmt::format("{} messages{}", line.steps(), share));
}

struct Counts {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  convert::Reasons refused;
};

std::string reasons_text(const convert::Reasons& reasons) {
  std::string text;
  for (const auto& [reason, count] : reasons)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, reason);
  return text;
}

void tell(const ConvertArgs& args, const Counts& counts, const convert::Reasons& left_out,
          const convert::Reasons& notes) {
  if (args.quiet) return;
  std::uint64_t refused = counts.in - counts.out;
  fmt::print(stderr, "{}: {} messages in = {} out + {} not representable{}\n",
             args.output == "-" ? "standard output" : args.output, counts.in, counts.out, refused,
             refused == 0 ? "" : " (" + reasons_text(counts.refused) + ")");
  if (!left_out.empty()) fmt::print(stderr, "no messages: {}\n", reasons_text(left_out));
  if (!notes.empty()) fmt::print(stderr, "changed: {}\n", reasons_text(notes));
}

Result<std::optional<convert::Format>> format_option(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<convert::Format>();
  std::optional<convert::Format> format = convert::parse_format(text);
  if (!format)
    return Error{ErrorKind::usage,
                 fmt::format("{}: \"{}\" is no format; there are pcap, pcapng, dnstap, cdns, json",
                             option, text),
                 option};
  return format;
}

Result<convert::Format> output_format(const ConvertArgs& args) {
  std::optional<convert::Format> to = DNSTORM_TRY(format_option(args.to, "--to"));
  if (!to) to = convert::format_of_path(args.output);
  if (to) return *to;
  return Error{ErrorKind::usage,
               fmt::format("{}: the ending tells no format; write .pcap, .pcapng, .fstrm, .cdns or "
                           ".json, or name it by --to",
                           args.output),
               "--to"};
}

Result<void> copy(convert::MessageSource& source, convert::MessageSink& sink, Counts& counts) {
  TerminalLine progress;
  convert::CapturedMessage message;
  convert::Read read = convert::Read::message;
  while (!stop_requested() && (read = source.next(message)) == convert::Read::message) {
    ++counts.in;
    Result<convert::Refusal> refusal = sink.put(message);
    if (!refusal.ok()) return progress.clear(), std::move(refusal.error());
    if (*refusal == convert::Refusal::none)
      ++counts.out;
    else
      ++counts.refused[std::string(to_string(*refusal))];
    show_progress(progress, source);
  }
  progress.clear();
  return {};
}

// What could be read is written, and told, even where the input is damaged behind it.
Result<void> convert_file(const ConvertArgs& args) {
  std::optional<convert::Format> from = DNSTORM_TRY(format_option(args.from, "--from"));
  convert::Format to = DNSTORM_TRY(output_format(args));
  auto source = DNSTORM_TRY(convert::open_source(args.input, from));
  // Opening the output empties it.
  std::error_code none;
  if (std::filesystem::equivalent(args.input, args.output, none) &&
      std::filesystem::is_regular_file(args.input, none))
    return Error{ErrorKind::usage, fmt::format("{}: is the input; write to another", args.output),
                 "--output"};
  auto sink = DNSTORM_TRY(convert::open_sink(args.output, to, {.wire = !args.no_wire}));
  watch_stop_signals();
  Counts counts;
  DNSTORM_CHECK(copy(*source, *sink, counts));
  DNSTORM_CHECK(sink->close());
  tell(args, counts, source->left_out(), sink->notes());
  convert::CapturedMessage last;
  if (!stop_requested() && source->next(last) == convert::Read::error)
    return Error(source->error());
  return {};
}

}  // namespace

void add_convert_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ConvertArgs>();
  CLI::App* command = app.add_subcommand(
      "convert", "Convert DNS messages between pcap, dnstap, C-DNS and JSON lines");
  command
      ->add_option("input", args->input,
                   "A file of any of the formats, also gzip, zstd, xz; - for standard input")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("-o,--output", args->output,
                   "The file to write; its ending names the format, .gz and .zst compress; - for "
                   "standard output")
      ->required()
      ->type_name("FILE");
  command->add_option("--from", args->from, "Format of the input (default: told by its bytes)")
      ->type_name("FORMAT");
  command
      ->add_option("--to", args->to,
                   "Format of the output: pcap, pcapng, dnstap, cdns or json (default: by ending)")
      ->type_name("FORMAT");
  command->add_flag("--no-wire", args->no_wire,
                    "JSON: leave out the message itself (base64); only fields remain");
  command->add_flag("-q,--quiet", args->quiet, "Tell no counts");
  command->footer(
      "Examples:\n"
      "  dnstorm convert traffic.pcap.gz -o traffic.cdns.zst\n"
      "  dnstorm convert server.fstrm -o server.pcap\n"
      "  dnstorm convert traffic.cdns -o - --to json | jq -r .qname");
  command->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = convert_file(*args);
      return done.ok() ? 0 : fail(done.error());
    };
  });
}

}  // namespace dnstorm::cli
